"""Who uses the node, and when it may end."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from aisnb.node.state import NODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aisnb.store import Store

_KEEP = "node.keep"
#: Seconds within which one request counts for all.
_SOME = 0.1

routes = web.RouteTableDef()


class Leases:
    """The node's users. When there was none and no job ran for some time, the node ends.

    Event driven: every change says so by `reconsider`, and one timer runs while the node is unused.

    Args:
        store: keeps, across a crash, that the node was told to stay.
        idle: seconds without use after which `stop` is set.
        stop: set when the node shall end.
        running_jobs: tells how many jobs run.
    """

    def __init__(self, store: Store, idle: float, stop: asyncio.Event, running_jobs: Callable[[], int]) -> None:
        self.idle = idle
        self.count = 0
        self._store = store
        self._stop = stop
        self._running_jobs = running_jobs
        self._requests = 0
        self._keep = store.get_state(_KEEP) == "1"
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def keep(self) -> bool:
        """Whether the node stays until it is told to stop."""
        return self._keep

    @keep.setter
    def keep(self, keep: bool) -> None:
        if keep != self._keep:
            self._keep = keep
            self._store.set_state(_KEEP, "1" if keep else "")
            self.reconsider()

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Count as a user."""
        self.count += 1
        self.reconsider()
        try:
            yield
        finally:
            self.count -= 1
            self.reconsider()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count as a request in progress: no user, but it is answered before the node ends."""
        self._requests += 1
        self.reconsider()
        try:
            yield
        finally:
            self._requests -= 1
            self.reconsider()

    def touch(self) -> None:
        """Count a request that was answered at once; of thousands a second, some do."""
        timer = self._timer
        if timer is not None and timer.when() - self.idle < asyncio.get_running_loop().time() - _SOME:
            timer.cancel()
            self._timer = None
            self.reconsider()

    def reconsider(self) -> None:
        """Start or stop the timer, as things are now."""
        used = self._closed or self._keep or self.count or self._requests or self._running_jobs()
        if used and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        elif not used and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.idle, self._stop.set)

    def close(self) -> None:
        """Stop the timer, and forget that the node was told to stay: it ends in order. Twice is harmless."""
        self.keep = False
        self._closed = True
        self.reconsider()


@routes.get("/v1/x/lease", allow_head=False)
async def lease(request: web.Request) -> web.StreamResponse:
    """Hold the caller's connection open for as long as it uses the node."""
    node = request.app[NODE]
    with node.leases.lease():
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await node.stop.wait()  # a caller that goes away ends this by cancellation
    return response
