"""One job that has not ended: started, paused, resumed, stopped; its row always says what it is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError, UsageError
from aisnb.node.copies import Copies
from aisnb.node.local_work import Nothing
from aisnb.node.packing import Packing
from aisnb.node.progress import Progress
from aisnb.node.relay import Relay, passes
from aisnb.node.removal import Removal
from aisnb.node.runner import Run
from aisnb.node.sources import Spec, files_of
from aisnb.node.totals import find_total_bytes
from aisnb.protocol.extension import ABORTED, ENDED, FAILED, FINISHED, PAUSED, PENDING, RUNNING, JobSnapshot
from aisnb.protocol.messages import DELETE_OBJECTS, DOWNLOAD_KIND, EVICT_OBJECTS, PREFETCH_KIND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aisnb.node.helping import Helper
    from aisnb.node.local_work import LocalWork
    from aisnb.protocol.downloads import Limits
    from aisnb.store import JobRecord, Store
    from aisnb.transfer import Fetcher

#: Jobs that ask a source, so that limits mean something to them.
ASKING_KINDS = (DOWNLOAD_KIND, PREFETCH_KIND)

_log = logging.getLogger(__name__)


def snapshot_of(record: JobRecord, spec: Spec, progress: Progress | None = None) -> JobSnapshot:
    """Return a job at this moment: as its row says, or (while it has not ended) as is counted in memory."""
    shot = JobSnapshot(
        id=record.id,
        kind=record.kind,
        state=record.state,
        description=record.description,
        source=spec.source,
        bucket=spec.bucket,
        endpoint=spec.cluster.endpoint if spec.cluster else "",
        target=_target_of(spec),
        destination=spec.destination,
        version=record.ended_ns // 1_000,
        total=record.total,
        done=record.done,
        skipped=record.skipped,
        failed=record.failed,
        bytes=record.bytes,
        total_bytes=record.total_bytes,
        created_ns=record.created_ns,
        started_ns=record.started_ns,
        ended_ns=record.ended_ns,
        reason=record.reason,
        limits=spec.limits if record.kind in ASKING_KINDS else None,
    )
    if progress is not None:
        shot.state, shot.reason, shot.version = progress.state, progress.reason, progress.version
        shot.done, shot.skipped, shot.failed = progress.done, progress.skipped, progress.failed
        shot.bytes, shot.total_bytes = progress.bytes_here(), progress.bytes_in_all()
        shot.rate, shot.in_flight = progress.rate(), progress.in_flight()
    return shot


def _target_of(spec: Spec) -> str:
    if spec.copy is not None and not spec.copy.from_files:
        return spec.copy.target
    return spec.archive.target if spec.archive is not None else ""


async def _written(change: Callable[..., None], *arguments: object) -> None:
    """Have the store write something down. A cancellation waits for that, so that later writes come later."""
    writing = asyncio.ensure_future(asyncio.to_thread(change, *arguments))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise


def local_work(record: JobRecord, spec: Spec, progress: Progress, store: Store) -> LocalWork:
    """Return what a job does that asks no source."""
    if spec.copy is not None:
        return Copies(record, spec, spec.copy, progress, store)
    if spec.archive is not None:
        return Packing(record, spec, spec.archive, progress, store)
    if record.kind in (DELETE_OBJECTS, EVICT_OBJECTS):
        return Removal(record, spec, progress, store)
    return Nothing()


class ActiveJob:
    """A job that is pending, running or paused.

    Args:
        record: its row.
        store: where its files and its row are.
        fetcher: brings its files.
        slots: shared by all jobs; as many files at once in all.
        helpers: processes for small files.
        headers: what to send to the source; never kept on disk.
        on_change: called whenever it starts, pauses or ends.
    """

    def __init__(
        self,
        record: JobRecord,
        store: Store,
        fetcher: Fetcher,
        slots: asyncio.Semaphore,
        helpers: Sequence[Helper],
        headers: Mapping[str, str],
        on_change: Callable[[ActiveJob], None],
    ) -> None:
        self.record = record
        self.spec = Spec.decode(record.request)
        self.progress = Progress(record.state, record.reason)
        self.progress.count_from(record)
        self.headers = headers
        self.token = ""
        self._store = store
        self._fetcher = fetcher
        self._slots = slots
        self._helpers = helpers
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._ending = False
        self._work: LocalWork | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether it goes on by itself."""
        return self.progress.state in (PENDING, RUNNING)

    def snapshot(self) -> JobSnapshot:
        """Return the job at this moment."""
        return snapshot_of(self.record, self.spec, self.progress)

    def launch(self) -> None:
        """Start it, or go on with what is pending."""
        self.progress.enter(PENDING)
        self._task = asyncio.create_task(self._drive(), name=f"job {self.record.id}")
        self._on_change(self)

    async def pause(self, reason: str = "") -> None:
        """Pause; the bytes of files on their way are kept.

        Raises:
            UsageError: it has ended.
        """
        async with self._lock:
            if self.progress.state == PAUSED:
                return
            await self._halt()
            if self.progress.state in ENDED:
                raise UsageError(f"Job {self.record.id} cannot be paused: it is {self.progress.state}.")
            await self._enter(PAUSED, reason)

    async def resume(self, headers: Mapping[str, str], token: str = "") -> None:
        """Go on after a pause; a job that runs is left alone. `token` is for the cluster that its files go to.

        Raises:
            UsageError: it has ended, or needs credentials and they are not given.
        """
        async with self._lock:
            if self.progress.state in ENDED:
                raise UsageError(f"Job {self.record.id} cannot be resumed: it is {self.progress.state}. Retry it.")
            if self.running:
                return
            if headers and not self.spec.credentials:
                self.spec.credentials = True
                await asyncio.to_thread(self._store.jobs.update_request, self.record.id, self.spec.encode())
            self.headers = headers or self.headers
            self.token = token or self.token
            if self.spec.wants_token and not self.token:
                raise UsageError(
                    f"Job {self.record.id} needs the token of {self.spec.cluster}, which is never kept on disk. Set "
                    "AIS_ENDPOINT and AIS_AUTHN_TOKEN, and resume it again."
                )
            if self.spec.credentials and not self.headers:
                raise UsageError(
                    f"Job {self.record.id} needs credentials, which are never kept on disk. Resume it with the headers "
                    "that its source wants, like Authorization."
                )
            self.launch()

    async def stop(self) -> None:
        """End it for good; what has come of unfinished files is removed. One that has ended is left alone."""
        async with self._lock:
            if self._work is not None:
                self._work.forsake()
            await self._halt()
            if self.progress.state not in ENDED:
                await self._end(ABORTED)

    async def limit(self, limits: Limits) -> None:
        """Change its limits, now and for good.

        Raises:
            UsageError: a limit is below 0, or the job asks no source.
        """
        if self.record.kind not in ASKING_KINDS:
            raise UsageError(f"Job {self.record.id} has no limits: its kind, {self.record.kind}, asks no source.")
        if limits.connections < 0 or limits.bytes_per_hour < 0:
            raise UsageError(
                f"Limits of {limits.connections} connections and {limits.bytes_per_hour} bytes per hour make no sense "
                f"for job {self.record.id}. Use numbers above 0, or 0 for no limit."
            )
        self.spec.limits = limits
        if self._work is not None:
            self._work.limit(limits)
        self.progress.touch()
        await asyncio.to_thread(self._store.jobs.update_request, self.record.id, self.spec.encode())

    async def suspend(self) -> None:
        """Let it rest because the node ends; its row stays as it is, so that the next node takes it up."""
        async with self._lock:
            await self._halt()

    async def _halt(self) -> None:
        """End the task; a job that is about to end by itself does so."""
        if self._task is not None:
            if not self._ending:
                self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _drive(self) -> None:
        try:
            await self._run()
        except AisnbError as exc:
            if self.spec.cluster is not None and passes(exc):
                await self._rest(str(exc))
            else:
                await self._end(FAILED, str(exc))
        except Exception as exc:  # noqa: BLE001  # the last border: logged whole, and told in the job's row
            _log.exception("job %s failed", self.record.id)
            await self._end(FAILED, f"The node failed at this job: {exc!r}. Its log, node.log, has the whole.")
        else:
            await self._end(FINISHED, self.progress.oddity())

    async def _run(self) -> None:
        jobs = self._store.jobs
        await _written(jobs.set_state, self.record.id, RUNNING)
        self.record = await asyncio.to_thread(jobs.load, self.record.id)
        self.progress.count_from(self.record)
        self.progress.enter(RUNNING)
        self._work = work = self._make_work()
        sizing = asyncio.create_task(self._find_total_bytes(work)) if isinstance(work, Run) else None
        try:
            await work.run()
        finally:
            self._work = None
            if sizing is not None:
                sizing.cancel()
                await asyncio.wait([sizing])

    def _make_work(self) -> LocalWork:
        record, spec = self.record, self.spec
        if record.kind not in ASKING_KINDS:
            return local_work(record, spec, self.progress, self._store)
        work = (Run if spec.cluster is None else Relay)(
            record,
            spec,
            files_of(spec, self._store.jobs, record.id),
            self.progress,
            store=self._store,
            fetcher=self._fetcher,
            headers=self.headers,
            slots=self._slots,
            helpers=self._helpers,
            source_kind="web" if record.kind == DOWNLOAD_KIND else "ht",
        )
        return work.to(spec.cluster, self.token) if isinstance(work, Relay) and spec.cluster else work

    async def _find_total_bytes(self, work: Run) -> None:
        """Ask the source's own index how much is to come; break off what cannot fit."""
        if self.progress.total_bytes is not None:
            return
        try:
            found = await find_total_bytes(self.record, self.spec, self._store, self._fetcher, self.headers)
        except AisnbError as exc:
            work.break_off(exc)
            return
        if found is not None:
            self.progress.total_bytes = found
            self.progress.touch()
            await _written(self._store.jobs.set_totals, self.record.id, self.record.total, found)

    async def _rest(self, reason: str) -> None:
        """Pause by itself, because the cluster that the files go to gives no choice."""
        self._ending = True
        self._store.discard_kept(f"{self.record.id}/")
        await self._enter(PAUSED, reason)
        self._ending = False

    async def _enter(self, state: str, reason: str = "") -> None:
        await asyncio.to_thread(self._store.jobs.set_state, self.record.id, state, reason)
        self.progress.enter(state, reason)
        self._on_change(self)

    async def _end(self, state: str, reason: str = "") -> None:
        """Write the end down. Where even that finds no room, the next node takes the job up."""
        self._ending = True
        jobs, job = self._store.jobs, self.record.id
        self._store.discard_kept(f"{job}/")
        try:
            if state == FINISHED:
                total = await asyncio.to_thread(lambda: jobs.load(job).total)
                await asyncio.to_thread(jobs.set_totals, job, total, self.progress.bytes_in_all())
            await self._enter(state, reason)
        except AisnbError as exc:
            _log.error("the end of job %s (%s) was not kept: %s", job, state, exc)
            self.progress.enter(FAILED, reason or str(exc))
