"""A number that grows with every change, and those who wait for it to grow."""

from __future__ import annotations

import asyncio
import time


class Changes:
    """Changes of something, told to whoever waits. Used in the loop's thread only.

    Attributes:
        version: microseconds since 1970 of the last change that was told; so it grows over restarts, too.
    """

    def __init__(self) -> None:
        self.version = time.time_ns() // 1_000
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Tell of a change."""
        self.version = max(self.version + 1, time.time_ns() // 1_000)
        self._told.set()
        self._told = asyncio.Event()

    async def next(self) -> None:
        """Return at the next change."""
        await self._told.wait()

    async def above(self, version: int, seconds: float) -> None:
        """Return when the version is above `version`, at the latest after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self.version <= version:
                    await self.next()
        except TimeoutError:
            return
