"""Sizes, durations and the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisnb import UsageError
from aisnb.settings import read_settings
from aisnb.units import exact_size, human_duration, human_size, parse_duration, parse_size, plural


@pytest.mark.parametrize(
    ("size", "units", "text"),
    [
        (0, "iec", "0B"),
        (802, "iec", "802B"),
        (1023, "iec", "1023B"),
        (154757, "iec", "151.13KiB"),
        (1.82 * 2**30, "iec", "1.82GiB"),
        (3 * 2**50, "iec", "3072.00TiB"),
        (154757, "si", "154.76KB"),
        (154757, "raw", "154757"),
        (None, "iec", "-"),
    ],
)
def test_sizes_are_written_as_the_cli_writes_them(size: float | None, units: str, text: str) -> None:
    assert human_size(size, units) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [("1048576", 2**20), ("128k", 128_000), ("4mb", 4_000_000), ("1MiB", 2**20), ("1.5GiB", 3 * 2**29), ("7b", 7)],
)
def test_sizes_are_read_in_both_units(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [(1, "1"), (1500, "1500"), (1536, "1536"), (2048, "2KiB"), (10 * 2**30, "10GiB"), (2**50, "1024TiB")],
)
def test_sizes_are_written_as_they_are_read(size: int, text: str) -> None:
    assert exact_size(size) == text
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "-1", "4q", "4kk", "4bi"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        parse_size(text)


def test_durations_are_read_as_go_reads_them() -> None:
    assert [parse_duration(text) for text in ("90", "1.5s", "2m", "1h30m", "250ms")] == [90, 1.5, 120, 5400, 0.25]
    for text in ("", "x", "1x", "1h x"):
        with pytest.raises(UsageError, match="is not a duration"):
            parse_duration(text)


def test_durations_and_counts_read_well() -> None:
    assert [human_duration(value) for value in (None, 3, 75, 4000)] == ["-", "0:03", "1:15", "1:06:40"]
    assert [plural(value, "file") for value in (0, 1, 1234)] == ["0 files", "1 file", "1,234 files"]


def test_settings_come_from_the_environment_given() -> None:
    settings = read_settings({"AIS_ENDPOINT": "http://h:8080/", "AISNB_HOME": "/data", "AIS_SKIP_VERIFY_CRT": "true"})
    assert (settings.endpoint, settings.home, settings.idle, settings.progress) == (
        "http://h:8080",
        Path("/data"),
        600,
        "auto",
    )
    assert settings.skip_verify


@pytest.mark.parametrize(
    "environment", [{"AISNB_IDLE": "soon"}, {"AISNB_IDLE": "-1"}, {"AISNB_IDLE": "inf"}, {"AISNB_PROGRESS": "loud"}]
)
def test_a_setting_that_makes_no_sense_is_named_with_its_value(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=next(iter(environment))):
        read_settings(environment)
