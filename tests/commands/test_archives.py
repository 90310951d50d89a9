"""``archive ls``, ``archive get`` and ``--archive``, as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import aisnb
from tests.archives.packing import SHARD, tar, tgz, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]

SAMPLES = {"1.jpg": b"one", "1.cls": b"1", "2.jpg": b"two", "2.cls": b"2", "README": b"read me"}


@pytest.fixture
def shards(context: Recorder, bucket: str, tmp_path: Path) -> str:
    """A bucket with shards of every kind."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for name, content in {"a.tar": tar(), "b.tgz": tgz(), "c.zip": zipped(), "d.tar": tar(SAMPLES)}.items():
        (folder / name).write_bytes(content)
    context.client().put(folder, bucket)
    return bucket


def test_archive_ls_and_ls_archive_show_the_same(ais: Run, shards: str) -> None:
    listing = ais(f"archive ls {shards}")
    assert list(listing.columns) == ["shard", "member", "size", "offset"]
    assert listing["shard"].unique().tolist() == ["a.tar", "b.tgz", "c.zip", "d.tar"]
    assert ais(f"ls {shards} --archive").equals(listing)


def test_members_are_chosen_by_shard_expression_and_count(ais: Run, shards: str) -> None:
    assert ais(f"archive ls {shards}/a.tar")["member"].tolist() == list(SHARD)
    assert ais(f"archive ls {shards}/a.tar/a/1")["member"].tolist() == ["a/1.jpg", "a/1.cls"]
    assert set(ais(f"archive ls {shards}/{{a,c}}.{{tar,zip}}")["shard"]) == {"a.tar", "c.zip"}
    assert len(ais(f"archive ls {shards} --limit 5")) == 5
    assert ais(rf"archive ls {shards} --regex '^d.*\.cls$'")["member"].tolist() == ["1.cls", "2.cls"]
    assert len(ais(f"archive ls {shards} --regex cls --limit 1")) == 1
    assert set(ais(f"ls {shards} --archive --template '{{a,d}}.tar'")["shard"]) == {"a.tar", "d.tar"}
    assert set(ais(f"ls {shards} --archive --prefix b")["shard"]) == {"b.tgz"}
    assert ais(f"ls {shards} --archive --count-only").value == 17


def test_samples_are_shown_by_key(ais: Run, shards: str, context: Recorder) -> None:
    found = ais(f"archive ls {shards}/d.tar --samples")
    assert found["key"].tolist() == ["1", "2"]
    assert found["extensions"].tolist() == ["cls,jpg", "cls,jpg"]
    assert any("1 member without an extension left out" in line for line in context.said)
    assert len(ais(f"archive ls {shards} --samples --limit 1")) == 1


def test_samples_that_are_scattered_are_warned_of(ais: Run, source: FaultySource, context: Recorder) -> None:
    source.add("/s.tar", tar({"1.jpg": b"", "2.jpg": b"", "1.cls": b""}))
    ais(f"archive ls {source.url('/s.tar')} --samples")
    assert any(line.startswith("Warning") and "1 sample do not follow" in line for line in context.said)


def test_a_table_of_members_is_written_to_a_file(ais: Run, shards: str, tmp_path: Path) -> None:
    assert ais(f"archive ls {shards} --to {tmp_path}/members.parquet").value == 17
    assert pd.read_parquet(tmp_path / "members.parquet")["member"].tolist()[:4] == list(SHARD)


def test_a_picture_is_made_of_members(ais: Run, shards: str) -> None:
    assert ais(f"sizes {shards} --archive").title.startswith(f"{shards}: 17 members")


def test_a_place_without_shards_is_said_to_have_none(ais: Run, bucket: str, context: Recorder) -> None:
    assert ais(f"archive ls {bucket}").empty
    assert any("No shards" in line for line in context.said)


def test_strict_fails_the_cell(ais: Run, filled: str) -> None:
    with pytest.raises(aisnb.AisnbError):
        ais(f"archive ls {filled}")
    with pytest.raises(aisnb.AisnbError):
        ais(f"archive ls {filled} --strict")


@pytest.mark.parametrize(
    "flags", ["--props all", "--name-only", "--cached", "--summary", "--limit -1", "--to a.csv --interactive"]
)
def test_flags_that_say_nothing_about_members_are_refused(ais: Run, shards: str, flags: str) -> None:
    with pytest.raises(aisnb.UsageError):
        ais(f"ls {shards} --archive {flags}")


@pytest.mark.parametrize("place", ["", "ais://", "ht://"])
def test_shards_are_looked_for_in_one_place(ais: Run, place: str) -> None:
    with pytest.raises(aisnb.UsageError, match="one place"):
        ais(f"ls {place} --archive")


def test_a_member_becomes_a_file_or_a_value(ais: Run, shards: str, tmp_path: Path) -> None:
    assert ais(f"archive get {shards}/a.tar/a/1.jpg -") == b"picture"
    assert ais(f"archive get {shards}/b.tgz - --archpath a/1.jpg") == b"picture"
    said = ais(f"archive get {shards}/a.tar/a/1.jpg {tmp_path}/")
    assert str(said) == f"GET a/1.jpg from {shards}/a.tar as {tmp_path}/1.jpg (7B)"
    assert said.path.read_bytes() == b"picture"
    with pytest.raises(aisnb.AlreadyExists):
        ais(f"archive get {shards}/a.tar/a/1.jpg {tmp_path}/ --no-clobber")


@pytest.mark.parametrize("words", ["cat {}", "get {} {}"])
def test_a_member_that_is_asked_for_as_an_object_is_pointed_out(
    ais: Run, shards: str, tmp_path: Path, words: str
) -> None:
    place = f"{shards}/a.tar/a/1.jpg"
    with pytest.raises(aisnb.ObjectNotFound, match=f"'%ais archive get {place}' reads a member of a shard"):
        ais(words.format(place, tmp_path / "1.jpg"))


def test_many_members_become_files_below_a_directory(ais: Run, shards: str, tmp_path: Path) -> None:
    said = ais(f"archive get {shards}/d.tar {tmp_path}/all -y")
    assert str(said) == f"GET 5 members from {shards}/d.tar into {tmp_path}/all/ (total size 15B)"
    assert {path.name: path.read_bytes() for path in (tmp_path / "all").iterdir()} == SAMPLES
    ais(f"archive get {shards}/d.tar {tmp_path}/one --archregx 1 --archmode wdskey")
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["1.cls", "1.jpg"]


def test_members_come_from_the_web_as_well(ais: Run, source: FaultySource, tmp_path: Path) -> None:
    source.add("/s.tar", tar())
    link = source.url("/s.tar")
    assert ais(f"archive get {link}/a/1.jpg -") == b"picture"
    assert ais(f"archive get {link} {tmp_path}/all").path == tmp_path / "all"


@pytest.mark.parametrize(
    "words",
    [
        "SHARD -",
        "SHARD/a/1.jpg --archregx x",
        "SHARD --archpath x --archregx y",
        "SHARD --archregx ( --archmode regexp",
    ],
)
def test_members_are_chosen_in_one_way(ais: Run, shards: str, words: str) -> None:
    with pytest.raises(aisnb.UsageError):
        ais(f"archive get {words.replace('SHARD', f'{shards}/a.tar')}")


def test_archive_is_a_group_with_help(ais: Run) -> None:
    assert "archive ls" in ais("archive")
    assert "--samples" in ais("help archive ls")
    assert "--archregx" in ais("archive get --help")
