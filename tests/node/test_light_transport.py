"""The transport of connections at the node's door: what asyncio's own would do, for one question after the other."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from aisnb.fileserver.watching import EpollWatch, watch_on
from aisnb.node.light_transport import LightTransport
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MUCH = bytes(range(256)) * 4_000


class Server(asyncio.BufferedProtocol):
    """Answers whatever comes with `answer`."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.incoming = memoryview(bytearray(100))
        self.heard: list[bytes] = []
        self.lost = asyncio.Event()
        self.transport: LightTransport | None = None

    def buffer_updated(self, nbytes: int) -> None:
        assert self.transport is not None
        self.heard.append(bytes(self.incoming[:nbytes]))
        assert self.heard[-1] != b"fault", "this is what the test wants"
        self.transport.write(self.answer)

    def connection_lost(self, exc: Exception | None) -> None:
        assert not self.lost.is_set(), "told twice"
        self.lost.set()


@contextlib.asynccontextmanager
async def connected(answer: bytes) -> AsyncIterator[tuple[Server, LightTransport, socket.socket]]:
    """A server with its transport, and a client."""
    loop = asyncio.get_running_loop()
    watch, server = watch_on(loop), Server(answer)
    ours, client = socket.socketpair()
    ours.setblocking(False)
    client.setblocking(False)
    server.transport = LightTransport(ours, server, server.incoming, watch)
    with client:
        yield server, server.transport, client
    await asyncio.wait_for(server.lost.wait(), PATIENCE)
    if isinstance(watch, EpollWatch):
        watch.close()


async def received(client: socket.socket, count: int) -> bytes:
    """Return the next bytes, fewer at the end."""
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < count and (piece := await asyncio.wait_for(loop.sock_recv(client, count), PATIENCE)):
        data += piece
    return data


async def asked(server: Server, client: socket.socket, question: bytes) -> None:
    """Have a question heard."""
    client.send(question)
    while question not in server.heard:
        await asyncio.sleep(0.01)


async def test_no_question_is_read_before_the_last_answer_has_been_taken() -> None:
    async with connected(MUCH) as (server, transport, client):
        await asked(server, client, b"one")
        client.send(b"two")
        await asyncio.sleep(0.05)
        assert server.heard == [b"one"]
        assert 0 < transport.get_write_buffer_size() < len(MUCH)
        assert await received(client, 2 * len(MUCH)) == MUCH + MUCH
        assert (server.heard, transport.get_write_buffer_size()) == ([b"one", b"two"], 0)


async def test_a_connection_that_is_closed_gives_the_answer_under_way_and_ends() -> None:
    async with connected(MUCH) as (server, transport, client):
        await asked(server, client, b"one")
        for _ in range(2):
            transport.close()
        assert await received(client, len(MUCH) + 1) == MUCH
        assert server.lost.is_set()


async def test_a_connection_that_is_cut_ends_at_once() -> None:
    async with connected(MUCH) as (server, transport, client):
        await asked(server, client, b"one")
        for _ in range(2):
            transport.abort()
        assert server.lost.is_set()
        assert len(await received(client, len(MUCH))) < len(MUCH)


@pytest.mark.parametrize("answer", [b"little", MUCH])
async def test_a_client_that_goes_away_is_noticed(answer: bytes) -> None:
    async with connected(answer) as (server, _, client):
        await asked(server, client, b"one")
        client.close()
        await asyncio.wait_for(server.lost.wait(), PATIENCE)


async def test_who_asked_for_what_cannot_be_answered_does_not_wait() -> None:
    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["exception"]))
    async with connected(b"x") as (_, __, client):
        client.send(b"fault")
        assert await received(client, 1) == b""
    assert isinstance(said[0], AssertionError)


async def test_another_protocol_gets_a_transport_of_asyncios() -> None:
    class Other(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            transport.write(b"hello, ")

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    async with connected(b"x") as (server, transport, client):
        await asked(server, client, b"one")
        assert await received(client, 1) == b"x"
        transport.leave_to(Other())
        client.send(b"other")
        assert await received(client, 12) == b"hello, other"
        assert server.heard == [b"one"]
        server.lost.set()
