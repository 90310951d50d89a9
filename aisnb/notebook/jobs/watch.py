"""Looks at jobs again and again, for as long as somebody shows them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from aisnb.errors import AisnbError
from aisnb.protocol.extension import RUNNING

if TYPE_CHECKING:
    from aisnb.client.job_pages import JobPages, Look
    from aisnb.protocol.extension import JobQuery

#: At most ten looks a second, and one while jobs run even if nothing changed: time passes.
_PACE_SECONDS = 0.1
_RUNNING_SECONDS = 1.0
_RESTING_SECONDS = 30.0
_TROUBLE_SECONDS = 2.0


class Display(Protocol):
    """Who shows the jobs. Called on the portal's loop."""

    def show(self, look: Look) -> None:
        """Show the jobs as they are now."""

    def show_trouble(self, text: str) -> None:
        """Say why nobody knows how they are."""


class Watch:
    """One task on the portal's loop. The endpoint answers when something changes, so that resting jobs cost nothing.

    Attributes:
        query: which jobs are looked at; changed by `ask`, on the portal's loop.

    Args:
        pages: where to look; closed with this.
        query: which jobs.
        display: who shows them.
    """

    def __init__(self, pages: JobPages, query: JobQuery, display: Display) -> None:
        self.query = query
        self._pages = pages
        self._display = display
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._looked = 0.0
        self._patience = _RUNNING_SECONDS

    @property
    def is_on(self) -> bool:
        """Whether it looks now."""
        return self._task is not None and not self._task.done()

    def ask(self, **changes: Any) -> None:
        """Look at once, at jobs that differ from those so far in `changes`; on the portal's loop."""
        self.query = msgspec.structs.replace(self.query, **changes)
        if not self._closed:
            self._cancel()
            self._task = asyncio.get_running_loop().create_task(self._look_on(self.query))

    async def close(self) -> None:
        """Look no more; on the portal's loop. Twice is harmless."""
        self._closed = True
        self._cancel()
        if self._task is not None:
            await asyncio.wait([self._task])
        self._pages.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _look_on(self, query: JobQuery) -> None:
        version = -1
        while True:
            await asyncio.sleep(self._looked + _PACE_SECONDS - time.monotonic())
            self._looked = time.monotonic()
            try:
                look = await self._pages.look(query, version, self._patience)
            except AisnbError as exc:
                self._display.show_trouble(str(exc))
                await asyncio.sleep(_TROUBLE_SECONDS)
                version = -1
                continue
            version = look.page.version
            runs = any(job is not None and job.state == RUNNING for job in (*look.page.jobs, look.page.chosen))
            self._patience = _RUNNING_SECONDS if runs else _RESTING_SECONDS
            self._display.show(look)
