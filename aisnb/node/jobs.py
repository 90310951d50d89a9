"""The jobs of a node: those that run, and those that have ended and are kept for a while."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aisnb.errors import BucketNotFound, JobNotFound, Unsupported, UsageError
from aisnb.node.active import ActiveJob, snapshot_of
from aisnb.node.changes import Changes
from aisnb.node.helping import make_helpers
from aisnb.node.ids import random_id
from aisnb.node.runner import MOST_CONNECTIONS
from aisnb.node.sources import (
    Plan,
    Spec,
    directory_of,
    plan_download,
    plan_prefetch,
    plan_removal,
    prefix_of,
    wants_all,
)
from aisnb.node.totals import check_room
from aisnb.protocol import headers as ais
from aisnb.protocol.downloads import DIRECTORY, ID_PREFIX
from aisnb.protocol.extension import ENDED, PAUSED, JobErrorRow, JobPage
from aisnb.protocol.messages import DELETE_OBJECTS, DOWNLOAD_KIND, PREFETCH_KIND
from aisnb.store import JobRecord
from aisnb.transfer import FOR_LISTINGS, Fetcher, read_index
from aisnb.units import plural
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Mapping

    from aisnb.protocol.downloads import DownloadRequest, Limits
    from aisnb.protocol.extension import JobQuery, JobSnapshot
    from aisnb.protocol.messages import Selection
    from aisnb.protocol.relay import RelayRequest
    from aisnb.store import Store
    from aisnb.transfer import Index
    from aisnb.uris import Bucket

_KEPT_NS = 7 * 24 * 3600 * 10**9
#: What a retry's description ends in.
_RETRY = re.compile(r" \(retry of [^()]*\)$")
_NEEDS_CREDENTIALS = (
    "needs credentials: they are never kept on disk, and the node that had them is gone. Resume it with the headers "
    "that its source wants."
)


class Jobs:
    """All jobs of a node. Used in the loop's thread only.

    Args:
        store: where files and rows are.
        fetcher: brings files.
        on_change: called whenever a job starts, pauses or ends; may be set later.

    Example:
        jobs = Jobs(store, fetcher)
        await jobs.start()
        job = await jobs.submit_download(DownloadRequest(type="single", link="http://host/a.tar", bucket=BucketId("b")))
        print(await jobs.snapshot(job))
        await jobs.close()
    """

    def __init__(self, store: Store, fetcher: Fetcher, on_change: Callable[[], None] | None = None) -> None:
        self.on_change = on_change or (lambda: None)
        self._changes = Changes()
        self._store = store
        self._fetcher = fetcher
        self._active: dict[str, ActiveJob] = {}
        self._headers: dict[str, Mapping[str, str]] = {}  # of ended jobs too, for a retry; never on disk
        self._tokens: dict[str, str] = {}  # for the clusters that relays go to; likewise
        self._slots = asyncio.Semaphore(MOST_CONNECTIONS)
        self._helpers = make_helpers()

    async def start(self) -> None:
        """Take up the jobs that had not ended when the last node did, and forget those that ended long ago."""
        for record in await asyncio.to_thread(self._store.jobs.list):
            if record.state not in ENDED:
                await self._take_up(record)
            elif record.ended_ns < time.time_ns() - _KEPT_NS:
                await asyncio.to_thread(self._store.jobs.remove, record.id)

    async def close(self) -> None:
        """Let all jobs rest; the next node takes them up. Twice is harmless."""
        await asyncio.gather(*(job.suspend() for job in list(self._active.values())))
        await asyncio.gather(*(helper.close() for helper in self._helpers))

    @property
    def running(self) -> int:
        """How many jobs go on by themselves."""
        return sum(job.running for job in self._active.values())

    async def submit_download(self, request: DownloadRequest) -> str:
        """Start a download, into a bucket that is made if it is not there; return the job's id.

        Raises:
            UsageError: something in the request cannot be (TemplateError, NameInvalid: what).
            Unsupported: it wants what only a cluster can.
            SourceError: it names a directory, and that shows no index.
            DiskFull: what its source says is to come is more than there is room for.
        """
        index = await _read_index(*directory_of(request)) if request.type == DIRECTORY else None
        plan = await asyncio.to_thread(plan_download, request, index)
        bucket = parse_bucket(plan.spec.bucket)
        await asyncio.to_thread(self._store.create_bucket, bucket, exist_ok=True)
        return await self._begin(plan, DOWNLOAD_KIND, f"{ID_PREFIX}{random_id()}")

    async def submit_prefetch(self, bucket: Bucket, selection: Selection) -> str:
        """Start to bring some objects of an ``ht://`` bucket; return the job's id.

        Raises:
            BucketNotFound: it is not here, or nobody knows where its files come from.
            UsageError: nothing is selected, or a template cannot be expanded.
            SourceError: all are meant, and the source shows no index.
            DiskFull: what its source says is to come is more than there is room for.
        """
        directory = self._store.bucket(bucket).extra.get(ais.ORIGINAL_URL, "")
        if not directory:
            raise BucketNotFound(
                f'bucket "{bucket}" does not exist with a web address. Get one of its files by its http:// link first.'
            )
        index = await _read_index(directory) if wants_all(selection) else None
        plan = await asyncio.to_thread(plan_prefetch, bucket, directory, selection, index)
        return await self._begin(plan, PREFETCH_KIND, random_id())

    async def submit_relay(self, request: RelayRequest) -> str:
        """Start to bring files into a cluster; return the job's id.

        Raises:
            UsageError: something in the request cannot be (TemplateError, NameInvalid: what).
            SourceError: a directory is meant, and that shows no index.
            Unsupported: it is to be durable, and nobody can tell what a cluster syncs.
        """
        what, selection = request.download, request.selection
        if what.durable:
            raise Unsupported("A relay cannot be made durable: this is not on clusters. Leave out --durable.")
        if not request.directory:
            index = await _read_index(*directory_of(what)) if what.type == DIRECTORY else None
            plan, kind = await asyncio.to_thread(plan_download, what, index), DOWNLOAD_KIND
        else:
            index = await _read_index(request.directory) if wants_all(selection) else None
            bucket = parse_bucket(request.shown)
            plan = await asyncio.to_thread(plan_prefetch, bucket, request.directory, selection, index)
            plan.spec.bucket, kind = str(what.bucket.bucket()), PREFETCH_KIND
        plan.spec.cluster, plan.spec.wants_token = request.cluster, bool(request.token)
        job = f"{ID_PREFIX if kind == DOWNLOAD_KIND else ''}{random_id()}"
        self._tokens[job] = request.token
        return await self._begin(plan._replace(sizes=()), kind, job)

    async def submit_delete(self, bucket: Bucket, selection: Selection, kind: str = DELETE_OBJECTS) -> str:
        """Start to remove several objects (those that are not here are passed over); return the job's id.

        Raises:
            BucketNotFound: the bucket is not here.
            TemplateError: a template cannot be expanded.
        """
        prefix = prefix_of(selection)
        count = 0 if prefix is None else (await asyncio.to_thread(self._store.summary, bucket, prefix)).count
        return await self._begin(plan_removal(bucket, selection, count), kind, random_id())

    async def submit(self, plan: Plan, kind: str) -> str:
        """Start a job on objects that are here; return its id."""
        return await self._begin(plan, kind, random_id())

    async def retry(self, job: str, headers: Mapping[str, str], token: str = "") -> str:
        """Start a new job of exactly the files that failed in an ended or paused one; return its id.

        Raises:
            JobNotFound: there is none of this id.
            UsageError: it still runs, nothing failed, or it needs credentials and they are not given.
        """
        snapshot = await self.snapshot(job)
        if snapshot.state not in (*ENDED, PAUSED):
            raise UsageError(f"Job {job} cannot be retried while it runs. Wait for its end, or stop it first.")
        if not snapshot.failed:
            raise UsageError(f"Job {job} has nothing to retry: no file of it failed.")
        record = await asyncio.to_thread(self._store.jobs.load, job)
        spec = Spec.decode(record.request)
        headers = headers or self._headers.get(job, {})
        if spec.credentials and not headers:
            raise UsageError(f"Job {job} {_NEEDS_CREDENTIALS.replace('Resume', 'Retry')}")
        token = token or self._tokens.get(job, "")
        if spec.wants_token and not token:
            raise UsageError(f"Job {job} {_NEEDS_CREDENTIALS.replace('Resume', 'Retry')}")
        spec.template = spec.subdir = ""
        if spec.archive is not None:
            spec.archive.append = True  # what is in it already stays
        spec.credentials = bool(headers)
        fresh = f"{ID_PREFIX if record.kind == DOWNLOAD_KIND else ''}{random_id()}"
        self._tokens[fresh] = token
        count = await asyncio.to_thread(self._store.jobs.copy_errors_as_items, job, fresh)
        said = f"{_RETRY.sub('', record.description)} (retry of {plural(count, 'file')} of {job})"
        plan = Plan(spec, count, said, (), dict(headers))
        return await self._begin(plan, record.kind, fresh)

    async def stop(self, job: str) -> JobSnapshot:
        """End a job; what has come of unfinished files is removed. One that has ended is left alone."""
        if active := self._active.get(job):
            await active.stop()
        return await self.snapshot(job)

    async def pause(self, job: str) -> JobSnapshot:
        """Pause a job; what has come of unfinished files is kept.

        Raises:
            UsageError: it has ended.
        """
        await (await self._living(job, "paused")).pause()
        return await self.snapshot(job)

    async def resume(self, job: str, headers: Mapping[str, str], token: str = "") -> JobSnapshot:
        """Go on with a paused job.

        Raises:
            UsageError: it has ended, or needs credentials and they are not given.
        """
        await (await self._living(job, "resumed")).resume(headers, token)
        if headers:
            self._headers[job] = headers
        if token:
            self._tokens[job] = token
        return await self.snapshot(job)

    async def limits(self, job: str, limits: Limits) -> JobSnapshot:
        """Change the limits of a job, while it runs, too.

        Raises:
            UsageError: it has ended, or a limit is below 0.
        """
        await (await self._living(job, "limited")).limit(limits)
        return await self.snapshot(job)

    async def remove(self, job: str) -> None:
        """Forget an ended job.

        Raises:
            UsageError: it has not ended.
        """
        if job in self._active:
            raise UsageError(f"Job {job} is still running and cannot be removed. Stop it first.")
        await asyncio.to_thread(self._store.jobs.remove, job)
        self._headers.pop(job, None)
        self._tokens.pop(job, None)
        self._changes.tell()

    async def snapshot(self, job: str) -> JobSnapshot:
        """Return a job at this moment, at the same cost however many files it has.

        Raises:
            JobNotFound: there is none of this id.
        """
        if active := self._active.get(job):
            return active.snapshot()
        record = await asyncio.to_thread(self._store.jobs.load, job)
        return self._shown(record)

    async def wait_change(self, job: str, version: int, seconds: float) -> JobSnapshot:
        """Return a job when its version is above `version` or it has ended, at the latest after `seconds`."""
        if active := self._active.get(job):
            await active.progress.changed(version, seconds)
        return await self.snapshot(job)

    async def list(self, kind: str = "") -> list[JobSnapshot]:
        """Return all jobs, or those of one kind, newest first."""
        return [self._shown(record) for record in await asyncio.to_thread(self._store.jobs.list, kind)]

    async def page(self, query: JobQuery, version: int, seconds: float) -> JobPage:
        """Return some of the jobs when anything about any job is newer than `version`, at the latest after `seconds`.

        Raises:
            UsageError: there is no such choice of jobs.
        """
        await self._changes.above(version, seconds)
        seen = self._changes.version
        total, records = await asyncio.to_thread(self._store.jobs.page, query)
        chosen = None
        if query.job:
            with suppress(JobNotFound):
                chosen = await self.snapshot(query.job)
        return JobPage(seen, total, [self._shown(record) for record in records], chosen)

    async def errors(self, job: str, offset: int = 0, limit: int = 1_000) -> builtins.list[JobErrorRow]:
        """Return the files that failed, in the order of the job's list.

        Raises:
            JobNotFound: there is none of this id.
        """
        await self.snapshot(job)
        rows = await asyncio.to_thread(self._store.jobs.errors, job, offset, limit)
        return [JobErrorRow(row.name, row.url, row.status, row.tries, row.reason) for row in rows]

    def _shown(self, record: JobRecord) -> JobSnapshot:
        active = self._active.get(record.id)
        return active.snapshot() if active else snapshot_of(record, Spec.decode(record.request))

    async def _living(self, job: str, what: str) -> ActiveJob:
        if active := self._active.get(job):
            return active
        state = (await self.snapshot(job)).state
        raise UsageError(f"Job {job} cannot be {what}: it is {state}. Start it anew, or retry what failed of it.")

    async def _begin(self, plan: Plan, kind: str, job: str) -> str:
        """Write a job down, its items first: a row means that all of it is there."""
        record = JobRecord(
            id=job,
            kind=kind,
            description=plan.description,
            request=plan.spec.encode(),
            created_ns=time.time_ns(),
            total=plan.total,
            total_bytes=plan.total_bytes,
        )
        await asyncio.to_thread(self._check_room, plan)
        if plan.items:
            listed = await asyncio.to_thread(self._store.jobs.add_items, job, plan.items)
            record.total = listed if plan.total < 0 else plan.total
        await asyncio.to_thread(self._store.jobs.insert, record)
        if plan.headers:
            self._headers[job] = plan.headers
        self._add(record).launch()
        return job

    def _check_room(self, plan: Plan) -> None:
        if plan.total_bytes is not None and plan.total_bytes > self._store.free_bytes():
            check_room(self._store, parse_bucket(plan.spec.bucket), plan.spec.source, plan.sizes)

    async def _take_up(self, record: JobRecord) -> None:
        active = self._add(record)
        if record.state == PAUSED:
            return
        if active.spec.credentials or active.spec.wants_token:
            await active.pause(_NEEDS_CREDENTIALS)
        else:
            active.launch()

    def _add(self, record: JobRecord) -> ActiveJob:
        active = ActiveJob(
            record,
            self._store,
            self._fetcher,
            self._slots,
            self._helpers,
            self._headers.get(record.id, {}),
            self._changed,
        )
        active.token = self._tokens.get(record.id, "")
        active.progress.on_tell = self._changes.tell
        self._active[record.id] = active
        return active

    def _changed(self, job: ActiveJob) -> None:
        if job.progress.state in ENDED:
            self._active.pop(job.record.id, None)
        self.on_change()


async def _read_index(directory: str, headers: Mapping[str, str] | None = None) -> Index:
    """Return what a directory lists; who asks for a job waits for it, so a source that is gone is soon given up."""
    async with Fetcher(policy=FOR_LISTINGS) as fetcher:
        return await read_index(fetcher, directory, headers)
