"""What all connections of a server share: the site, the limits, and a buffer that is used again and again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aisnb.fileserver.watching import EpollWatch, watch_on

if TYPE_CHECKING:
    from aisnb.fileserver.connection import Connection
    from aisnb.fileserver.site import Site
    from aisnb.fileserver.watching import Watch

#: How often deadlines are to be checked.
WATCH_SECONDS = 1.0

_RECEIVE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take.

    Attributes:
        idle_seconds: how long a connection may wait for its next request.
        header_seconds: how long a request's header may take from its first line on.
        header_bytes: how long it may be (give or take one packet).
        stall_seconds: how long it may take nothing of an answer.
        grace_seconds: how long a closing server waits for answers under way.
    """

    idle_seconds: float = 75.0
    header_seconds: float = 20.0
    header_bytes: int = 32 * 1024
    stall_seconds: float = 60.0
    grace_seconds: float = 2.0


@dataclass(slots=True)
class Shared:
    """What all connections of a server share.

    Attributes:
        site: answers requests.
        limits: what a client may take.
        connections: the open ones.
        incoming: where bytes are received; parsed before the next are.
    """

    site: Site
    limits: Limits
    connections: set[Connection] = field(default_factory=set)
    incoming: memoryview = field(default_factory=lambda: memoryview(bytearray(_RECEIVE_BYTES)))
    _watch: Watch | None = None

    @property
    def watch(self) -> Watch:
        """What calls the connections when their sockets are ready, by the running event loop."""
        if self._watch is None:
            self._watch = watch_on(asyncio.get_running_loop())
        return self._watch

    def check_deadlines(self) -> None:
        """Close the connections whose clients were silent for too long, or take nothing for too long."""
        now = asyncio.get_running_loop().time()
        for connection in tuple(self.connections):
            connection.check_deadline(now)

    async def close(self) -> None:
        """Let the answers under way end for a moment, and close all connections."""
        for connection in tuple(self.connections):
            connection.finish()
        if self.connections:
            await asyncio.wait([each.lost for each in self.connections], timeout=self.limits.grace_seconds)
        for connection in tuple(self.connections):
            connection.abort()
        if isinstance(self._watch, EpollWatch):
            self._watch.close()
