"""Index pages of web servers, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.explore.index import read_index
from tests.support import sources
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["a b.tar", "a#b?c%20.tar", "größe.tar", "plain.tar"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with names of all kinds, a directory below, and nothing else."""
    folder = tmp_path / "root" / "abc"
    (folder / "below").mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(b"x" * 100)
    return folder.parent


def check(address: str) -> None:
    found = read_index(f"{address}abc")
    assert list(found.columns) == ["name", "size", "modified", "url"]
    assert sorted(found["name"]) == sorted(NAMES)
    client = aisnb.connect()
    assert all(client.get(url) == b"x" * 100 for url in found["url"])


def test_python_s_page_is_read(root: Path) -> None:
    with sources.python_server(root) as address:
        check(address)


def test_go_s_page_is_read(root: Path, tmp_path: Path) -> None:
    with sources.go_server(root, tmp_path) as address:
        check(address)


def test_our_own_index_has_sizes_and_times(root: Path) -> None:
    with aisnb.serve(root) as server:
        check(server.url)
        found = read_index(f"{server.url}abc/")
    assert found["size"].tolist() == [100] * len(NAMES)
    assert str(found["size"].dtype) == "int64"
    assert str(found["modified"].dtype) == "datetime64[ns, UTC]"
    assert found["modified"].notna().all()


def test_links_that_lead_elsewhere_are_left_out() -> None:
    page = (
        '<a href="?C=N;O=D">Name</a><a href="../">up</a><a href="/d/x.tar">x</a><a href="sub/">sub</a>'
        '<a href="http://other/d/y.tar">y</a><a href="z.tar#top">z</a><a href="//other/d/w">w</a><a>none</a>'
    )
    with FaultySource() as server:
        server.add("/d/", page.encode())
        assert read_index(server.url("/d/"))["name"].tolist() == ["x.tar", "z.tar"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=404), aisnb.SourceRefused),
        (Fault(cut=0, by="reset"), aisnb.SourceError),
        (Fault(headers={"Content-Type": "application/json"}, body=b"{nonsense"), aisnb.SourceError),
        (Fault(headers={"Content-Type": "application/json"}, body=b'{"a": 1}'), aisnb.SourceError),
    ],
)
def test_a_server_in_trouble_is_said(fault: Fault, kind: type[Exception]) -> None:
    with FaultySource() as server:
        server.add("/d/", b"x", then=fault)
        with pytest.raises(kind, match="/d/"):
            read_index(server.url("/d/"))
