"""A directory of a bucket, named by its slash at the end, is all that is in it; without the slash it is pointed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aisnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tree(context: Recorder, bucket: str, source: FaultySource) -> str:
    """A bucket with two shards in ``in/``, one in ``in/deep/`` and one at the top."""
    client = context.client()
    client.download(source.url("/d/shard-{1..2}.tar"), f"{bucket}/in/", wait=True)
    client.download(source.url("/d/shard-3.tar"), f"{bucket}/in/deep/", wait=True)
    client.download(source.url("/d/shard-4.tar"), bucket, wait=True)
    return bucket


INSIDE = ["in/deep/shard-3.tar", "in/shard-1.tar", "in/shard-2.tar"]


def names(ais: Run, bucket: str) -> list[str]:
    return list(ais(f"ls {bucket}")["name"])


def test_get_reads_a_directory_as_it_does_by_prefix(ais: Run, tree: str, cwd: Path) -> None:
    said = ais(f"get {tree}/in/ out")
    assert said == f"GET 3 objects from {tree} as out/ (total size 5.86KiB)"
    assert sorted(str(file.relative_to(cwd / "out")) for file in (cwd / "out").rglob("*.tar")) == INSIDE


def test_get_of_a_directory_refuses_what_is_for_one_object(ais: Run, tree: str) -> None:
    with pytest.raises(aisnb.UsageError, match="one object"):
        ais(f"get {tree}/in/ -")


def test_rmo_removes_a_directory_if_it_is_told_so(ais: Run, tree: str) -> None:
    with pytest.raises(aisnb.ConfirmationNeeded, match="3 objects"):
        ais(f"rmo {tree}/in/")
    assert ais(f"rmo {tree}/in/ -y") == f"Deleted 3 objects from {tree}"
    assert names(ais, tree) == ["shard-4.tar"]


def test_rmo_of_a_directory_in_two_ways_is_refused(ais: Run, tree: str) -> None:
    with pytest.raises(aisnb.UsageError, match="two ways"):
        ais(f"rmo {tree}/in/ --prefix deep/ -y")


def test_cp_copies_a_directory(ais: Run, tree: str) -> None:
    assert ais(f"cp {tree}/in/ {tree}-copy --dry-run")["name"].tolist() == INSIDE
    ais(f"cp {tree}/in/ {tree}-copy --wait")
    assert names(ais, f"{tree}-copy") == INSIDE
    ais(f"rmb {tree}-copy -y")


def test_a_directory_is_packed_into_a_shard(ais: Run, tree: str) -> None:
    ais(f"archive bucket {tree}/in/ {tree}/all.tar --wait")
    assert sorted(ais(f"archive ls {tree}/all.tar")["member"]) == INSIDE


@pytest.mark.parametrize("line", ["get {0}/nothing/", "rmo {0}/nothing/ -y"])
def test_a_directory_that_is_not_there_is_an_error(ais: Run, tree: str, line: str) -> None:
    with pytest.raises(aisnb.ObjectNotFound, match="no name begins so"):
        ais(line.format(tree))


@pytest.mark.parametrize(("line", "way"), [("get {0}/in", "get {0}/in/"), ("rmo {0}/in", "rmo {0}/in/ -y")])
def test_without_its_slash_a_directory_is_pointed_out(ais: Run, tree: str, line: str, way: str) -> None:
    with pytest.raises(aisnb.ObjectNotFound, match=f"no object but a directory.*'%ais {way.format(tree)}'"):
        ais(line.format(tree))
    with pytest.raises(aisnb.ObjectNotFound) as plain:
        ais(line.format(tree).replace("/in", "/other"))
    assert "%ais" not in str(plain.value)


def test_get_of_a_whole_bucket_says_how(ais: Run, tree: str, cwd: Path) -> None:
    with pytest.raises(aisnb.UsageError, match=f"'%ais get {tree} --prefix \"\"'"):
        ais(f"get {tree}")
    ais(f'get {tree} out --prefix ""')
    assert len(list((cwd / "out").rglob("*.tar"))) == 4


def test_python_says_what_a_directory_is_read_by(context: Recorder, tree: str) -> None:
    client = context.client()
    for call in (client.get, client.remove, client.open):
        with pytest.raises(aisnb.NameInvalid, match=f"'{tree}/in/' names a directory, and an object is expected here"):
            call(f"{tree}/in/")


def test_a_file_that_would_take_the_place_of_a_directory_may_be_one_whose_slash_was_left_out(
    ais: Run, tree: str, source: FaultySource
) -> None:
    with pytest.raises(
        aisnb.JobFailed, match=f"If '{source.url('/d/in')}' is a directory as well, write it with a slash"
    ):
        ais(f"download {source.url('/d/in')} {tree} --wait")
