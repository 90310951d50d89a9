"""An object as a file that is open for reading: its bytes in order, as they come, never all of them at once."""

from __future__ import annotations

import io
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from aisnb.client import portal
from aisnb.client.checksums import Check
from aisnb.client.fetching import materialize
from aisnb.client.objects import STALL_SECONDS, Extent
from aisnb.errors import EndpointRefused, EndpointUnreachable, UsageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from aisnb.client.connection import Connection
    from aisnb.client.objects import Target
    from aisnb.client.wire import Answer

#: Small reads, such as of a tar's headers, are served from so many bytes.
_BUFFER = 128 * 1024


def open_object(connection: Connection, target: Target, mode: str, buffering: int) -> io.BufferedReader:
    """Return an object, opened for reading; see `Client.open`."""
    if mode not in ("rb", "r"):
        raise UsageError(f"An object was opened with the mode '{mode}'. Only 'rb' is possible; write with put.")
    stream = ObjectStream(connection, target)
    portal.run(stream.begin())
    return io.BufferedReader(stream, max(buffering, _BUFFER))


class ObjectStream(io.RawIOBase):
    """The bytes of an object, once, from its first to its last.

    A connection that breaks off is made again behind what came, if the endpoint told a checksum: the whole is held
    against it before its last bytes are given out. Nobody but the process that opened it can read it.

    Args:
        connection: to the endpoint.
        target: the object.
    """

    def __init__(self, connection: Connection, target: Target) -> None:
        super().__init__()
        self._connection = connection
        self._target = target
        self._home = portal.current()
        self._exchange = AsyncExitStack()
        self._answer: Answer
        self._check: Check
        self._came = 0
        self._ahead = b""
        self._piece = memoryview(b"")

    def __repr__(self) -> str:
        return f"<{self._target.bucket / self._target.name}, opened for reading>"

    @property
    def name(self) -> str:
        """The object, ``ais://abc/shard-001.tar``."""
        return self._target.bucket / self._target.name

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` with what is here, or else with what comes next, and return how many bytes that are.

        Raises:
            EndpointUnreachable: the connection broke off, and could not be made again.
            EndpointRefused: what came is not the object: its checksum is another one.
            UsageError: it was opened before this process was forked.
        """
        if self.closed:
            raise ValueError(f"{self.name} was read after it was closed. Open it again.")
        if not portal.is_current(self._home):
            raise UsageError(f"{self.name} was opened by another process. Open it in the one that reads it.")
        into = memoryview(buffer).cast("B")
        if not self._piece:
            self._piece = memoryview(portal.run(self._advance()))
        count = min(len(into), len(self._piece))
        into[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def close(self) -> None:
        """Let the connection go; twice is harmless. Callable from any thread."""
        if not self.closed and portal.is_current(self._home):
            portal.launch(self._exchange.aclose())
        super().close()

    async def begin(self) -> None:
        """Find the object, and wait for its first bytes.

        Raises:
            ObjectNotFound: there is no such object.
        """
        self._target = await materialize(self._connection, self._target)
        await self._connection.attempt(self._enter)
        self._check = Check(self.name, self._answer.headers)
        self._ahead = await self._receive()

    async def _advance(self) -> bytes:
        """Return the next piece, the last one only when the whole is what it should be."""
        piece, self._ahead = self._ahead, await self._receive() if self._ahead else b""
        if not self._ahead:
            self._check.finish()
        return piece

    async def _receive(self) -> bytes:
        try:
            piece = await self._answer.chunk()
        except EndpointUnreachable:
            if not self._check:
                raise
            await self._connection.attempt(self._enter)
            piece = await self._answer.chunk()
        self._came += len(piece)
        self._check.update(piece)
        return piece

    async def _enter(self) -> None:
        """Ask for the object, or for the rest of it."""
        await self._exchange.aclose()
        headers = {"Range": Extent(self._came, None).header()} if self._came else {}
        call = self._target.call("GET", headers=headers, stall=STALL_SECONDS)
        self._answer = await self._exchange.enter_async_context(self._connection.stream(call))
        if self._came and self._answer.status != 206:
            raise EndpointRefused(
                f"The connection broke off after {self._came:,} bytes of {self.name}, and the endpoint gives no rest. "
                "Read it again."
            )
