"""``ml get-batch``, as a front end runs it."""

from __future__ import annotations

import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from tests.archives.packing import SHARD, tar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


@pytest.fixture
def stocked(ais: Run, bucket: str, tmp_path: Path) -> str:
    """A bucket with three small objects and a shard."""
    (tmp_path / "in").mkdir()
    for name in ("n-1", "n-2", "n-3"):
        (tmp_path / "in" / name).write_text(name)
    (tmp_path / "in" / "s.tar").write_bytes(tar())
    ais(f"put {tmp_path}/in {bucket}")
    return bucket


def read(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]  # files


def test_objects_and_members_come_in_the_order_in_which_they_were_named(ais: Run, stocked: str, tmp_path: Path) -> None:
    name = stocked.removeprefix("ais://")
    said = ais(f"ml get-batch {stocked}/n-3 {stocked}/s.tar/a/1.jpg {stocked}/n-{{1..2}} {tmp_path}/b.tar")
    assert "with 4 objects" in said
    assert list(read(said.path).items()) == [
        (f"{name}/n-3", b"n-3"), (f"{name}/s.tar/a/1.jpg", SHARD["a/1.jpg"]), (f"{name}/n-1", b"n-1"),
        (f"{name}/n-2", b"n-2"),
    ]  # fmt: skip


@pytest.mark.parametrize("choice", ["--list n-1,n-2", "--template n-{1..2}", "--prefix n-"])
def test_objects_are_chosen_as_elsewhere(ais: Run, stocked: str, tmp_path: Path, choice: str) -> None:
    ais(f"ml get-batch {stocked} {tmp_path}/b.zip {choice} --omit-src-bck")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.namelist()[:2] == ["n-1", "n-2"]
        assert archive.read("n-2") == b"n-2"


def test_what_is_missing_is_an_error_or_has_no_bytes(ais: Run, stocked: str, tmp_path: Path) -> None:
    with pytest.raises(aisnb.ObjectNotFound, match="nothing"):
        ais(f"ml get-batch {stocked}/n-1 {stocked}/nothing {tmp_path}/b.tar")
    with pytest.raises(aisnb.ObjectNotFound, match="in archive"):
        ais(f"ml get-batch {stocked}/s.tar/nothing {tmp_path}/b.tar")
    with pytest.raises(aisnb.BucketNotFound):
        ais(f"ml get-batch ais://nowhere/x {tmp_path}/b.tar --cont-on-err")
    assert not list(tmp_path.glob("*b.tar*"))
    ais(f"ml get-batch {stocked}/nothing {stocked}/n-1 {tmp_path}/b.tar --cont-on-err --omit-src-bck")
    assert read(tmp_path / "b.tar") == {"__404__/nothing": b"", "n-1": b"n-1"}


def test_a_specification_says_ranges(ais: Run, stocked: str, tmp_path: Path) -> None:
    bucket = stocked.removeprefix("ais://")
    items: list[dict[str, Any]] = [
        {"objname": "n-1", "bucket": bucket, "start": 1, "length": 2},
        {"objname": "s.tar", "bucket": bucket, "provider": "ais", "archpath": "a/1.jpg", "start": 1, "length": -1},
    ]
    (tmp_path / "spec.json").write_text(json.dumps({"in": items}))
    ais(f"ml get-batch {tmp_path}/b.tgz --spec {tmp_path}/spec.json")
    assert list(read(tmp_path / "b.tgz").values()) == [b"-1", SHARD["a/1.jpg"][1:]]
    items[0]["length"] = 3
    (tmp_path / "spec.json").write_text(json.dumps({"in": items}))
    with pytest.raises(aisnb.AisnbError, match="no range"):
        ais(f"ml get-batch {tmp_path}/b.tgz --spec {tmp_path}/spec.json")
    with pytest.raises(aisnb.UsageError, match="no specification"):
        ais(f"ml get-batch {tmp_path}/b.tgz --spec {tmp_path}/in/n-1")


@pytest.mark.parametrize("words", ["{t}/b.tar", "{b}/n-1 {t}/b.txt", "{b} {b} {t}/b.tar --list x"])
def test_what_makes_no_batch_is_said(ais: Run, stocked: str, tmp_path: Path, words: str) -> None:
    with pytest.raises(aisnb.UsageError):
        ais(f"ml get-batch {words.format(b=stocked, t=tmp_path)}")


def test_a_specification_that_is_no_text_is_said(ais: Run, stocked: str, tmp_path: Path) -> None:
    (tmp_path / "spec").write_bytes(b"\xa3")
    with pytest.raises(aisnb.UsageError, match="is no text"):
        ais(f"ml get-batch {tmp_path}/b.tar --spec {tmp_path}/spec")
