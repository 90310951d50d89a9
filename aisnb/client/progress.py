"""Showing a job's progress: who paints, how often, and that it ends well."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from aisnb.client import portal
from aisnb.client.painters import LinePainter, SilentPainter, TerminalPainter
from aisnb.client.snapshots import has_ended, status_line
from aisnb.errors import AisnbError, JobTimeout
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


def painter_for(job: Job) -> Painter:
    """Return a display for the job, as ``AISNB_PROGRESS`` says: a widget, bars on a terminal, or lines in a log."""
    style = read_settings().progress
    if style == "off":
        return SilentPainter()
    painter = _factory(job) if _factory is not None and style in ("auto", "widget") else None
    if painter is not None:
        return painter
    return TerminalPainter(sys.stderr) if sys.stderr is not None and sys.stderr.isatty() else LinePainter()


def watch(job: Job, timeout: float | None = None) -> Job:
    """Show the job's progress until it ends, and return it.

    Args:
        job: any job.
        timeout: seconds to watch at most; the job goes on when they are over.

    Raises:
        JobFailed: files failed, or the job could not run.
        JobAborted: it was stopped.
        JobTimeout: it has not ended in time.
    """
    end = None if timeout is None else time.monotonic() + timeout
    portal.run(follow(job, painter_for(job), end))
    return job.wait()


async def follow(job: Job, painter: Painter, end: float | None = None) -> None:
    """Feed `painter` until the job ends, and close it whatever happens; on the portal's loop.

    Raises:
        JobTimeout: the job has not ended by the monotonic time `end`.
    """
    try:
        await job.changed()
        while not has_ended(job.last):
            began = time.monotonic()
            if end is not None and began >= end:
                raise JobTimeout(f"{status_line(job.last)}. It did not end in time, and goes on.", job)
            painter.update(job.last)
            await job.changed(_IDLE_SECONDS)
            await asyncio.sleep(max(0.0, began + _PAINT_SECONDS - time.monotonic()))
    except asyncio.CancelledError:
        job.say_it_goes_on()
        raise
    finally:
        painter.close(job.last)


async def show(job: Job, painter: Painter) -> None:
    """Do as `follow` for a display that nobody waits for: what goes wrong shows in the job itself."""
    with suppress(AisnbError):
        await follow(job, painter)
