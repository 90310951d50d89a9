"""A job: a handle that looks again when it is asked, and outlives its cell."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aisnb.client import portal
from aisnb.client.failures import failure_text
from aisnb.client.going_on import refusal, rest_text
from aisnb.client.jobs import jobs_of
from aisnb.client.notes import note
from aisnb.client.snapshots import has_ended, known, next_step, paused_text, status_line
from aisnb.client.twins import twins
from aisnb.errors import AisnbError, EndpointRefused, JobAborted, JobFailed, JobPaused, JobTimeout, UsageError
from aisnb.protocol.downloads import Limits
from aisnb.protocol.extension import ABORTED, FAILED, PAUSED

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.protocol.extension import JobSnapshot

_FRESH_SECONDS = 0.5
_POLL_SECONDS = 10.0
_REPR_SECONDS = 1.0
#: So many failed files are looked at, to tell of equal reasons once.
_ERRORS_ASKED = 100


class Job:
    """A download or prefetch that runs, or has run, at an endpoint.

    Attributes are one look at the job, at most half a second old. A counter that the endpoint does not tell is None.
    The job belongs to the node or cluster: it goes on when the cell is interrupted and when the kernel restarts.

    Example:
        job = client.download("http://localhost:8000/shard-{001..999}.tar", "ais://abc")
        job.done, job.total
        job.wait().errors
    """

    def __init__(self, connection: Connection, snapshot: JobSnapshot) -> None:
        self._connection = connection
        self._snapshot = snapshot
        self._taken = time.monotonic()

    @property
    def id(self) -> str:
        """The job's name: ``dnl-…`` for downloads."""
        return self._snapshot.id

    @property
    def kind(self) -> str:
        """What it does: ``download``, ``prefetch-objects`` and the like."""
        return self._snapshot.kind

    @property
    def description(self) -> str:
        """Source and destination, or what was said at the start."""
        return self._snapshot.description

    @property
    def state(self) -> str:
        """One of ``pending running paused finished aborted failed``.

        ``finished`` means that all files were tried, ``failed`` that the job itself could not run.
        """
        return self.look().state

    @property
    def total(self) -> int | None:
        """Files in all."""
        return known(self.look().total)

    @property
    def done(self) -> int | None:
        """Files that are there now, the skipped among them."""
        return known(self.look().done)

    @property
    def skipped(self) -> int | None:
        """Files that were there already, unchanged."""
        return known(self.look().skipped)

    @property
    def failed(self) -> int | None:
        """Files that could not be fetched."""
        return known(self.look().failed)

    @property
    def bytes(self) -> int | None:
        """Bytes of the files that are done and in flight."""
        return known(self.look().bytes)

    @property
    def total_bytes(self) -> int | None:
        """Bytes in all."""
        return self.look().total_bytes

    @property
    def rate(self) -> float | None:
        """Bytes per second, over the last seconds."""
        rate = self.look().rate
        return None if rate < 0 else rate

    @property
    def reason(self) -> str:
        """Why it is paused or failed, or what is odd about what it brought; "" otherwise."""
        return self.look().reason

    @property
    def limits(self) -> Limits | None:
        """Its limits, ``connections`` and ``bytes_per_hour`` (0: none); None where it has none to change."""
        return self.look().limits

    @property
    def errors(self) -> pd.DataFrame:
        """The files that failed, a row each.

        Columns: ``name``, ``url``, ``status`` (the source's last HTTP status, 0 if none came), ``tries``, ``reason``.
        """
        return portal.run(self._errors())

    @property
    def last(self) -> JobSnapshot:
        """The last look at the job, whenever that was. Asks nobody."""
        return self._snapshot

    def look(self) -> JobSnapshot:
        """Return the job as it was at most half a second ago; one that has ended is not asked about again."""
        old = time.monotonic() - self._taken > _FRESH_SECONDS
        if old and not has_ended(self._snapshot) and not portal.is_inside():
            portal.run(self.changed())
        return self._snapshot

    async def changed(self, seconds: float = 0.0, *, restart: bool = True) -> JobSnapshot:
        """Look at the job, once it has changed or when `seconds` are over; on the portal's loop."""
        if not has_ended(self._snapshot):
            jobs = await jobs_of(self._connection, restart=restart)
            self._snapshot = await jobs.snapshot(self.id, seconds, self._snapshot.version)
            self._taken = time.monotonic()
        return self._snapshot

    async def _wait(self, timeout: float | None = None) -> Job:  # noqa: ASYNC109  # the contract of wait
        """Wait for the end, and return this job. A local node that is gone is started again, and takes the job up.

        Args:
            timeout: seconds to wait at most; None waits to the end. The job goes on when they are over.

        Raises:
            JobFailed: files failed, or the job could not run; `.job` is this job.
            JobAborted: it was stopped.
            JobPaused: it is paused, and would not end before somebody resumes it (a TimeoutError, too).
            JobTimeout: it has not ended in time (a TimeoutError).

        Example:
            job.wait(timeout=600).bytes
        """
        end = None if timeout is None else time.monotonic() + timeout
        await self.until_ended(end)
        await self.check_outcome()
        return self

    wait, wait_async = twins(_wait)

    def __await__(self) -> Generator[Any, None, Job]:
        return self.wait_async().__await__()

    async def until_ended(self, end: float | None) -> None:
        """Wait for the end, up to the monotonic time `end`; on the portal's loop.

        Raises:
            JobPaused: it is paused.
            JobTimeout: it has not ended by then.
        """
        try:
            await self.changed()
            while not has_ended(self._snapshot):
                self.check_patience(end)
                left = _POLL_SECONDS if end is None else min(end - time.monotonic(), _POLL_SECONDS)
                await self.changed(left)
        except asyncio.CancelledError:
            self.say_it_goes_on()
            raise

    def check_patience(self, end: float | None) -> None:
        """Raise what ends a wait before the job ends.

        Raises:
            JobPaused: it is paused, by somebody or for want of credentials: nothing would happen any more.
            JobTimeout: it is later than the monotonic time `end`.
        """
        if self._snapshot.state == PAUSED:
            raise JobPaused(paused_text(self._snapshot), self)
        if end is not None and time.monotonic() >= end:
            raise JobTimeout(f"Job {status_line(self._snapshot)}. It did not end in time, and goes on.", self)

    def say_it_goes_on(self) -> None:
        """Tell who interrupted a wait that this did not stop the job."""
        if not has_ended(self._snapshot):
            note(f"Job {self.id} goes on. Stop it with: %ais stop {self.id} (in Python: job.stop())")

    async def check_outcome(self) -> None:
        """Raise what there is to raise about a job that has ended; on the portal's loop.

        Raises:
            JobFailed: files failed, or the job could not run.
            JobAborted: it was stopped.
        """
        snapshot = self._snapshot
        if snapshot.state == ABORTED:
            raise JobAborted(f"Job {status_line(snapshot)}. It was stopped. {rest_text(snapshot)}", self)
        if snapshot.state == FAILED or snapshot.failed > 0:
            jobs = await jobs_of(self._connection)
            errors = await jobs.errors(self.id, _ERRORS_ASKED) if snapshot.failed > 0 else []
            raise JobFailed(failure_text(snapshot, errors), self)

    async def _stop(self) -> Job:
        """Stop the job; what is there stays. Returns this job; harmless when it has ended."""
        return await self._control("stop")

    stop, stop_async = twins(_stop)

    async def _pause(self) -> Job:
        """Pause the job; files in flight are kept for later. Returns this job.

        Raises:
            UsageError: it has ended.
            Unsupported: clusters cannot.
        """
        return await self._control("pause")

    pause, pause_async = twins(_pause)

    async def _resume(self, headers: Mapping[str, str] | None = None) -> Job:
        """Go on with a paused job. Returns this job.

        Args:
            headers: for the source, again: credentials are never kept on disk, so a job that was taken up by a new
                node needs them.

        Raises:
            UsageError: it has ended.
            Unsupported: clusters cannot.
        """
        return await self._control("resume", headers)

    resume, resume_async = twins(_resume)

    async def _retry(self, headers: Mapping[str, str] | None = None) -> Job:
        """Start a new job of exactly the files that failed in this one, and return it.

        Args:
            headers: for the source, again: credentials are never kept on disk.

        Raises:
            UsageError: no file of it has failed; nor did what a stopped job has not tried.
            Unsupported: a cluster's job is no download, or nobody knows its links any more.
        """
        if (await self.changed()).state == ABORTED and not self._snapshot.failed:
            raise UsageError(refusal(self._snapshot, "retried, as no file of it has failed"))
        if has_ended(self._snapshot) and not self._snapshot.failed:
            raise UsageError(f"Job {self.id} has nothing to retry: no file of it failed.")
        jobs = await jobs_of(self._connection)
        return await open_job(self._connection, await jobs.retry(self.id, header_lists(headers)))

    retry, retry_async = twins(_retry)

    async def _limit(self, *, connections: int | None = None, bytes_per_hour: int | None = None) -> Job:
        """Change how much the job may fetch at once and how fast, also while it runs. Returns this job.

        Files on their way keep their connections until they are here. A retry has the same limits.

        Args:
            connections: files at once; 0 lets the endpoint decide, None leaves this as it is.
            bytes_per_hour: at most; 0 for no limit, None leaves this as it is.

        Raises:
            UsageError: it has ended.
            EndpointRefused: it asks no source, or a limit is below 0.
            Unsupported: clusters cannot.

        Example:
            job.limit(bytes_per_hour=10 * 2**30)
        """
        jobs = await jobs_of(self._connection)
        now = (await jobs.snapshot(self.id)).limits or Limits()
        wanted = Limits(
            now.connections if connections is None else connections,
            now.bytes_per_hour if bytes_per_hour is None else bytes_per_hour,
        )
        try:
            self._snapshot = await jobs.limit(self.id, wanted)
        except EndpointRefused as exc:
            if not has_ended(await self.changed()):
                raise
            raise UsageError(refusal(self._snapshot, "limited")) from exc
        self._taken = time.monotonic()
        return self

    limit, limit_async = twins(_limit)

    def progress(self) -> None:
        """Show a live display of the job below the cell, and return at once."""
        from aisnb.client.progress import painter_for, show

        portal.launch(show(self, painter_for(self, alone=True)))

    async def _control(self, what: str, headers: Mapping[str, str] | None = None) -> Job:
        jobs = await jobs_of(self._connection)
        if what == "stop" and has_ended(await self.changed()):
            return self
        try:
            self._snapshot = await jobs.control(self.id, what, header_lists(headers))
        except EndpointRefused as exc:
            if not has_ended(await self.changed()):
                raise
            raise UsageError(refusal(self._snapshot, f"{what}d")) from exc
        self._taken = time.monotonic()
        return self

    async def _errors(self) -> pd.DataFrame:
        jobs = await jobs_of(self._connection)
        rows = await jobs.errors(self.id)
        from aisnb.client import tables

        return tables.table(
            {
                "name": tables.texts([row.name for row in rows]),
                "url": tables.texts([row.url for row in rows]),
                "status": tables.counts([known(row.status) for row in rows]),
                "tries": tables.counts([known(row.tries) for row in rows]),
                "reason": tables.texts([row.reason for row in rows]),
            },
            job=self.id,
        )

    def __repr__(self) -> str:
        if not portal.is_inside():
            with suppress(AisnbError, TimeoutError):  # then the last look has to do
                portal.run(asyncio.wait_for(self.changed(restart=False), _REPR_SECONDS))
        return f"Job {status_line(self._snapshot)}. {next_step(self._snapshot)}"


async def open_job(connection: Connection, job: str) -> Job:
    """Return a handle of the job with this id.

    Raises:
        JobNotFound: there is none.
    """
    return Job(connection, await (await jobs_of(connection)).snapshot(job))


def header_lists(headers: Mapping[str, str] | None) -> dict[str, list[str]]:
    """Return headers as the wire wants them: a list of values each."""
    return {name: [value] for name, value in (headers or {}).items()}
