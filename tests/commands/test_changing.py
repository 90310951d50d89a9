"""``cp``, ``mv``, ``set-custom``, ``concat`` and ``archive bucket``, as a front end runs them."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

import aisnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.commands.conftest import Recorder

    Run = Callable[..., Any]


@pytest.fixture
def other() -> str:
    """The name of a bucket that is not there yet."""
    return f"ais://commands-{uuid4().hex[:12]}"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("cp {b} {o}", [f"shard-{number}.tar" for number in range(1, 6)]),
        ("cp {b} {o} --all --prepend x-", [f"x-shard-{number}.tar" for number in range(1, 6)]),
        ("cp {b}/shard-{{1..2}}.tar {o}/in/", ["in/shard-1.tar", "in/shard-2.tar"]),
        ("cp {b} {o} --template shard-{{4..5}}.tar", ["shard-4.tar", "shard-5.tar"]),
        ("cp {b} {o} --list shard-1.tar,shard-3.tar", ["shard-1.tar", "shard-3.tar"]),
        ("cp {b} {o} --prefix shard-3", ["shard-3.tar"]),
    ],
)
def test_objects_are_copied_by_a_job(ais: Run, filled: str, other: str, words: str, names: list[str]) -> None:
    job = ais(words.format(b=filled, o=other) + " --wait")
    assert (job.state, job.failed) == ("finished", 0)
    assert ais(f"ls {other}")["name"].tolist() == names


@pytest.mark.parametrize(
    "words",
    [
        "cp {b}/shard-{{4..7}}.tar {o}",
        "cp {b} {o} --template shard-{{4..7}}.tar",
        "cp {b} {o} --list shard-4.tar,shard-5.tar,shard-6.tar,shard-7.tar",
    ],
)
def test_a_copy_brings_what_is_there_and_fails_for_names_that_are_not(
    ais: Run, filled: str, other: str, words: str
) -> None:
    with pytest.raises(aisnb.JobFailed) as raised:
        ais(words.format(b=filled, o=other) + " --wait")
    said = str(raised.value)
    assert f"2 of 4 files failed: shard-6.tar, shard-7.tar (it is not in {filled}). " in said
    assert f"'%ais ls {filled}'" in said
    assert ais(f"ls {other}")["name"].tolist() == ["shard-4.tar", "shard-5.tar"]
    job = raised.value.job
    assert job.errors["url"].tolist() == [f"{filled}/shard-6.tar", f"{filled}/shard-7.tar"]
    assert (job.done, job.skipped, "here already" in repr(job)) == (2, 0, False)


def test_an_archive_of_names_that_are_not_there_fails(ais: Run, filled: str, other: str) -> None:
    with pytest.raises(aisnb.JobFailed, match=r"all.tar was not made: .*/shard-6.tar does not exist.*--cont-on-err"):
        ais(f"archive bucket {filled}/shard-{{5..6}}.tar {other}/all.tar --wait")
    with pytest.raises(aisnb.JobFailed, match=r"all.tar was not made: nothing of what was asked for is in"):
        ais(f"archive bucket {filled}/shard-{{6..7}}.tar {other}/all.tar --cont-on-err --wait")
    assert ais(f"ls {other}").empty
    with pytest.raises(aisnb.JobFailed, match=r"1 of 2 files failed: shard-6.tar \(it is not in"):
        ais(f"archive bucket {filled}/shard-{{5..6}}.tar {other}/all.tar --cont-on-err --wait")
    assert ais(f"archive ls {other}/all.tar")["member"].tolist() == ["shard-5.tar"]


def test_a_retry_of_an_archive_adds_to_it(ais: Run, filled: str, other: str) -> None:
    with pytest.raises(aisnb.JobFailed) as raised:
        ais(f"archive bucket {filled}/shard-{{5..6}}.tar {other}/all.tar --cont-on-err --wait")
    ais(f"cp {filled}/shard-1.tar {filled}/shard-6.tar")
    assert raised.value.job.retry().wait(60).done == 1
    assert ais(f"archive ls {other}/all.tar")["member"].tolist() == ["shard-5.tar", "shard-6.tar"]


def test_that_nothing_begins_so_is_said(ais: Run, filled: str, other: str, context: Recorder) -> None:
    for words in ("cp {b}/nosuch/ {o}", "archive bucket {b}/nosuch/ {o}/all.tar"):
        with pytest.raises(aisnb.ObjectNotFound, match="no name begins so"):
            ais(words.format(b=filled, o=other))
    assert ais(f"cp {filled} {other} --prefix nosuch --wait").total == 0
    with pytest.raises(aisnb.JobFailed, match="nothing of what was asked for"):
        ais(f"archive bucket {filled} {other}/all.tar --prefix nosuch --wait")
    assert context.said == [f"Note: No name in {filled} begins with 'nosuch'."] * 2
    assert ais(f"ls {other}").empty


def test_an_archive_counts_the_bytes_of_what_is_in_it(ais: Run, filled: str, other: str) -> None:
    job = ais(f"archive bucket {filled} {other}/all.tar --prefix shard- --wait")
    assert (job.done, job.bytes) == (5, 15_000)


def test_one_object_is_copied_at_once(ais: Run, filled: str, other: str) -> None:
    assert ais(f"cp {filled}/shard-2.tar {other}") == f"COPY {filled}/shard-2.tar => {other}/shard-2.tar"
    assert ais(f"cp {filled}/shard-2.tar {other}/a/b").value == f"{other}/a/b"
    assert ais(f"ls {other}")["size"].tolist() == [2000, 2000]
    with pytest.raises(aisnb.ObjectNotFound):
        ais(f"cp {filled}/nothing {other}")
    with pytest.raises(aisnb.UsageError, match="'--all'"):
        ais(f"cp {filled} {other} --all --prefix s")


def test_buckets_and_objects_take_new_names(ais: Run, filled: str, other: str) -> None:
    assert ais(f"object mv {filled}/shard-1.tar one") == '"shard-1.tar" moved to "one"'
    assert ais(f"object mv {filled}/one {filled}/two").value == f"{filled}/two"
    with pytest.raises(aisnb.UsageError, match="stays in its bucket"):
        ais(f"object mv {filled}/two {other}/two")
    assert ais(f"bucket mv {filled} {other} --wait").state == "finished"
    assert "two" in ais(f"ls {other}")["name"].tolist()
    with pytest.raises(aisnb.UsageError, match="called so already"):
        ais(f"bucket mv {other} {other}")


def test_words_are_noted_with_an_object(ais: Run, filled: str) -> None:
    ais(f"object set-custom {filled}/shard-1.tar split=train note=a=b")
    (custom,) = ais(f"ls {filled} --prefix shard-1 --props custom")["custom"]
    assert (custom["split"], custom["note"]) == ("train", "a=b")
    with pytest.raises(aisnb.UsageError, match="KEY=VALUE"):
        ais(f"object set-custom {filled}/shard-1.tar split")


def test_files_become_one_object_and_objects_one_shard(ais: Run, filled: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello ")
    (tmp_path / "b").write_text("world")
    assert "size 11B" in ais(f"object concat {tmp_path}/a {tmp_path}/b {filled}/ab")
    assert ais(f"cat {filled}/ab") == b"hello world"
    assert ais(f"archive bucket {filled}/shard-{{1..2}}.tar {other}/all.tar --wait").state == "finished"
    ais(f"archive bucket {filled} {other}/all.tar --list ab --append --wait")
    with tarfile.open(fileobj=io.BytesIO(ais(f"cat {other}/all.tar"))) as shard:
        assert shard.getnames() == ["shard-1.tar", "shard-2.tar", "ab"]


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("alias", "%config"),
        ("config cli show", "%config"),
        ("auth whoami", "TOKEN_FILE"),
    ],
)
def test_what_has_another_name_here_is_pointed_to(ais: Run, words: str, advice: str) -> None:
    with pytest.raises(aisnb.Unsupported, match=advice):
        ais(words)
