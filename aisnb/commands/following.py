"""What commands do with a job besides starting it: hand it over, watch it, wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisnb.client import Job
    from aisnb.commands.context import Context


def follow(
    context: Context, job: Job, *, wait: bool = False, progress: bool = False, timeout: float | None = None
) -> Job:
    """Return the job: at once, or when it has ended if the user wants to wait for it or watch it.

    Raises:
        JobFailed: files failed, or the job could not run.
        JobAborted: it was stopped.
        JobTimeout: it has not ended in time.
    """
    if not (progress or wait or timeout is not None):
        return job
    from aisnb.client.snapshots import oddity_text

    try:
        return context.watch(job, timeout) if progress else job.wait(timeout)
    finally:
        if oddity := oddity_text(job.last):
            context.warn(oddity)


def read_headers(lines: Sequence[str]) -> dict[str, str]:
    """Return headers by name from ``Name: value`` texts.

    Raises:
        UsageError: a text has no colon.
    """
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            shown = name.split()[0] if name.split() else ""
            raise UsageError(f"The header that begins with '{shown}' has no colon. Write it like 'Accept: text/plain'.")
        headers[name.strip()] = value.strip()
    return headers
