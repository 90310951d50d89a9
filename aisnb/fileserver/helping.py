"""A second process beside the first, while there are many clients: one process is one processor's work at most.

Only the first listens. It gives the sockets of some of its clients to the second, over a Unix socket that is the
second's stdin, and the second ends when that does: so it needs no port, and nothing of it stays when the first is gone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from aisnb.fileserver.hosts import Hosts
from aisnb.fileserver.shared import Limits, Shared
from aisnb.fileserver.site import Site

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from aisnb.fileserver.connection import Connection

_logger = logging.getLogger(__name__)

#: So many clients at once are a load that one process cannot serve as fast as they ask. A node's download has 16 of
#: them, and one of small files, with its helpers, twice as many: with two processes here it is sooner done.
MANY_CLIENTS = 32
#: A helper that had no client for so long is ended, and one that was lost is not tried again before.
PAUSE_SECONDS = 60.0

_END_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a process serves, and how.

    Attributes:
        directory: absolute path of what is served.
        hosts: names to answer to, besides loopback names, IP literals and this machine's names.
        secret: serve below ``/SECRET/`` only; "" for no secret.
        limits: what clients may take.
    """

    directory: str
    hosts: tuple[str, ...]
    secret: str
    limits: Limits

    def line(self) -> bytes:
        """Return the order as a line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """Return the order that `line` made a line."""
        said = json.loads(line)
        return cls(said["directory"], tuple(said["hosts"]), said["secret"], Limits(**said["limits"]))

    def shared(self) -> Shared:
        """Return what all connections of a process share that serves by this order."""
        return Shared(Site(os.fsencode(self.directory), Hosts(self.hosts), self.secret), self.limits)


class Helper:
    """The first process's view of the second.

    Args:
        order: what the second serves.
        connections: the first's own ones.
    """

    def __init__(self, order: Order, connections: set[Connection]) -> None:
        self._order = order
        self._connections = connections
        self._starting: asyncio.Task[None] | None = None
        self._process: Process | None = None
        self._channel: socket.socket | None = None
        self._clients = 0
        self._ready = False
        self._pause_ends = 0.0

    @staticmethod
    def pays() -> bool:
        """Return whether a second process has a processor to run on, and a safe way to get clients.

        macOS may lose a socket that its sender closes before the receiver has it.
        """
        return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1

    def take(self, client: socket.socket) -> bool:
        """Give `client` to the second process if that has fewer clients; return whether it has been."""
        if not self._ready or self._channel is None or self._clients >= len(self._connections):
            return False
        try:
            socket.send_fds(self._channel, [b"\0"], [client.fileno()])
        except OSError:  # it does not keep up, or it has gone
            return False
        self._clients += 1
        return True

    def look(self) -> None:
        """Start the second process if there are many clients, share them with it, end it if it is not needed."""
        now = asyncio.get_running_loop().time()
        if self._channel is None:
            if len(self._connections) >= MANY_CLIENTS and now >= self._pause_ends:
                self._starting = asyncio.create_task(self._start())
        elif self._clients or not self._ready or len(self._connections) >= MANY_CLIENTS:
            self._pause_ends = now + PAUSE_SECONDS
            for connection in tuple(self._connections):
                connection.hand_over(self.take)
        elif now >= self._pause_ends:
            self._let_go()

    async def close(self) -> None:
        """End the second process, as soon as its answers under way have ended; twice is harmless."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
        self._let_go()
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), self._order.limits.grace_seconds + _END_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _start(self) -> None:
        try:
            self._channel, theirs = socket.socketpair()
            self._channel.sendall(self._order.line())
            self._channel.setblocking(False)
            asyncio.get_running_loop().add_reader(self._channel, self._hear)
            safe = ["-P"] if sys.flags.safe_path else []
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *safe,
                    "-m",
                    "aisnb.fileserver.helper",
                    stdin=theirs.fileno(),
                    stdout=DEVNULL,
                    start_new_session=True,  # what is typed at a terminal is for the first
                )
        except OSError as exc:
            self._lose(f"cannot be started: {exc}")

    def _hear(self) -> None:
        """Read what the second says: a byte when it is ready, and one for each client that is no more."""
        assert self._channel is not None  # else nobody watches it
        try:
            said = self._channel.recv(4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            said = b""
        if not said:
            self._lose("has died")
            return
        self._clients -= len(said) - (not self._ready)
        self._ready = True

    def _lose(self, why: str) -> None:
        _logger.warning("A second process for many clients %s. The first goes on alone.", why)
        self._pause_ends = asyncio.get_running_loop().time() + PAUSE_SECONDS
        self._let_go()

    def _let_go(self) -> None:
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel)
            self._channel.close()
            self._channel = None
        self._ready, self._clients = False, 0
