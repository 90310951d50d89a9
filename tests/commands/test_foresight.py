"""What commands say that they would move, before they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb.commands import Session
from aisnb.commands.catalogue import COMMANDS
from aisnb.commands.foresight import foresee, question

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]


def said(words: str, **values: Any) -> str:
    """Return what the command says of these values."""
    command, _ = COMMANDS.find(words.split())
    return foresee(Session(COMMANDS), command, question(command, values))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Two files of 1,000 and 2,000 bytes, one of 3,000 further below, and one that is hidden."""
    (tmp_path / "below").mkdir()
    for name, size in (("a.tar", 1000), ("b.tar", 2000), ("below/c.tar", 3000), (".hidden", 9)):
        (tmp_path / name).write_bytes(b"x" * size)
    return tmp_path


def test_a_download_says_what_is_there_and_what_is_here_already(ais: Run, source: FaultySource, bucket: str) -> None:
    links = source.url("/d/shard-{1..7}.tar")
    assert said("start download", source=links) == (
        "5 files of 7 at the source, 14.65KiB; 2 missing; 14.65KiB to fetch."
    )
    ais(f"start download {source.url('/d/shard-{1..4}.tar')} {bucket} --wait")
    assert said("start download", source=links, destination=bucket).endswith("4 here and unchanged; 4.88KiB to fetch.")
    assert said("get", source=source.url("/d/shard-5.tar")) == "1 file of 1 at the source, 4.88KiB; 4.88KiB to fetch."


def test_of_many_files_some_stand_for_all(source: FaultySource) -> None:
    source.add("/d/n-1", b"x" * 1000)
    text = said("start download", source=source.url("/d/n-{1..1000000}"))
    assert text.startswith("Asked about 1,000 of 1,000,000 files, which are about 976.56KiB: 1 file of 1,000 at the")
    assert "999 missing" in text


def test_a_prefetch_says_what_is_at_the_source(ais: Run, source: FaultySource) -> None:
    ais(f"get {source.url('/d/shard-1.tar')} -")
    bucket = ais("ls ht://").set_index("url")["name"][source.url("/d/")]
    for values in ({"bucket": bucket, "template": "shard-{1..3}.tar"}, {"bucket": f"{bucket}/shard-{{1..3}}.tar"}):
        text = said("start prefetch", **{"template": "", **values})
        assert text == "3 files of 3 at the source, 5.86KiB; 1 here and unchanged; 4.88KiB to fetch."


def test_objects_of_a_bucket_are_counted(ais: Run, filled: str) -> None:
    assert said("get", source=f"{filled}/shard-{{1..7}}.tar") == "5 objects, 14.65KiB; 2 missing."
    assert said("get", source=f"{filled}/shard-2.tar") == "1 object, 1.95KiB."
    assert said("get", source=f"{filled}/shard") == "0 objects, 0B; 1 missing."
    assert said("get", source=filled) == ""
    with pytest.raises(aisnb.BucketNotFound):
        said("get", source="ais://there-is-none/x")


def test_files_of_this_machine_are_counted(directory: Path) -> None:
    def put(sources: tuple[str, ...], *, recursive: bool = False) -> str:
        return said("put", sources=sources, recursive=recursive, template="", names="")

    assert put((f"{directory}/*.tar",)) == "2 files, 2.93KiB."
    assert put((f"{directory}/below", f"{directory}/a.tar"), recursive=True) == "2 files, 3.91KiB."
    assert said("serve", directory=str(directory)) == "3 files, 5.86KiB."
    with pytest.raises(aisnb.DirectoryNotFound):
        put((f"{directory}/none",))
    with pytest.raises(aisnb.DirectoryNotFound):
        said("serve", directory=f"{directory}/none")


def test_what_nobody_can_tell_is_not_asked(ais: Run) -> None:
    download, _ = COMMANDS.find(["start", "download"])
    assert question(download, {"source": "", "destination": "ais://abc"}) == {}
    listing, _ = COMMANDS.find(["archive", "ls"])
    assert question(listing, {"source": "ais://abc"}) == {}


def test_asking_starts_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: FaultySource) -> None:
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AIS_ENDPOINT", raising=False)
    assert said("start download", source=source.url("/d/shard-1.tar"), destination="ais://abc").startswith("1 file")
    assert said("get", source="ais://abc/x") == ""
    assert said("start prefetch", bucket="ht://abc", template="") == ""
    assert not aisnb.node_status().running


def test_a_source_that_does_not_answer_is_an_error_in_words(source: FaultySource) -> None:
    link = source.url("/d/shard-{1..5}.tar")
    source.refuse()
    with pytest.raises(aisnb.SourceError, match="Check that the server runs"):
        said("start download", source=link, destination="")
