"""Calls about jobs, as aisnb's node understands them; `cluster_jobs` has those for clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import msgspec

from aisnb.client.cluster_jobs import ClusterJobs
from aisnb.client.credentials import token_for
from aisnb.client.snapshots import known
from aisnb.client.wire import Call
from aisnb.protocol.downloads import Started
from aisnb.protocol.extension import JobErrorRow, JobPage, JobSnapshot, ResumeRequest
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import pandas as pd

    from aisnb.client.connection import Connection, Reply
    from aisnb.protocol.downloads import Limits
    from aisnb.protocol.extension import JobQuery

    Headers = Mapping[str, list[str]]
    Caller = Callable[[Call], Awaitable[Reply]]

_LONGEST_WAIT = 30.0
_ERRORS_A_PAGE = 1_000


class Jobs(Protocol):
    """What can be asked about jobs of an endpoint."""

    async def snapshot(self, job: str, seconds: float = 0.0, version: int = -1) -> JobSnapshot:
        """Return the job now; with `seconds`, once it is newer than `version`, or when they are over."""

    async def all(self) -> list[JobSnapshot]:
        """Return all jobs, newest first."""

    async def page(self, query: JobQuery, seconds: float = 0.0, version: int = -1) -> JobPage:
        """Return some of the jobs; with `seconds`, once any is newer than `version`, or when they are over."""

    async def errors(self, job: str, limit: int | None = None, offset: int = 0) -> list[JobErrorRow]:
        """Return the files that failed, or `limit` of them, from number `offset`."""

    async def limit(self, job: str, limits: Limits) -> JobSnapshot:
        """Have these limits hold for the job, in the place of what held before."""

    async def control(self, job: str, what: str, headers: Headers) -> JobSnapshot:
        """Stop, pause or resume the job."""

    async def retry(self, job: str, headers: Headers) -> str:
        """Start a job of what failed in this one, and return its id."""

    async def forget(self, job: str) -> None:
        """Take an ended job off the list."""


async def jobs_of(connection: Connection, *, restart: bool = True) -> Jobs:
    """Return the calls that the endpoint understands; without `restart` they leave a local node that is gone alone."""
    call = connection.call if restart else connection.peek
    return NodeJobs(call) if await connection.has_extension() else ClusterJobs(call, connection.asked_for)


class NodeJobs:
    """Jobs of a node that speaks ``/v1/x/``."""

    def __init__(self, call: Caller) -> None:
        self._ask = call

    async def snapshot(self, job: str, seconds: float = 0.0, version: int = -1) -> JobSnapshot:
        """See `Jobs`."""
        return (await self._call("GET", job, query=_waiting(seconds, version))).decode(JobSnapshot)

    async def all(self) -> list[JobSnapshot]:
        """See `Jobs`."""
        reply = await self._ask(Call("GET", "/v1/x/jobs", shown="Listing the jobs"))
        return reply.decode_list(JobSnapshot)

    async def page(self, query: JobQuery, seconds: float = 0.0, version: int = -1) -> JobPage:
        """See `Jobs`."""
        words = {name: str(value) for name, value in msgspec.structs.asdict(query).items()}
        reply = await self._ask(
            Call("GET", "/v1/x/job-page", words | _waiting(seconds, version), shown="Listing the jobs")
        )
        return reply.decode(JobPage)

    async def errors(self, job: str, limit: int | None = None, offset: int = 0) -> list[JobErrorRow]:
        """See `Jobs`."""
        rows: list[JobErrorRow] = []
        while limit is None or len(rows) < limit:
            asked = _ERRORS_A_PAGE if limit is None else min(limit - len(rows), _ERRORS_A_PAGE)
            query = {"offset": str(offset + len(rows)), "limit": str(asked)}
            page = (await self._call("GET", job, "/errors", query=query)).decode_list(JobErrorRow)
            rows += page
            if len(page) < asked:
                break
        return rows

    async def limit(self, job: str, limits: Limits) -> JobSnapshot:
        """See `Jobs`."""
        return (await self._call("PATCH", job, given=limits)).decode(JobSnapshot)

    async def control(self, job: str, what: str, headers: Headers) -> JobSnapshot:
        """See `Jobs`."""
        return (await self._call("POST", job, f"/{what}", await self._given(job, what, headers))).decode(JobSnapshot)

    async def retry(self, job: str, headers: Headers) -> str:
        """See `Jobs`."""
        return (await self._call("POST", job, "/retry", await self._given(job, "retry", headers))).decode(Started).id

    async def forget(self, job: str) -> None:
        """See `Jobs`."""
        await self._call("DELETE", job)

    async def _given(self, job: str, what: str, headers: Headers) -> ResumeRequest | None:
        """Return what a job needs to go on: the source's headers, and the token of the cluster that it relays into."""
        endpoint = (await self.snapshot(job)).endpoint if what in ("resume", "retry") else ""
        token = token_for(endpoint, read_settings()) if endpoint else ""
        return ResumeRequest(dict(headers), token) if headers or token else None

    async def _call(
        self,
        method: str,
        job: str,
        rest: str = "",
        given: ResumeRequest | Limits | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        body = msgspec.json.encode(given) if given is not None else None
        path = f"/v1/x/jobs/{quote(job, safe='')}{rest}"
        return await self._ask(Call(method, path, query or {}, body, shown=f"Job {job}"))


def _waiting(seconds: float, version: int) -> dict[str, str]:
    return {"wait": f"{min(seconds, _LONGEST_WAIT):.3f}", "version": str(version)} if seconds > 0 else {}


def job_table(snapshots: list[JobSnapshot], where: Sequence[str] = ()) -> pd.DataFrame:
    """Return jobs as a table, in the order given; with a column ``where`` if that is told of each."""
    from aisnb.client import tables

    places = {"where": tables.texts(list(where))} if where else {}
    return tables.table(
        places
        | {
            "id": tables.texts([job.id for job in snapshots]),
            "kind": tables.texts([job.kind for job in snapshots]),
            "state": tables.texts([job.state for job in snapshots]),
            "total": tables.counts([known(job.total) for job in snapshots]),
            "done": tables.counts([known(job.done) for job in snapshots]),
            "skipped": tables.counts([known(job.skipped) for job in snapshots]),
            "failed": tables.counts([known(job.failed) for job in snapshots]),
            "bytes": tables.counts([known(job.bytes) for job in snapshots]),
            "total_bytes": tables.counts([job.total_bytes for job in snapshots]),
            "rate": tables.rates([job.rate for job in snapshots]),
            "description": tables.texts([job.description for job in snapshots]),
            "started": tables.moments_ns([job.started_ns for job in snapshots]),
        }
    )
