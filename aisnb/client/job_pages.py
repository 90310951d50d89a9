"""The jobs of an endpoint, a page at a time, for a display that stays: it asks for no more than it shows."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from aisnb.client.connection import open_connection, open_local_connection
from aisnb.client.jobs import jobs_of
from aisnb.client.local import node_status
from aisnb.errors import EndpointUnreachable, NotAllowed
from aisnb.protocol.extension import JobPage

if TYPE_CHECKING:
    from aisnb.client.jobs import Jobs
    from aisnb.protocol.downloads import Limits
    from aisnb.protocol.extension import JobErrorRow, JobQuery, JobSnapshot

#: A cluster's list comes in one piece, however long it is; so it is not asked for more often.
_LIST_SECONDS = 2.0
_NOT_RUNNING = (
    "The local node is not running, so its jobs rest. It takes them up as soon as something starts it: %ais node start"
)


class Look(NamedTuple):
    """One look at the jobs.

    Attributes:
        page: the jobs.
        of_cluster: the ids of those that a cluster runs itself; they can be stopped, and nothing else.
    """

    page: JobPage
    of_cluster: frozenset[str] = frozenset()


class JobPages:
    """Looks at the jobs of the endpoint that the environment names now; at a cluster's together with a local node's.

    Its coroutines run on the portal's loop.
    """

    def __init__(self) -> None:
        self._connection = open_connection()
        self._local = self._connection if self._connection.is_local else open_local_connection()
        self._listed: tuple[float, JobQuery, JobPage] | None = None
        self._of_cluster: frozenset[str] = frozenset()
        self._missed = 0
        self._met_local = False

    def close(self) -> None:
        """Close what is open; twice is harmless."""
        self._connection.close()
        self._local.close()

    async def look(self, query: JobQuery, version: int = -1, seconds: float = 0.0, *, start: bool = False) -> Look:
        """Return some of the jobs, once any is newer than `version`, or after `seconds`.

        Args:
            query: which jobs.
            version: of the last look; below 0 it is answered at once.
            seconds: to wait at most.
            start: start a local node that does not run; else that is an error.

        Raises:
            AisnbError: the endpoint does not answer.
        """
        if self._connection.is_local:
            return Look(await self._near(query, version, seconds, start=start))
        if await _runs():
            page = await self._joined(query, version, seconds)
        else:
            page = await self._far(query, seconds if version >= 0 else 0.0)
        return Look(page, self._of_cluster)

    async def control(self, job: str, what: str) -> None:
        """Stop, pause or resume a job.

        Raises:
            AisnbError: it cannot, or is not here any more.
        """
        await (await self._calls(job)).control(job, what, {})

    async def retry(self, job: str) -> str:
        """Start a job of what failed in this one, and return its id.

        Raises:
            AisnbError: it cannot, or is not here any more.
        """
        return await (await self._calls(job)).retry(job, {})

    async def limit(self, job: str, limits: Limits) -> JobSnapshot:
        """Have these limits hold for a job.

        Raises:
            AisnbError: it cannot, or is not here any more.
        """
        return await (await self._calls(job)).limit(job, limits)

    async def errors(self, job: str, offset: int, limit: int) -> list[JobErrorRow]:
        """Return `limit` of the files that failed, from number `offset`.

        Raises:
            AisnbError: the job is not here any more.
        """
        return await (await self._calls(job)).errors(job, limit, offset)

    async def _calls(self, job: str) -> Jobs:
        return await jobs_of(self._connection if job in self._of_cluster else self._local)

    async def _near(self, query: JobQuery, version: int, seconds: float, *, start: bool = False) -> JobPage:
        """Ask the local node. One that was stopped stays so; one that somebody started again is found."""
        # A node that does not answer may be about to end, and must not be started again by who only looks.
        lost = self._missed > 1 and await _runs()
        try:
            calls = await jobs_of(self._local, restart=start or lost)
            page = await calls.page(query, seconds if version >= 0 else 0.0, version)
        except (EndpointUnreachable, NotAllowed):
            self._missed += 1
            if await _runs():
                raise
            raise EndpointUnreachable(_NOT_RUNNING) from None
        self._missed, self._met_local = 0, True
        return page

    async def _joined(self, query: JobQuery, version: int, seconds: float) -> JobPage:
        """Join the jobs of a cluster and of the local node, which relays into it."""
        first = msgspec.structs.replace(query, offset=0, limit=query.offset + query.limit)
        near = await self._near(first, version, min(seconds, _LIST_SECONDS), start=not self._met_local)
        far = await self._far(first)
        jobs = sorted([*near.jobs, *far.jobs], key=lambda job: -(job.started_ns or job.created_ns))
        shown = jobs[query.offset : query.offset + query.limit]
        return JobPage(near.version, near.total + far.total, shown, near.chosen or far.chosen)

    async def _far(self, query: JobQuery, seconds: float = 0.0) -> JobPage:
        """Return the cluster's own jobs, as they were a moment ago at most; after so many `seconds`, as they are."""
        await asyncio.sleep(min(seconds, _LIST_SECONDS))
        if self._listed is None or self._listed[1] != query or time.monotonic() - self._listed[0] >= _LIST_SECONDS:
            page = await (await jobs_of(self._connection)).page(query)
            self._listed = (time.monotonic(), query, page)
            ours = await self._connection.has_extension()
            shown = () if ours else (*page.jobs, page.chosen)
            self._of_cluster = frozenset(job.id for job in shown if job is not None)
        return self._listed[2]


async def _runs() -> bool:
    return await asyncio.to_thread(lambda: node_status().running)
