"""Bytes that are here already are continued if, and only if, the source vouches for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xxhash

from aisnb.errors import SourceError
from aisnb.transfer import Request, Validator
from tests.support.faulty import Fault
from tests.support.sinks import FileSink, MemorySink

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.transfer import Fetcher
    from tests.support.faulty import FaultySource

MONDAY = "Mon, 23 Nov 2026 10:00:00 GMT"
OLD, NEW = b"0123456789" * 100, b"abcdefghij" * 100


def begun(etag: str = '"1"', last_modified: str = "", size: int | None = 1000) -> MemorySink:
    return MemorySink(OLD[:400], Validator(etag, last_modified, size).encode())


async def test_a_beginning_is_continued(source: FaultySource, fetcher: Fetcher) -> None:
    sink, starts = begun(), list[tuple[int | None, int]]()
    link = source.add("/a", OLD, etag='"1"')
    receipt = await fetcher.fetch(Request(url=link), sink, on_start=lambda size, offset: starts.append((size, offset)))
    assert sink.body == OLD
    assert (receipt.received, receipt.size) == (600, 1000)
    assert starts == [(1000, 400)]
    assert source.requests[0].headers["range"] == "bytes=400-"
    assert source.requests[0].headers["if-range"] == '"1"'


async def test_a_beginning_is_continued_by_its_date_where_there_is_no_etag(
    source: FaultySource, fetcher: Fetcher
) -> None:
    sink = begun("", MONDAY)
    receipt = await fetcher.fetch(Request(url=source.add("/a", OLD, last_modified=MONDAY)), sink)
    assert sink.body == OLD
    assert receipt.received == 600


async def test_a_part_without_its_date_still_continues(source: FaultySource, fetcher: Fetcher) -> None:
    sink = begun("", MONDAY)
    link = source.add("/a", OLD, last_modified=MONDAY, then=Fault(headers={"Last-Modified": ""}))
    receipt = await fetcher.fetch(Request(url=link), sink)
    assert receipt.received == 600
    assert receipt.validator == Validator("", MONDAY, 1000)


@pytest.mark.parametrize("marks", ["", Validator('W/"1"', MONDAY).encode(), Validator(size=1000).encode()])
async def test_a_beginning_that_nothing_vouches_for_is_fetched_anew(
    source: FaultySource, fetcher: Fetcher, marks: str
) -> None:
    sink = MemorySink(NEW[:400], marks)
    await fetcher.fetch(Request(url=source.add("/a", OLD, etag='W/"1"', last_modified=MONDAY)), sink)
    assert sink.body == OLD
    assert "range" not in source.requests[0].headers


async def test_a_file_that_changed_in_between_is_fetched_anew(source: FaultySource, fetcher: Fetcher) -> None:
    sink = begun()
    receipt = await fetcher.fetch(Request(url=source.add("/a", NEW, etag='"2"')), sink)
    assert sink.body == NEW
    assert receipt.validator.etag == '"2"'


@pytest.mark.parametrize(
    "fault",
    [
        Fault(ignore_range=True),
        Fault(shift=7),
        Fault(shift=-7),
        Fault(body=NEW, etag='"2"', ignore_if_range=True),
        Fault(body=NEW * 2, ignore_if_range=True),
        Fault(headers={"Content-Range": ""}),
        Fault(headers={"Content-Range": "bytes 400-999/*", "ETag": ""}),
        Fault(headers={"Content-Range": "bytes 400-1999/1000"}),
        Fault(headers={"Content-Range": "items 400-999/1000"}),
        Fault(headers={"Content-Range": "", "Content-Type": "multipart/byteranges; boundary=x"}),
        Fault(headers={"Content-Range": "bytes 400-998/1000"}),
    ],
)
async def test_a_part_that_is_not_the_one_asked_for_is_not_kept(
    source: FaultySource, fetcher: Fetcher, fault: Fault
) -> None:
    sink = begun()
    await fetcher.fetch(Request(url=source.add("/a", OLD, etag='"1"', faults=[fault])), sink)
    assert sink.body == OLD


async def test_a_source_that_always_sends_the_wrong_part_is_asked_for_the_whole(
    source: FaultySource, fetcher: Fetcher
) -> None:
    sink = begun()
    receipt = await fetcher.fetch(Request(url=source.add("/a", OLD, etag='"1"', then=Fault(shift=1))), sink)
    assert sink.body == OLD
    assert receipt.tries == 1
    assert len(source.requests) == 2


async def test_a_part_longer_than_announced_is_thrown_away(source: FaultySource, fetcher: Fetcher) -> None:
    sink = begun()
    fault = Fault(framing="chunked", headers={"Content-Range": "bytes 400-899/1000"})
    await fetcher.fetch(Request(url=source.add("/a", OLD, etag='"1"', faults=[fault])), sink)
    assert sink.body == OLD


async def test_a_source_that_gives_a_piece_at_a_time_is_asked_again(source: FaultySource, fetcher: Fetcher) -> None:
    sink = begun()
    piece = Fault(headers={"Content-Range": "bytes 400-699/1000", "Content-Length": "300"}, cut=300)
    receipt = await fetcher.fetch(Request(url=source.add("/a", OLD, etag='"1"', faults=[piece])), sink)
    assert sink.body == OLD
    assert receipt.received == 600


async def test_a_beginning_that_is_the_whole_file_is_done(source: FaultySource, fetcher: Fetcher) -> None:
    sink = MemorySink(OLD, Validator('"1"', size=1000).encode())
    receipt = await fetcher.fetch(Request(url=source.add("/a", OLD, etag='"1"')), sink)
    assert (receipt.size, receipt.received, receipt.skipped) == (1000, 0, False)
    assert receipt.validator == Validator('"1"', size=1000)


@pytest.mark.parametrize("total", ["bytes */999", "bytes */*", ""])
async def test_a_beginning_longer_than_the_file_is_fetched_anew(
    source: FaultySource, fetcher: Fetcher, total: str
) -> None:
    sink = MemorySink(NEW, Validator('"1"').encode())
    fault = Fault(status=416, headers={"Content-Range": total})
    await fetcher.fetch(Request(url=source.add("/a", OLD, etag='"1"', faults=[fault])), sink)
    assert sink.body == OLD


async def test_what_came_before_a_break_is_not_fetched_twice(source: FaultySource, fetcher: Fetcher) -> None:
    told: list[int] = []
    faults = [Fault(cut=100), Fault(cut=200), Fault(status=503)]
    link = source.add("/a", OLD, etag='"1"', faults=faults)
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink(), on_bytes=told.append)
    assert sink.body == OLD
    assert (receipt.received, receipt.tries) == (1000, 4)
    assert sink.starts == [(0, 1000), (100, 1000), (300, 1000)]
    assert sum(told) == 1000


async def test_what_came_before_a_break_is_lost_if_the_file_changes(source: FaultySource, fetcher: Fetcher) -> None:
    told: list[int] = []
    faults = [Fault(cut=300), Fault(body=NEW, etag='"2"', cut=50)]
    link = source.add("/a", NEW, etag='"2"', faults=[Fault(body=OLD, etag='"1"', cut=300), *faults[1:]])
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink(), on_bytes=told.append)
    assert sink.body == NEW
    assert receipt.received == 1300
    assert -300 in told
    assert sum(told) == 1000


async def test_a_young_file_without_etag_is_not_continued(source: FaultySource, fetcher: Fetcher) -> None:
    now = {"Date": MONDAY}
    faults = [Fault(cut=300, headers=now), Fault(headers=now)]
    link = source.add("/a", OLD, last_modified=MONDAY, faults=faults)
    await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.body == OLD
    assert "range" not in source.requests[1].headers


async def test_a_failed_fetch_is_continued_by_the_next_one(
    source: FaultySource, fetcher: Fetcher, tmp_path: Path
) -> None:
    link = source.add("/a", OLD, etag='"1"', faults=[Fault(cut=300), Fault(status=404)])
    first = FileSink(tmp_path / "a")
    with pytest.raises(SourceError):
        await fetcher.fetch(Request(url=link), first)
    first.close()
    second = FileSink(tmp_path / "a")
    receipt = await fetcher.fetch(Request(url=link), second)
    second.close()
    assert receipt.received == 700
    assert (tmp_path / "a").read_bytes() == OLD
    assert second.digest() == xxhash.xxh64_hexdigest(OLD)
