"""Ends of files that the store is writing down: taken note of in the loop, a whole group at one wake-up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    Then = Callable[[Future[Any]], None]

#: So many may be on their way to the disk at once; more only cost memory.
_MOST = 256


class Settling:
    """Futures of the store, and what to do in the loop's thread when each is done."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending = 0
        self._done: deque[tuple[Future[Any], Then]] = deque()
        self._woken = False
        self._changed = asyncio.Event()

    def add(self, future: Future[Any], then: Then) -> None:
        """Have `then` called with `future` when that is done."""
        self._pending += 1
        future.add_done_callback(lambda future: self._arrived(future, then))

    async def room(self) -> None:
        """Return when another one may be added."""
        await self._until_at_most(_MOST - 1)

    async def empty(self) -> None:
        """Return when all are done and taken note of."""
        await self._until_at_most(0)

    async def _until_at_most(self, count: int) -> None:
        while self._pending > count:
            self._changed.clear()
            await self._changed.wait()

    def _arrived(self, future: Future[Any], then: Then) -> None:
        """Called in the store's thread; a wake-up for each of them would cost more than what it tells."""
        self._done.append((future, then))
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._woken = False  # before the first look: what comes after the last look wakes again
        while self._done:
            future, then = self._done.popleft()
            self._pending -= 1
            then(future)
        self._changed.set()
