"""Calls about jobs to an AIStore cluster, which tells less than aisnb's node: what it does not tell is -1."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from aisnb.client.failed_files import named_places, only_those, read_description, remember, untried
from aisnb.client.wire import Call
from aisnb.errors import EndpointRefused, JobNotFound, Unsupported, UsageError
from aisnb.protocol.downloads import ID_PREFIX, ZERO_TIME, DownloadSelector, DownloadStatus, Started
from aisnb.protocol.extension import ABORTED, ENDED, FAILED, FINISHED, RUNNING, JobErrorRow, JobPage, JobSnapshot
from aisnb.protocol.headers import WHAT
from aisnb.protocol.jobs import JobStats, JobStatus
from aisnb.protocol.messages import DOWNLOAD_KIND, PREFETCH_KIND, PREFETCH_OBJECTS, STOP, Action

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aisnb.client.connection import Reply
    from aisnb.protocol.downloads import DownloadRequest, Limits
    from aisnb.protocol.extension import JobQuery

    Headers = Mapping[str, list[str]]
    Caller = Callable[[Call], Awaitable[Reply]]

_TICK = 0.5
#: Jobs that stay on the list a while, doing nothing, before they end (AIStore: ``xact/api.go``, "idles").
_IDLING = frozenset(("copy-listrange", "archive", "put-copies", "etl-listrange", "list"))
#: Those of them that only the targets tell of while they run.
_UNTRACKED = _IDLING - {"list"}
_IDLE_NS = 2 * 10**9


class ClusterJobs:
    """Jobs of an AIStore cluster: downloads by ``/v1/download``, others by their statistics.

    Args:
        call: asks the cluster.
        asked_for: downloads that this process started, by their ids; new ones are added.
    """

    def __init__(self, call: Caller, asked_for: dict[str, DownloadRequest]) -> None:
        self._ask = call
        self._asked_for = asked_for

    async def snapshot(self, job: str, seconds: float = 0.0, version: int = -1) -> JobSnapshot:
        """See `Jobs`; a cluster has no way to wait, so this comes back early."""
        if seconds > 0 and version >= 0:
            await asyncio.sleep(min(seconds, _TICK))
        if not job.startswith(ID_PREFIX):
            return await self._snapshot(job)
        found = _of_download(await self._download(job, only_active=True))
        if asked := self._asked_for.get(job):
            found.source, found.destination = named_places(asked)
        return found

    async def all(self) -> list[JobSnapshot]:
        """See `Jobs`; AIStore lists downloads among the other jobs, too, by another kind."""
        body = msgspec.json.encode(DownloadSelector())
        downloads = await self._ask(Call("GET", "/v1/download", body=body, shown="Listing the downloads"))
        found = [_of_download(status) for status in downloads.decode_list(DownloadStatus)]
        body = msgspec.json.encode({"kind": "", "node": "", "show_active": False})
        others = await self._ask(Call("GET", "/v1/cluster", {WHAT: "status_all"}, body, shown="Listing the jobs"))
        statuses = [status for status in others.decode_list(JobStatus) if not status.uuid.startswith(ID_PREFIX)]
        rows: dict[str, list[JobStats]] = {}
        for row in await self._statistics(""):
            rows.setdefault(row.id, []).append(row)
        told = {status.uuid for status in statuses}
        untold = [each for job, each in rows.items() if job not in told and each[0].kind in _UNTRACKED]
        statuses += [_status_in(each) for each in untold]
        found += [_of_statistics(status.uuid, status, rows.get(status.uuid, [])) for status in statuses]
        return sorted(found, key=lambda snapshot: -snapshot.started_ns)

    async def page(self, query: JobQuery, seconds: float = 0.0, version: int = -1) -> JobPage:
        """See `Jobs`; a cluster lists them all, and has no way to wait, so this comes back early."""
        if seconds > 0 and version >= 0:
            await asyncio.sleep(min(seconds, _TICK))
        found = await self.all()
        meant = [job for job in found if _is_meant(job, query)]
        shown = meant[query.offset : query.offset + query.limit]
        return JobPage(0, len(meant), shown, next((job for job in found if job.id == query.job), None))

    async def limit(self, job: str, limits: Limits) -> JobSnapshot:
        """See `Jobs`; a cluster cannot."""
        raise Unsupported(
            f"The limits of job {job} cannot be changed: this is not on this cluster. Stop it, and start it again with "
            "--max-conns or --limit-bph (in Python: connections=, bytes_per_hour=)."
        )

    async def errors(self, job: str, limit: int | None = None, offset: int = 0) -> list[JobErrorRow]:
        """See `Jobs`; a cluster tells neither status nor tries of a file."""
        if not job.startswith(ID_PREFIX):
            return []
        found = (await self._download(job, only_active=False)).download_errors
        rows = [] if found is msgspec.UNSET else found
        return [JobErrorRow(row.name, "", -1, -1, row.error) for row in rows[offset:][:limit]]

    async def control(self, job: str, what: str, headers: Headers) -> JobSnapshot:
        """See `Jobs`; a cluster can only stop one."""
        if what != "stop":
            raise Unsupported(f"Job {job} cannot {what}: this is not on this cluster. It can be stopped.")
        if job.startswith(ID_PREFIX):
            call = Call("DELETE", "/v1/download/abort", body=msgspec.json.encode(DownloadSelector(job)))
        else:
            call = Call("PUT", "/v1/cluster", body=msgspec.json.encode(Action(STOP, "", {"id": job})))
        call.shown = f"Stopping job {job}"
        await self._ask(call)
        return await self.snapshot(job)

    async def retry(self, job: str, headers: Headers) -> str:
        """See `Jobs`; a cluster tells names of what failed, and the links are found again in what was asked for."""
        if not job.startswith(ID_PREFIX):
            raise Unsupported(f"Job {job} cannot be retried: on this cluster only downloads can. Start it again.")
        status = await self._download(job, only_active=False)
        found = status.download_errors
        names = [] if found is msgspec.UNSET else [row.name for row in found]
        if not names:
            raise UsageError(f"Job {job} has nothing to retry: no file of it failed.")
        remembered = self._asked_for.get(job)
        asked = remembered or read_description(status.description)
        if remembered and status.finished_cnt + len(names) < status.total:
            done = status.finished_tasks
            names += untried(remembered, [*names, *(task.name for task in ([] if done is msgspec.UNSET else done))])
        again = only_those(asked, names) if asked else None
        if again is None:
            raise Unsupported(
                f"Job {job} cannot be retried from here: this cluster does not tell the links of what failed. Start "
                "the download again, with the links of the files in job.errors."
            )
        again.headers = dict(headers) or again.headers
        body = msgspec.json.encode(again)
        started = await self._ask(Call("POST", "/v1/download", body=body, shown=f"The retry of job {job}"))
        fresh = started.decode(Started).id
        remember(self._asked_for, fresh, again)
        return fresh

    async def forget(self, job: str) -> None:
        """See `Jobs`; a cluster forgets other jobs than downloads by itself."""
        if not job.startswith(ID_PREFIX):
            raise Unsupported(f"Job {job} cannot be removed: this cluster can only do so with downloads. Leave it.")
        body = msgspec.json.encode(DownloadSelector(job))
        await self._ask(Call("DELETE", "/v1/download/remove", body=body, shown=f"Removing job {job}"))

    async def _download(self, job: str, *, only_active: bool) -> DownloadStatus:
        body = msgspec.json.encode(DownloadSelector(job, only_active_tasks=only_active))
        reply = await self._ask(Call("GET", "/v1/download", body=body, shown=f"Job {job}"))
        return reply.decode(DownloadStatus)

    async def _snapshot(self, job: str) -> JobSnapshot:
        rows = await self._statistics(job)
        told = bool(rows) and rows[0].kind in _UNTRACKED
        return _of_statistics(job, _status_in(rows) if told else await self._status(job), rows)

    async def _status(self, job: str) -> JobStatus:
        body = msgspec.json.encode({"id": job, "kind": ""})
        call = Call("GET", "/v1/cluster", {WHAT: "status"}, body, shown=f"Job {job}")
        return (await self._ask(call)).decode(JobStatus)

    async def _statistics(self, job: str) -> list[JobStats]:
        body = msgspec.json.encode({"id": job, "kind": ""})
        call = Call("GET", "/v1/cluster", {WHAT: "qryxstats"}, body, shown=f"Job {job}" if job else "Listing the jobs")
        try:
            by_target = (await self._ask(call)).decode(dict[str, Any])
        except (JobNotFound, EndpointRefused):  # none is a 404, in words that differ with the version
            return []
        return [msgspec.convert(stats, JobStats) for rows in by_target.values() for stats in rows or ()]


def _is_meant(job: JobSnapshot, query: JobQuery) -> bool:
    """Return whether a job is one of the query's, as a node would say."""
    chosen = {
        "all": True,
        "active": job.state not in ENDED,
        "faults": job.failed > 0 or job.state == FAILED,
    }
    told = f"{job.id} {job.kind} {job.description}"
    return chosen.get(query.choice, job.state == query.choice) and query.match.lower() in told.lower()


def _of_download(status: DownloadStatus) -> JobSnapshot:
    state = ABORTED if status.aborted else FINISHED if _nanoseconds(status.finished_time) else RUNNING
    # AIStore gives a download up at the first file that it cannot look at: what it has not tried has not come, either.
    failed = max(status.error_cnt, status.total - status.finished_cnt) if state == FINISHED else status.error_cnt
    return JobSnapshot(
        status.id,
        DOWNLOAD_KIND,
        state,
        description=status.description,
        total=status.total,
        done=status.finished_cnt,
        skipped=status.skipped_cnt,
        failed=failed,
        bytes=-1,
        rate=-1.0,
        started_ns=_nanoseconds(status.started_time),
        ended_ns=_nanoseconds(status.finished_time),
    )


def _status_in(rows: list[JobStats]) -> JobStatus:
    """Return what the targets' rows of a job come to, where no proxy keeps watch over it."""
    ends = [_nanoseconds(row.end_time) for row in rows]
    wrong = next((row.abort_error or row.err for row in rows if row.abort_error or row.err), "")
    aborted = any(row.aborted for row in rows)
    return JobStatus(rows[0].kind, rows[0].id, wrong, max(ends) if all(ends) else 0, aborted)


def _of_statistics(job: str, status: JobStatus, rows: list[JobStats]) -> JobSnapshot:
    started = min((_nanoseconds(row.start_time) for row in rows), default=0)
    state = FINISHED if status.kind in _IDLING and _is_idle(rows, started) else RUNNING
    if status.end_time > 0 or status.aborted:
        state = ABORTED if status.aborted else FAILED if status.err else FINISHED
    return JobSnapshot(
        job,
        PREFETCH_KIND if status.kind == PREFETCH_OBJECTS else status.kind,
        state,
        description=next((row.control for row in rows if row.control), ""),
        bucket=next((str(row.bck.bucket()) for row in rows if row.bck.name), ""),
        total=-1,
        done=sum(int(row.stats.loc_objs) for row in rows) if rows else -1,
        skipped=-1,
        failed=-1,
        bytes=sum(int(row.stats.loc_bytes) for row in rows) if rows else -1,
        rate=-1.0,
        started_ns=started,
        ended_ns=max(status.end_time, 0),
        reason=status.err,
    )


def _is_idle(rows: list[JobStats], started: int) -> bool:
    """Return whether all targets have nothing to do; at the very start that would say nothing."""
    return bool(rows) and all(row.is_idle for row in rows) and time.time_ns() - started > _IDLE_NS


def _nanoseconds(text: str) -> int:
    """Return a time since 1970; "not yet" is the year 1 in some answers of AIStore, and 1970 in others."""
    if text == ZERO_TIME or not text:
        return 0
    return max(0, int(datetime.fromisoformat(text).timestamp() * 1e9))
