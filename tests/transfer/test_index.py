"""Directories of real web servers, and of one that misbehaves."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import SourceError, SourceRefused
from aisnb.transfer import Request, ask_sizes, index, read_index
from tests.support.faulty import Fault
from tests.support.sinks import MemorySink
from tests.support.sources import go_server, nginx_server, python_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.transfer import Fetcher, Index
    from tests.support.faulty import FaultySource

LONG = "a-very-long-name-of-a-shard-that-does-not-fit-into-any-column-of-any-page.tar"
PLAIN = ["x:y", "{1..2}", "100%", "a+b", "a;b", "a b.tar", "a#b?c%20.tar"]
ODD = ["<script>alert(1)<", "line\nbreak", "\"quotes'&amp;", "größe.tar", "שלום", "\U0001f600"]
NAMES = sorted([LONG, *PLAIN, *ODD])
MODIFIED = 1_700_000_000

WELL = Fault()
JSON = Fault(headers={"Content-Type": "application/json"})


@pytest.fixture(scope="module", params=["python", "nginx", "nginx rounded", "nginx json", "go"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root, folder = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("folder")
    (root / "abc" / "below").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        path = root / "abc" / name
        path.write_bytes(b"x" * (20_000 + number))
        os.utime(path, (MODIFIED, MODIFIED))
    if request.param == "python":
        server = python_server(root)
    elif request.param == "go":
        server = go_server(root, folder)
    else:
        more = {"nginx": "", "nginx rounded": "autoindex_exact_size off;", "nginx json": "autoindex_format json;"}
        server = nginx_server(root, folder, more[request.param])
    with server as found:
        yield found


async def listed(fetcher: Fetcher, link: str, *, at_once: int = 16, seconds: float = 30) -> Index:
    found = await read_index(fetcher, link)
    await ask_sizes(fetcher, found, found.entries, at_once=at_once, seconds=seconds)
    return found


async def test_all_files_are_found_with_their_sizes_and_can_be_fetched(address: str, fetcher: Fetcher) -> None:
    found = await listed(fetcher, f"{address}abc/")
    assert [entry.name for entry in found.entries] == NAMES
    assert [entry.size for entry in found.entries] == [20_000 + number for number in range(len(NAMES))]
    assert found.size() == sum(20_000 + number for number in range(len(NAMES)))
    for number, entry in enumerate(found.entries):
        assert entry.modified is not None
        assert MODIFIED - 60 < entry.modified <= MODIFIED  # nginx's page tells the minute
        await fetcher.fetch(Request(url=found.link(entry)), sink := MemorySink())
        assert len(sink.body) == 20_000 + number


async def test_a_directory_without_its_slash_is_found_by_redirect(address: str, fetcher: Fetcher) -> None:
    found = await read_index(fetcher, f"{address}abc")
    assert (found.place, len(found)) == (f"{address}abc/", len(NAMES))


def add_page(source: FaultySource, names: list[str], then: Fault = WELL) -> str:
    links = "".join(f'<a href="{name}">{name}</a>' for name in names)
    return source.add("/d/", f"<title>Index of /d/</title>{links}".encode(), then=then)


@pytest.mark.parametrize("status", [405, 501])
async def test_a_server_without_head_is_asked_for_a_first_byte(
    source: FaultySource, fetcher: Fetcher, status: int
) -> None:
    link = add_page(source, ["a", "b", "empty"])
    for name, body in (("a", b"12345"), ("b", b"1"), ("empty", b"")):
        source.add(f"/d/{name}", body, faults=[Fault(status=status)])
    found = await listed(fetcher, link)
    assert [entry.size for entry in found.entries] == [5, 1, 0]
    assert [request.method for request in source.asked("/d/a")] == ["HEAD", "GET"]


async def test_what_gives_no_size_keeps_none(source: FaultySource, fetcher: Fetcher) -> None:
    link = add_page(source, ["a", "b", "c"])
    source.add("/d/a", b"123", then=Fault(framing="chunked", ignore_range=True))
    source.add("/d/b", b"12")
    found = await listed(fetcher, link)
    assert [entry.size for entry in found.entries] == [None, 2, None]
    assert found.size() is None


async def test_a_source_that_never_gives_a_size_is_not_asked_for_all(source: FaultySource, fetcher: Fetcher) -> None:
    link = add_page(source, [f"{number:04d}" for number in range(1_000)])
    found = await listed(fetcher, link)
    assert all(entry.size is None for entry in found.entries)
    assert len(source.requests) < 200


async def test_no_more_are_asked_at_once_than_allowed(source: FaultySource, fetcher: Fetcher) -> None:
    link = add_page(source, [f"{number:03d}" for number in range(100)])
    for number in range(100):
        source.add(f"/d/{number:03d}", b"1")
    found = await listed(fetcher, link, at_once=3)
    assert found.size() == 100
    assert source.connections <= 4


async def test_asking_ends_in_time_whatever_the_source_does(source: FaultySource, fetcher: Fetcher) -> None:
    link = add_page(source, ["a", "b"])
    source.add("/d/a", b"1", then=Fault(silent=True))
    source.add("/d/b", b"1")
    found = await listed(fetcher, link, at_once=2, seconds=1)
    assert [entry.size for entry in found.entries] == [None, 1]


async def test_credentials_go_to_the_index_and_to_the_files(source: FaultySource, fetcher: Fetcher) -> None:
    link = add_page(source, ["a"])
    source.add("/d/a", b"1")
    found = await read_index(fetcher, link, {"Authorization": "Bearer t"})
    await ask_sizes(fetcher, found, found.entries, {"Authorization": "Bearer t"})
    assert {request.headers["authorization"] for request in source.requests} == {"Bearer t"}


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(status=404), SourceRefused, "404"),
        (Fault(cut=0, by="reset"), SourceError, "/d/"),
        (Fault(location="/d/?again"), SourceError, "redirects"),
        (Fault(body=b"{nonsense"), SourceError, "shows no index"),
        (Fault(body=b"<title>Home</title>"), SourceError, "'Home'"),
        (Fault(claim=1 << 40, cut=10), SourceError, "128 MiB"),
    ],
)
async def test_an_index_that_is_none_is_refused_in_words(
    source: FaultySource, fetcher: Fetcher, fault: Fault, kind: type[Exception], says: str
) -> None:
    source.add("/d/", b"x", then=fault)
    with pytest.raises(kind, match=says):
        await read_index(fetcher, source.url("/d/"))


async def test_redirects_in_a_circle_end(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/d/", b"", then=Fault(location="/e/"))
    source.add("/e/", b"", then=Fault(location="/d/"))
    with pytest.raises(SourceError, match="in a circle"):
        await read_index(fetcher, source.url("/d/"))


async def test_an_index_longer_than_the_limit_is_refused_though_it_did_not_say_so(
    source: FaultySource, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MOST_BYTES", 1 << 20)
    source.add("/d/", b"x" * (2 << 20), then=Fault(framing="chunked"))
    with pytest.raises(SourceError, match="more than 1 MiB"):
        await read_index(fetcher, source.url("/d/"))


async def test_an_index_that_never_ends_is_given_up(
    source: FaultySource, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MOST_SECONDS", 0.5)
    add_page(source, ["a"], Fault(cut=10, by="stall"))
    with pytest.raises(SourceError, match=r"within 0\.5 s"):
        await read_index(fetcher, source.url("/d/"))


async def test_after_a_redirect_files_are_where_the_index_is(source: FaultySource, fetcher: Fetcher) -> None:
    add_page(source, ["a"])
    source.add("/old/", b"", then=Fault(location="/d/"))
    found = await read_index(fetcher, source.url("/old/"))
    assert [found.link(entry) for entry in found.entries] == [source.url("/d/a")]


async def test_a_password_in_the_link_is_in_no_link_of_a_file(source: FaultySource, fetcher: Fetcher) -> None:
    rows = json.dumps([{"name": "a", "size": 1}]).encode()
    link = source.add("/d/", rows, then=JSON).replace("http://", "http://me:secret@")
    found = await read_index(fetcher, link)
    assert [found.link(entry) for entry in found.entries] == [source.url("/d/a")]
