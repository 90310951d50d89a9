"""A limit on bytes per second that can be changed while it holds."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

#: The most bytes that are taken at once where they are counted.
PORTION = 32 * 1024


class Limiter(Protocol):
    """What a fetch asks after each piece whether it may go on."""

    @property
    def portion(self) -> int:
        """How many bytes to take at once, on the event loop; 0 for as many as there are, in any thread."""

    async def take(self, count: int) -> None:
        """Return when more may come, after so many bytes did."""


class RateLimiter:
    """A token bucket: holds one second's worth of bytes, and may be overdrawn by what is taken at once.

    Args:
        bytes_per_second: 0 for no limit.

    Example:
        limiter = RateLimiter(4_000_000)
        await limiter.take(len(chunk))
        limiter.rate = 0
    """

    def __init__(self, bytes_per_second: float = 0.0) -> None:
        self._rate = float(bytes_per_second)
        self._level = self._rate
        self._seen = time.monotonic()
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def rate(self) -> float:
        """Bytes per second, 0 for no limit. Setting it wakes those who wait; to be set in the loop's thread."""
        return self._rate

    @rate.setter
    def rate(self, bytes_per_second: float) -> None:
        self._refill()
        self._rate = float(bytes_per_second)
        self._level = min(self._level, self._rate)
        self._changed.set()

    @property
    def portion(self) -> int:
        """How many bytes to take at once: a fraction of a second's, that nobody waits long for news; 0 for no limit."""
        return max(1, min(PORTION, int(self._rate / 4))) if self._rate else 0

    async def take(self, count: int) -> None:
        """Return once `count` bytes are within the limit. Those who wait are served in their order."""
        if not self._rate:
            return
        async with self._turn:
            self._refill()
            self._level -= count
            while self._rate and self._level < 0:
                await self._until_changed(-self._level / self._rate)
                self._refill()

    def _refill(self) -> None:
        now = time.monotonic()
        self._level = min(self._rate, self._level + (now - self._seen) * self._rate) if self._rate else 0.0
        self._seen = now

    async def _until_changed(self, seconds: float) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
