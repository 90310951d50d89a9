"""Showing a job's progress: who paints, how often, and that it ends well."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from aisnb.client import portal
from aisnb.client.painters import LinePainter, SilentPainter, TerminalPainter
from aisnb.client.snapshots import has_ended
from aisnb.errors import AisnbError
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.client.job import Job
    from aisnb.protocol.extension import JobSnapshot

#: At most ten paints a second, and one even if nothing changed: time passes.
_PAINT_SECONDS = 0.1
_IDLE_SECONDS = 1.0


class Painter(Protocol):
    """A display of one job. Called on the portal's thread, never twice at once."""

    def update(self, snapshot: JobSnapshot) -> None:
        """Show how the job is now."""

    def close(self, snapshot: JobSnapshot) -> None:
        """Show how it was at last, and leave that behind."""


_factory: Callable[[Job], Painter | None] | None = None


def use_painter(factory: Callable[[Job], Painter | None] | None) -> None:
    """Let `factory` make the displays from now on, as a notebook does for its widgets.

    Args:
        factory: called with the job in the thread that asks; None from it, or for it, means text.
    """
    global _factory
    _factory = factory


def painter_for(job: Job, *, alone: bool = False) -> Painter:
    """Return a display for the job, as ``AISNB_PROGRESS`` says: a widget, bars on a terminal, or lines in a log.

    Args:
        job: any job.
        alone: nobody waits for its end, so a terminal is its user's again: bars would draw over what is typed.
    """
    style = read_settings().progress
    if style == "off":
        return SilentPainter()
    painter = _factory(job) if _factory is not None and style in ("auto", "widget") else None
    if painter is not None:
        return painter
    if alone or sys.stderr is None or not sys.stderr.isatty():
        return LinePainter()
    return TerminalPainter(sys.stderr)


def watch(job: Job, timeout: float | None = None) -> Job:
    """Show the job's progress until it ends, and return it.

    Args:
        job: any job.
        timeout: seconds to watch at most; the job goes on when they are over.

    Raises:
        JobFailed: files failed, or the job could not run.
        JobAborted: it was stopped.
        JobPaused: it is paused.
        JobTimeout: it has not ended in time.
    """
    end = None if timeout is None else time.monotonic() + timeout
    portal.run(_wait_for(job, painter_for(job), lambda: job.check_patience(end)))
    return job.wait()


async def follow(job: Job, painter: Painter, check: Callable[[], None] = lambda: None) -> None:
    """Feed `painter` until the job ends, and close it whatever happens; on the portal's loop.

    Args:
        job: any job.
        painter: its display.
        check: called before each paint; raises what is to end this before the job's end.
    """
    try:
        await job.changed()
        while not has_ended(job.last):
            began = time.monotonic()
            check()
            painter.update(job.last)
            await job.changed(_IDLE_SECONDS)
            await asyncio.sleep(max(0.0, began + _PAINT_SECONDS - time.monotonic()))
    finally:
        painter.close(job.last)


async def show(job: Job, painter: Painter) -> None:
    """Do as `follow` for a display that nobody waits for: what goes wrong shows in the job itself."""
    with suppress(AisnbError):
        await follow(job, painter)


async def _wait_for(job: Job, painter: Painter, check: Callable[[], None]) -> None:
    """Do as `follow` for somebody who waits, and is told what an interrupt leaves."""
    try:
        await follow(job, painter, check)
    except asyncio.CancelledError:
        job.say_it_goes_on()  # once the display is closed: amid bars a note would garble them
        raise
