"""Ends of files that the store is writing down: taken note of in the loop, a whole group at one wake-up."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Then: TypeAlias = "Callable[[BaseException | None], None]"
Tell: TypeAlias = "Callable[[object, BaseException | None], None]"

#: So many may be on their way to the disk at once; more only cost memory.
_MOST = 512
#: The same for bytes that wait in memory for it.
_MOST_BYTES = 32 << 20


class Settling:
    """What the store was asked for, and what to do in the loop's thread when each is done."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending = self._bytes = 0
        self._done: deque[tuple[Then, int, BaseException | None]] = deque()
        self._woken = False
        self._changed = asyncio.Event()

    def add(self, ask: Callable[[Tell], None], then: Then, in_memory: int = 0) -> None:
        """Ask the store for something.

        Args:
            ask: does so, with what the store shall tell when it is done; what it raises is raised here.
            then: called in the loop's thread with the error, None if it went well.
            in_memory: bytes that wait for it in memory.
        """
        ask(lambda _, error: self._arrived(then, in_memory, error))
        self._pending += 1  # that it is done is taken note of in this thread, so not before
        self._bytes += in_memory

    @property
    def full(self) -> bool:
        """Whether so many are pending that `room` would wait."""
        return self._pending >= _MOST or self._bytes >= _MOST_BYTES

    async def room(self) -> None:
        """Return when another one may be added."""
        await self._while(lambda: self.full)

    async def empty(self) -> None:
        """Return when all are done and taken note of."""
        await self._while(lambda: self._pending > 0)

    async def _while(self, holds: Callable[[], bool]) -> None:
        while holds():
            self._changed.clear()
            await self._changed.wait()

    def _arrived(self, then: Then, in_memory: int, error: BaseException | None) -> None:
        """Called in the store's thread; a wake-up for each of them would cost more than what it tells."""
        self._done.append((then, in_memory, error))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop has ended, and with it all who could be told
                self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._woken = False  # before the first look: what comes after the last look wakes again
        while self._done:
            then, in_memory, error = self._done.popleft()
            self._pending -= 1
            self._bytes -= in_memory
            then(error)
        self._changed.set()
