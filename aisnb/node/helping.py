"""Processes that bring small files: one process is one processor's work at most, and small files are much work.

A helper is given links of a source that answered plainly so far, and paths. What it makes there are files on their
way; to make objects of them is the node's, and so is all that is not plain: a redirect, a failure, a large file. It
ends when the Unix socket between the two closes, so that nothing of it stays when the node is gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping  # noqa: TC003  # msgspec reads the annotations
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from aisnb.store.small import MadeFile  # noqa: TC001  # msgspec reads the annotations
from aisnb.transfer.engine import Timeouts  # noqa: TC001  # msgspec reads the annotations

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from asyncio.subprocess import Process

#: So many keep up with what one node makes objects of, and where there are but two processors, they share them well.
HELPERS = 2
#: A helper that nobody had a use for so long is ended, and one that was lost is not tried again before.
PAUSE_SECONDS = 60.0
#: Seconds that it has to drop an order; one that hangs is ended.
_DROP_SECONDS = 2.0
_HEADER_BYTES = 4

_log = logging.getLogger(__name__)

T = TypeVar("T")


class HelperLost(Exception):
    """The helper has died, or is not ready. Never leaves this room."""


class Wanted(NamedTuple):
    """A file to be brought: its link, ready to be sent, and the path where it is to be made."""

    url: str
    path: bytes


class Brought(NamedTuple):
    """A file that was brought: what is at its path now, and the marks that its source gave."""

    made: MadeFile
    etag: str
    last_modified: str


class Order(msgspec.Struct, array_like=True, frozen=True, tag=True):
    """Files for a helper to bring.

    Attributes:
        number: names the order, from 1.
        files: which, and where to.
        headers: what to send to their source.
        timeouts: for each of them.
    """

    number: int
    files: list[Wanted]
    headers: Mapping[str, str]
    timeouts: Timeouts


class Drop(msgspec.Struct, array_like=True, frozen=True, tag=True):
    """The number of an order that is to be answered at once, with what has been brought."""

    number: int


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """What became of an order. The first one, number 0, answers none: it says that the helper is ready.

    Attributes:
        number: the order's.
        files: in the order's sequence, each as it was brought; None for one that the node has to bring.
    """

    number: int = 0
    files: list[Brought | None] = []


class Channel(Generic[T]):
    """One end of the socket between the two.

    Args:
        reader: of the socket.
        writer: of the socket.
        incoming: decodes what comes.
    """

    def __init__(self, reader: StreamReader, writer: StreamWriter, incoming: msgspec.msgpack.Decoder[T]) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming = incoming

    def send(self, message: Order | Drop | Answer) -> None:
        """Send a message; what the other end has not read yet waits in memory."""
        data = msgspec.msgpack.encode(message)
        self._writer.write(len(data).to_bytes(_HEADER_BYTES, "big") + data)

    async def receive(self) -> T | None:
        """Return the next message, None when the other end has closed."""
        try:
            size = int.from_bytes(await self._reader.readexactly(_HEADER_BYTES), "big")
            return self._incoming.decode(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        """Close it; twice is harmless."""
        self._writer.close()


def make_helpers() -> list[Helper]:
    """Return the helpers of a node, none of them started; none at all where they have no processor to run on."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return [Helper() for _ in range(HELPERS)] if processors > 1 else []


class Helper:
    """The node's view of one helper. For one loop."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._orders: dict[int, asyncio.Future[list[Brought | None]]] = {}
        self._life: asyncio.Task[None] | None = None
        self._channel: Channel[Answer] | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._pause_ends = 0.0
        self._closed = False

    @property
    def is_ready(self) -> bool:
        """Whether it has started, and can be asked for something."""
        return self._channel is not None

    @property
    def is_starting(self) -> bool:
        """Whether it will be ready soon."""
        return self._channel is None and self._life is not None and not self._life.done()

    def start(self) -> None:
        """Have it start, unless it has or was lost a moment ago; `is_ready` says when it has."""
        if not self._closed and (self._life is None or self._life.done()) and time.monotonic() >= self._pause_ends:
            self._life = asyncio.create_task(self._live())

    async def bring(
        self, files: list[Wanted], headers: Mapping[str, str], timeouts: Timeouts, enough: asyncio.Event
    ) -> list[Brought | None]:
        """Have files brought. Once this has returned or raised, no more of them are made.

        Args:
            files: which, and where to.
            headers: what to send to their source.
            timeouts: for each of them.
            enough: set it to have what is under way dropped, and this return soon.

        Returns:
            Each as it was brought, None where that is left to the caller.

        Raises:
            HelperLost: it has died, or is not ready; some of the files may be there.
        """
        channel = self._channel
        if channel is None:
            raise HelperLost
        number = next(self._numbers)
        answer: asyncio.Future[list[Brought | None]] = asyncio.get_running_loop().create_future()
        self._orders[number] = answer
        self._rest_later()
        channel.send(Order(number, files, headers, timeouts))
        try:
            await _first_of(answer, enough)
            if not answer.done():
                channel.send(Drop(number))
                await asyncio.wait([answer], timeout=_DROP_SECONDS)
            if not answer.done():
                channel.close()  # it hangs: that is its end, and the answer will be that it is lost
            return await answer
        finally:
            del self._orders[number]
            self._rest_later()

    async def close(self) -> None:
        """End it; twice is harmless."""
        self._closed = True
        self._let_go()
        if self._life is not None:
            await asyncio.wait([self._life])

    async def _live(self) -> None:
        """Start it, and hear it to its end."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await _spawn(theirs)
        except OSError as exc:
            ours.close()
            self._lose(f"cannot be started: {exc}")
            return
        channel = Channel(*await asyncio.open_connection(sock=ours), msgspec.msgpack.Decoder(Answer))
        if not self._closed and await channel.receive() is not None:
            self._channel = channel
            self._rest_later()
            await self._hear(channel)
        channel.close()
        with suppress(ProcessLookupError):
            process.kill()  # it has nothing to lose
        await process.wait()
        for order in self._orders.values():
            if not order.done():
                order.set_exception(HelperLost())

    async def _hear(self, channel: Channel[Answer]) -> None:
        while (answer := await channel.receive()) is not None:
            order = self._orders.get(answer.number)
            if order is not None and not order.done():
                order.set_result(answer.files)
        if self._channel is not None:
            self._channel = None
            self._lose("has died")

    def _lose(self, why: str) -> None:
        _log.warning("A process that brings small files %s. The node goes on without it.", why)
        self._pause_ends = time.monotonic() + PAUSE_SECONDS

    def _rest_later(self) -> None:
        """Let it go after a pause, unless it has an order by now."""
        if self._rest is not None:
            self._rest.cancel()
        if not self._orders:
            self._rest = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._let_go)

    def _let_go(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        if self._channel is not None:
            self._channel.close()
            self._channel = None


async def _spawn(channel: socket.socket) -> Process:
    """Start a helper at the other end of a socket.

    Raises:
        OSError: it cannot be started.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "aisnb.node.helper",
        stdin=channel.fileno(),
        stdout=DEVNULL,
        start_new_session=True,  # what is typed at a terminal is not for it
    )


async def _first_of(answer: asyncio.Future[Any], enough: asyncio.Event) -> None:
    """Return once there is an answer, or enough."""
    called_off = asyncio.create_task(enough.wait())
    either: set[asyncio.Future[Any]] = {answer, called_off}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    called_off.cancel()
