"""Bodies that are moved by threads: nothing is lost at their ends, by faults on either side or when called off."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from aisnb.transfer import AttemptFailed, Timeouts
from aisnb.transfer.bulk import BULK
from aisnb.transfer.plain_engine import PlainEngine
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aisnb.transfer.engine import Write
    from aisnb.transfer.plain_engine import PlainResponse
    from tests.support.faulty import FaultySource

PATIENT = Timeouts(connect=10, stall=30)
MUCH = 16 << 20
BODY = bytes(range(251)) * (64 * BULK // 251)


@pytest.fixture
async def engine() -> AsyncIterator[PlainEngine]:
    engine = PlainEngine()
    yield engine
    await engine.close()


class Taker:
    """Takes a body, and knows which threads brought it."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.threads: set[int] = set()

    def write(self, piece: bytes | memoryview) -> None:
        self.body += piece
        self.threads.add(threading.get_ident())


async def pour(engine: PlainEngine, link: str, write: Write, timeouts: Timeouts = PATIENT) -> None:
    response = await engine.open("GET", link, {}, timeouts)
    try:
        await drain(response, write)
    finally:
        response.close()


async def drain(response: PlainResponse, write: Write) -> None:
    while await response.move(write, MUCH):
        pass


async def test_a_large_body_comes_by_other_threads_and_whole(source: FaultySource, engine: PlainEngine) -> None:
    taker = Taker()
    await pour(engine, source.add("/a", BODY), taker.write)
    assert taker.body == BODY
    assert taker.threads - {threading.get_ident()}


async def test_a_piece_stays_as_it_came_while_it_is_written_and_others_come(
    source: FaultySource, engine: PlainEngine
) -> None:
    taker = Taker()

    def slowly(piece: bytes | memoryview) -> None:
        time.sleep(0.02)
        taker.write(piece)

    await pour(engine, source.add("/a", BODY), slowly)
    assert taker.body == BODY


async def test_a_connection_serves_more_after_a_large_body(source: FaultySource, engine: PlainEngine) -> None:
    links = [source.add(f"/{number}", BODY[:size]) for number, size in enumerate([len(BODY), 7, BULK, BULK + 1])]
    for link in links:
        taker = Taker()
        await pour(engine, link, taker.write)
        assert taker.body == BODY[: len(taker.body)]
    assert source.connections == 1


async def test_many_large_bodies_at_once_do_not_mix(source: FaultySource, engine: PlainEngine) -> None:
    bodies = [bytes([number]) * (20 * BULK + number) for number in range(12)]
    takers = [Taker() for _ in bodies]
    links = [source.add(f"/{number}", body) for number, body in enumerate(bodies)]
    await asyncio.gather(*(pour(engine, link, taker.write) for taker, link in zip(takers, links, strict=True)))
    assert [bytes(taker.body) for taker in takers] == bodies


@pytest.mark.parametrize("by", ["close", "reset"])
async def test_a_large_body_that_breaks_off_is_told_and_nothing_is_made_up(
    source: FaultySource, engine: PlainEngine, by: str
) -> None:
    link = source.add("/a", BODY, then=Fault(cut=20 * BULK, by=by))  # type: ignore[arg-type]  # one of its words
    taker = Taker()
    with pytest.raises(AttemptFailed):
        await pour(engine, link, taker.write)
    assert taker.body == BODY[: len(taker.body)]
    assert len(taker.body) <= 20 * BULK


async def test_a_large_body_that_stalls_is_told(source: FaultySource, engine: PlainEngine) -> None:
    link = source.add("/a", BODY, then=Fault(cut=20 * BULK, by="stall"))
    taker = Taker()
    with pytest.raises(AttemptFailed, match="not a byte"):
        await pour(engine, link, taker.write, Timeouts(connect=5, stall=0.3))
    assert taker.body == BODY[: 20 * BULK]


async def test_a_taker_that_takes_its_time_finds_all_that_came_meanwhile(
    source: FaultySource, engine: PlainEngine
) -> None:
    taker = Taker()
    response = await engine.open("GET", source.add("/a", BODY), {}, PATIENT)
    await asyncio.sleep(0.3)  # as much as may wait has come
    await response.move(taker.write, MUCH)
    await asyncio.sleep(0.05)
    await drain(response, taker.write)
    response.close()
    assert taker.body == BODY


async def test_a_taker_that_cannot_go_on_is_heard(source: FaultySource, engine: PlainEngine) -> None:
    def full(piece: bytes | memoryview) -> None:
        raise OSError(28, "No space left on device")

    link = source.add("/a", BODY)
    with pytest.raises(OSError, match="No space left"):
        await pour(engine, link, full)
    taker = Taker()
    await pour(engine, link, taker.write)
    assert taker.body == BODY
    assert source.connections == 2, "what is left of a body must not become the next answer"


async def test_a_call_that_is_cancelled_leaves_no_thread_that_writes(source: FaultySource, engine: PlainEngine) -> None:
    here = threading.get_ident()
    writing, release, written = threading.Event(), threading.Event(), threading.Event()

    def slow(piece: bytes | memoryview) -> None:
        if threading.get_ident() != here:
            writing.set()
            release.wait(30)
            written.set()

    response = await engine.open("GET", source.add("/a", BODY), {}, PATIENT)
    moving = asyncio.ensure_future(drain(response, slow))
    assert await asyncio.to_thread(writing.wait, 30)
    moving.cancel()
    await asyncio.sleep(0)
    moving.cancel()
    await asyncio.sleep(0.05)
    assert not moving.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await moving
    assert written.is_set()
    with pytest.raises(AttemptFailed):  # how much of it is gone, nobody knows
        await drain(response, slow)
    response.close()
