"""One file, from a source that means well."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import NameInvalid, SchemeMissing
from aisnb.transfer import Fetcher, RateLimiter, Request, Validator
from tests.support.faulty import Fault
from tests.support.sinks import FileSink, MemorySink

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.faulty import FaultySource

MONDAY = "Mon, 23 Nov 2026 10:00:00 GMT"
BODY = bytes(range(256)) * 4000


async def test_a_file_arrives_whole_with_its_marks(source: FaultySource, fetcher: Fetcher) -> None:
    sink = MemorySink()
    link = source.add("/a.tar", BODY, etag='"1"', last_modified=MONDAY)
    receipt = await fetcher.fetch(Request(url=link), sink)
    assert sink.body == BODY
    assert receipt.validator == Validator('"1"', MONDAY, len(BODY))
    assert (receipt.size, receipt.received, receipt.tries) == (len(BODY), len(BODY), 1)
    assert receipt.url == link
    assert not receipt.skipped


async def test_a_file_on_disk_is_hashed_on_the_way(source: FaultySource, fetcher: Fetcher, tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "a")
    await fetcher.fetch(Request(url=source.add("/a", b"hello world", etag='"1"')), sink)
    assert sink.digest() == "45ab6734b21e6968"
    sink.close()
    assert (tmp_path / "a").read_bytes() == b"hello world"


async def test_an_empty_file_arrives(source: FaultySource, fetcher: Fetcher) -> None:
    sink = MemorySink()
    receipt = await fetcher.fetch(Request(url=source.add("/empty", b"")), sink)
    assert (receipt.size, receipt.received, sink.starts) == (0, 0, [(0, 0)])


async def test_files_come_over_one_kept_connection(source: FaultySource, fetcher: Fetcher) -> None:
    for number in range(5):
        await fetcher.fetch(Request(url=source.add(f"/{number}", b"abc")), MemorySink())
    with pytest.raises(ConnectionError):
        await fetcher.fetch(Request(url=source.url("/missing")), MemorySink())
    await fetcher.fetch(Request(url=source.url("/0")), MemorySink())
    assert source.connections == 1


async def test_the_source_is_asked_for_the_file_as_it_is(source: FaultySource, fetcher: Fetcher) -> None:
    headers = {"X-Key": "v", "Accept-encoding": "gzip", "range": "bytes=1-"}
    await fetcher.fetch(Request(url=source.add("/a", b"abc"), headers=headers), MemorySink())
    asked = source.requests[0].headers
    assert asked["accept-encoding"] == "identity"
    assert asked["x-key"] == "v"
    assert asked["user-agent"].startswith("aisnb/")
    assert "range" not in asked


async def test_the_path_is_sent_as_it_was_written(source: FaultySource, fetcher: Fetcher) -> None:
    for path in ("/a%20b", "/a/../b", "/%7Bx%7D", "/a%2Fb//c", "/a+b@c"):
        await fetcher.fetch(Request(url=source.add(path, b"abc")), MemorySink())
        assert source.requests[-1].path == path


async def test_a_path_that_cannot_be_sent_is_encoded(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a%20%7B1%7D%C3%A4", b"abc")
    sink = MemorySink()
    await fetcher.fetch(Request(url=source.url("/a {1}ä")), sink)
    assert sink.body == b"abc"


async def test_what_is_no_link_is_refused_before_anything_is_sent(fetcher: Fetcher) -> None:
    with pytest.raises(SchemeMissing):
        await fetcher.fetch(Request(url="localhost/a"), MemorySink())
    with pytest.raises(NameInvalid):
        await fetcher.head("http:///a")


async def test_progress_is_told_as_it_happens(source: FaultySource, fetcher: Fetcher) -> None:
    told: list[object] = []
    link = source.add("/a", b"abcdef", etag='"1"', then=Fault(drip=2))
    await fetcher.fetch(
        Request(url=link),
        MemorySink(),
        on_bytes=told.append,
        on_start=lambda size, offset: told.append((size, offset)),
    )
    assert told[0] == (6, 0)
    assert sum(count for count in told[1:] if isinstance(count, int)) == 6


@pytest.mark.parametrize("framing", ["chunked", "close"])
async def test_a_file_of_unknown_length_arrives(source: FaultySource, fetcher: Fetcher, framing: str) -> None:
    sink = MemorySink()
    starts: list[tuple[int | None, int]] = []
    link = source.add("/a", BODY, then=Fault(framing=framing))  # type: ignore[arg-type]  # parametrized literal
    receipt = await fetcher.fetch(Request(url=link), sink, on_start=lambda size, offset: starts.append((size, offset)))
    assert sink.body == BODY
    assert receipt.size == receipt.validator.size == len(BODY)
    assert starts == [(None, 0)]


async def test_an_unchanged_file_is_skipped_by_its_etag(source: FaultySource, fetcher: Fetcher) -> None:
    known = Validator('"1"', size=len(BODY))
    receipt = await fetcher.fetch(Request(url=source.add("/a", BODY, etag='"1"'), known=known), sink := MemorySink())
    assert receipt.skipped
    assert (receipt.validator, receipt.size, receipt.received) == (known, len(BODY), 0)
    assert sink.starts == []
    assert source.requests[0].headers["if-none-match"] == '"1"'


async def test_a_source_that_ignores_if_none_match_is_skipped_by_the_etag_it_sends(
    source: FaultySource, fetcher: Fetcher
) -> None:
    link = source.add("/a", BODY, etag='"other"', then=Fault(etag='W/"1"'))
    receipt = await fetcher.fetch(Request(url=link, known=Validator('"1"')), sink := MemorySink())
    assert receipt.skipped
    assert sink.starts == []


async def test_a_changed_file_is_fetched(source: FaultySource, fetcher: Fetcher) -> None:
    known = Validator('"old"', MONDAY, 3)
    link = source.add("/a", b"new", etag='"new"', last_modified=MONDAY)
    receipt = await fetcher.fetch(Request(url=link, known=known), sink := MemorySink())
    assert not receipt.skipped
    assert sink.body == b"new"


@pytest.mark.parametrize("refused", [403, 405, 501, 400])
async def test_without_etag_date_and_size_are_compared(source: FaultySource, fetcher: Fetcher, refused: int) -> None:
    known = Validator("", MONDAY, 3)
    link = source.add("/a", b"abc", last_modified=MONDAY)
    receipt = await fetcher.fetch(Request(url=link, known=known), MemorySink())
    assert receipt.skipped
    assert [request.method for request in source.requests] == ["HEAD"]

    source.add("/a", b"abc", last_modified=MONDAY, faults=[Fault(status=refused)])
    receipt = await fetcher.fetch(Request(url=link, known=known), MemorySink())
    assert receipt.skipped
    assert [request.method for request in source.requests] == ["HEAD", "HEAD", "GET"]


async def test_the_same_date_with_another_size_is_another_file(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"longer", last_modified=MONDAY)
    receipt = await fetcher.fetch(Request(url=link, known=Validator("", MONDAY, 3)), sink := MemorySink())
    assert not receipt.skipped
    assert sink.body == b"longer"


async def test_a_known_version_without_marks_is_fetched_again(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"abc", etag='"1"')
    receipt = await fetcher.fetch(Request(url=link, known=Validator("", "", 3)), MemorySink())
    assert not receipt.skipped


async def test_head_gives_the_marks_without_the_bytes(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"abc", etag='"1"', last_modified=MONDAY)
    status, validator, headers = await fetcher.head(link)
    assert (status, validator) == (200, Validator('"1"', MONDAY, 3))
    assert headers["content-length"] == "3"
    assert (await fetcher.head(source.url("/missing")))[0] == 404


async def test_a_limiter_lets_the_file_through_when_it_is_lifted(source: FaultySource, fetcher: Fetcher) -> None:
    limiter, sink = RateLimiter(1), MemorySink()
    begun = asyncio.Event()
    fetch = asyncio.create_task(
        fetcher.fetch(Request(url=source.add("/a", BODY)), sink, limiter=limiter, on_start=lambda *_: begun.set())
    )
    async with asyncio.timeout(30):
        await begun.wait()
        await asyncio.sleep(0.05)
        assert not fetch.done()
        limiter.rate = 0
        await fetch
    assert sink.body == BODY


async def test_no_more_bytes_are_told_than_a_limit_allows(source: FaultySource, fetcher: Fetcher) -> None:
    """Small files come whole at once; what is told of them waits with them."""
    begun, rate, told = time.monotonic(), 200_000, list[tuple[float, int]]()
    limiter = RateLimiter(rate)
    links = [source.add(f"/{number}", b"x" * 50_000) for number in range(6)]
    fetches = [
        fetcher.fetch(
            Request(url=link),
            MemorySink(),
            limiter=limiter,
            on_bytes=lambda count: told.append((time.monotonic(), count)),
        )
        for link in links
    ]
    async with asyncio.timeout(30):
        await asyncio.gather(*fetches)
    total = 0
    for moment, count in told:
        total += count
        assert total <= rate * (1 + moment - begun)
    assert total == 300_000


async def test_one_limiter_holds_for_all_fetches_of_a_fetcher(source: FaultySource) -> None:
    limiter = RateLimiter(1)
    async with Fetcher(limiter=limiter) as fetcher:
        links = [source.add(f"/{number}", BODY) for number in range(3)]
        fetches = [asyncio.create_task(fetcher.fetch(Request(url=link), MemorySink())) for link in links]
        await asyncio.sleep(0.1)
        assert not any(fetch.done() for fetch in fetches)
        limiter.rate = 0
        async with asyncio.timeout(30):
            await asyncio.gather(*fetches)


async def test_a_fetcher_can_be_closed_twice(source: FaultySource, fetcher: Fetcher) -> None:
    await fetcher.fetch(Request(url=source.add("/a", b"abc")), MemorySink())
    await fetcher.close()
    await fetcher.close()
