"""How far a job is: counted in memory as it goes, so that asking costs the same for ten files and ten million."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from aisnb.node.changes import Changes
from aisnb.protocol.extension import ENDED, RUNNING, FileProgress
from aisnb.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.store import JobRecord

#: Those who wait for a change are told of it this long after it, at the latest; so no more than ten times a second.
_BREATH = 0.1
_RATE_OVER = 3.0
_SHOWN_IN_FLIGHT = 16
_NAMED = 3


class Flight:
    """One file on its way.

    Attributes:
        name: the object that it becomes.
        bytes: how many are here.
        total_bytes: how many there are in all, None if unknown.
    """

    __slots__ = ("_progress", "bytes", "name", "total_bytes")

    def __init__(self, name: str, progress: Progress) -> None:
        self.name = name
        self.bytes = 0
        self.total_bytes: int | None = None
        self._progress = progress

    def on_start(self, size: int | None, offset: int) -> None:
        """Take note that bytes begin to come, from `offset`."""
        self.bytes = offset
        self.total_bytes = size
        self._progress.touch()

    def on_bytes(self, change: int) -> None:
        """Take note of bytes that came, or (below 0) were lost."""
        self.bytes += change
        self._progress.moved(change)


class Progress:
    """The counters of one job, and those who wait for them to change. Used in the loop's thread only.

    Attributes:
        state: the job's state.
        reason: why it is in that state.
        on_tell: called with every change that is told; may be set later.
        done: files that are here, with the skipped.
        skipped: files that were here, unchanged.
        failed: files that could not be had.
        bytes: of the files that are here.
        total_bytes: of all files, None if unknown.
        pages: files that came as web pages, though their links end like none; those that this node has brought.
        all_begun: no file is left to begin.
        lent: the names of files that helpers bring, by orders.
    """

    def __init__(self, state: str, reason: str = "") -> None:
        self.state = state
        self.reason = reason
        self.on_tell: Callable[[], None] = lambda: None
        self.done = self.skipped = self.failed = self.bytes = 0
        self.total_bytes: int | None = None
        self.pages = 0
        self._page_names: list[str] = []
        self.all_begun = False
        self.lent: dict[int, list[str]] = {}
        self._flights: dict[int, Flight] = {}
        self._moved = 0
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._changes = Changes()
        self._telling: asyncio.TimerHandle | None = None

    @property
    def version(self) -> int:
        """Return the number of the last change that was told."""
        return self._changes.version

    def count_from(self, record: JobRecord) -> None:
        """Take over what was counted before."""
        self.done, self.skipped, self.failed = record.done, record.skipped, record.failed
        self.bytes, self.total_bytes = record.bytes, record.total_bytes

    def take_off(self, index: int, name: str) -> Flight:
        """Return the record of a file that begins to come."""
        flight = self._flights[index] = Flight(name, self)
        self.touch()
        return flight

    def land(self, index: int) -> None:
        """Forget the record of a file that comes no more."""
        self._flights.pop(index, None)
        self.touch()

    def note_page(self, name: str) -> None:
        """Count a file that came as a web page, though its link ends like none."""
        self.pages += 1
        if self.pages <= _NAMED:
            self._page_names.append(name)

    def moved(self, count: int) -> None:
        """Count bytes towards the rate."""
        self._moved += max(count, 0)
        self.touch()

    def enter(self, state: str, reason: str = "") -> None:
        """Change the state, and tell at once."""
        self.state = state
        self.reason = reason
        if state == RUNNING:
            self._samples = deque([(time.monotonic(), self._moved)])
            self.all_begun = False
        self._tell()

    def touch(self) -> None:
        """Have those who wait told soon."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(_BREATH, self._tell)

    async def changed(self, version: int, seconds: float) -> None:
        """Return when the version is above `version` or the job has ended, at the latest after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self.version <= version and self.state not in ENDED:
                    await self._changes.next()
        except TimeoutError:
            return

    def in_flight(self) -> list[FileProgress]:
        """Return some of the files on their way, sorted by name."""
        lent = [Flight(name, self) for names in self.lent.values() for name in names]
        shown = sorted([*self._flights.values(), *lent], key=lambda flight: flight.name)[:_SHOWN_IN_FLIGHT]
        return [FileProgress(flight.name, flight.bytes, flight.total_bytes) for flight in shown]

    def bytes_here(self) -> int:
        """Return the bytes of the files that are here and on their way."""
        return self.bytes + sum(flight.bytes for flight in self._flights.values())

    def bytes_in_all(self) -> int | None:
        """Return the bytes of all files, None while some have not said their size."""
        if self.total_bytes is not None or not self.all_begun:
            return self.total_bytes
        sizes = [flight.total_bytes for flight in self._flights.values()]
        return None if None in sizes else self.bytes + sum(size or 0 for size in sizes)

    def rate(self) -> float:
        """Return bytes per second over the last seconds."""
        if self.state != RUNNING:
            return 0.0
        now = time.monotonic()
        while len(self._samples) > 1 and self._samples[1][0] <= now - _RATE_OVER:
            self._samples.popleft()
        since, moved = self._samples[0]
        return (self._moved - moved) / max(now - since, _BREATH)

    def oddity(self) -> str:
        """Return what is odd about a job that has tried all, "" if nothing is."""
        if not self.pages:
            return ""
        more = self.pages - len(self._page_names)
        names = ", ".join(self._page_names) + (f" and {more:,} more" if more else "")
        came = "came as a web page, maybe an error page" if self.pages == 1 else "came as web pages, maybe error pages"
        return f"{plural(self.pages, 'file')} {came}: {names}"

    def _tell(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._samples.append((time.monotonic(), self._moved))
        while self._samples[1][0] <= time.monotonic() - _RATE_OVER and len(self._samples) > 2:
            self._samples.popleft()
        self._changes.tell()
        self.on_tell()
