"""What the plain engine has of its own: its pool, its framing, its bounds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from aisnb.transfer import AttemptFailed, Timeouts
from aisnb.transfer.plain_connection import ROOM
from aisnb.transfer.plain_engine import PlainEngine, can_send
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.support.faulty import FaultySource

PATIENT = Timeouts(connect=10, stall=30)


@pytest.fixture
async def engine() -> AsyncIterator[PlainEngine]:
    engine = PlainEngine()
    yield engine
    await engine.close()


async def body_of(engine: PlainEngine, url: str, timeouts: Timeouts = PATIENT) -> bytes:
    response = await engine.open("GET", url, {}, timeouts)
    body = bytearray()
    try:
        while await response.move(body.extend, 1 << 20):
            pass
        return bytes(body)
    finally:
        response.close()


async def serving(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> asyncio.Server:
    return await asyncio.start_server(talk, "127.0.0.1", 0)


def address(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def answer_raw(engine: PlainEngine, raw: bytes) -> bytes:
    """Return the body that the engine finds in the raw answer of a server that then waits."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await reader.read()
        writer.close()

    async with await serving(talk) as server:
        try:
            return await body_of(engine, address(server), Timeouts(connect=5, stall=1))
        finally:
            await engine.close()


@pytest.mark.parametrize(
    ("link", "plain"),
    [
        ("http://host/a", True),
        ("http://host:80/a?b=c", True),
        ("https://host/a", False),
        ("http://user:secret@host/a", False),
    ],
)
def test_it_takes_links_without_tls_and_without_credentials(link: str, plain: bool) -> None:
    assert can_send(link) is plain


async def test_one_connection_serves_many_files_in_a_row(source: FaultySource, engine: PlainEngine) -> None:
    links = [source.add(f"/{number}", b"x" * size) for number, size in enumerate([0, 1, 4096, 3 * ROOM + 1, 7])]
    assert [len(await body_of(engine, link)) for link in links] == [0, 1, 4096, 3 * ROOM + 1, 7]
    assert source.connections == 1


async def test_a_kept_connection_that_the_source_closed_is_replaced(engine: PlainEngine) -> None:
    asked = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.read(1)  # the next request is not answered, whatever it is
        writer.close()

    async with await serving(talk) as server:
        for _ in range(3):
            assert await body_of(engine, address(server)) == b"ok"
        await engine.close()
    assert len(asked) == 3


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("size", [0, 1, ROOM, 5 * ROOM + 3])
async def test_a_slow_taker_gets_every_byte(source: FaultySource, engine: PlainEngine, framing: str, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    link = source.add("/a", body[:size], then=Fault(framing=framing))  # type: ignore[arg-type]  # one of its words
    response = await engine.open("GET", link, {}, PATIENT)
    taken = bytearray()
    while await response.move(taken.extend, 1024):
        await asyncio.sleep(0.001)  # more comes meanwhile
    response.close()
    assert taken == body[:size]


async def test_what_waits_for_its_taker_is_bounded(source: FaultySource, engine: PlainEngine) -> None:
    body = b"x" * (64 * ROOM)
    link = source.add("/a", body)
    response = await engine.open("GET", link, {}, PATIENT)
    await asyncio.sleep(0.2)
    first = taken = await response.move(len, 1024)
    assert first <= ROOM
    while count := await response.move(len, 1024):
        taken += count
    assert taken == len(body)
    response.close()


async def test_a_taker_who_is_slower_than_the_source_may_stall_is_no_stall(
    source: FaultySource, engine: PlainEngine
) -> None:
    body = b"x" * (4 * ROOM)
    response = await engine.open("GET", source.add("/a", body), {}, Timeouts(connect=5, stall=0.2))
    taken = 0
    while count := await response.move(len, 1024):
        taken += count
        await asyncio.sleep(0.3)
    response.close()
    assert taken == len(body)


async def test_an_interim_answer_is_passed_over(engine: PlainEngine) -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\nETag: no\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    assert await answer_raw(engine, raw) == b"ok"


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 100_000,
    ],
    ids=["ssh", "two lengths", "length and chunks", "below zero", "huge", "upgrade", "no chunk", "endless head"],
)
async def test_an_answer_that_is_not_sound_is_refused(engine: PlainEngine, raw: bytes) -> None:
    with pytest.raises(AttemptFailed, match="not HTTP"):
        await answer_raw(engine, raw)


async def test_bytes_after_an_answer_never_become_the_next_one(engine: PlainEngine) -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        good, smuggled = (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + text for text in (b"good", b"evil"))
        writer.write(good + smuggled)
        await reader.read()
        writer.close()

    async with await serving(talk) as server:
        assert [await body_of(engine, address(server)) for _ in range(2)] == [b"good", b"good"]
        await engine.close()
    assert connections == 2


async def test_the_answer_to_head_has_no_body(source: FaultySource, engine: PlainEngine) -> None:
    link = source.add("/a", b"x" * 100_000)
    for _ in range(2):
        response = await engine.open("HEAD", link, {}, PATIENT)
        assert (response.status, response.headers["content-length"]) == (200, "100000")
        assert await response.move(len, 1024) == 0
        response.close()
    assert source.connections == 1


@pytest.mark.parametrize(
    ("name", "value"), [("A", "b\r\nEvil: yes"), ("A\n", "b"), ("", "b"), ("A b", "c"), ("A", "\0")]
)
async def test_a_header_that_would_end_early_is_never_sent(
    source: FaultySource, engine: PlainEngine, name: str, value: str
) -> None:
    with pytest.raises(AttemptFailed, match="cannot be sent"):
        await engine.open("GET", source.add("/a", b"x"), {name: value}, PATIENT)
    assert source.requests == []


async def test_closing_it_amid_an_exchange_ends_that(source: FaultySource, engine: PlainEngine) -> None:
    link = source.add("/a", b"x", then=Fault(silent=True))
    waiting = asyncio.ensure_future(engine.open("GET", link, {}, PATIENT))
    while not source.requests:
        await asyncio.sleep(0.01)
    await engine.close()
    with pytest.raises(AttemptFailed, match="lost"):
        await waiting
    await engine.close()
