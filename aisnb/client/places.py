"""Jobs in two places: a cluster's own, and relays into it, which the local node runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aisnb import background
from aisnb.client.connection import open_local_connection
from aisnb.client.jobs import job_table, jobs_of
from aisnb.errors import EndpointError, JobNotFound
from aisnb.node.root import DataRoot
from aisnb.settings import read_settings

if TYPE_CHECKING:
    import pandas as pd

    from aisnb.client.connection import Connection

LOCAL, CLUSTER = "local node", "cluster"


async def jobs_everywhere(connection: Connection) -> pd.DataFrame:
    """Return the jobs of the endpoint, and with a cluster's those of a local node that runs; starts none."""
    found = await (await jobs_of(connection)).all()
    if connection.is_local or not await asyncio.to_thread(_runs):
        return job_table(found)
    local = await (await jobs_of(open_local_connection())).all()
    both = [(job, CLUSTER) for job in found] + [(job, LOCAL) for job in local]
    both.sort(key=lambda pair: -(pair[0].started_ns or pair[0].created_ns))
    return job_table([job for job, _ in both], [where for _, where in both])


async def home_of(connection: Connection, job: str) -> Connection:
    """Return the way to the endpoint that a job is at: for a cluster, also the local node if it was ever used.

    Raises:
        JobNotFound: neither has it.
    """
    if connection.is_local:
        return connection
    local = open_local_connection()
    if await asyncio.to_thread(_runs) and await _has(local, job):
        return local
    try:
        await (await jobs_of(connection)).snapshot(job)
    except (JobNotFound, EndpointError):
        if not await asyncio.to_thread(_was_used) or not await _has(local, job):
            raise
        return local
    return connection


async def _has(local: Connection, job: str) -> bool:
    try:
        await (await jobs_of(local)).snapshot(job)
    except JobNotFound:
        return False
    return True


def _runs() -> bool:
    return background.status(read_settings()).running


def _was_used() -> bool:
    return bool(DataRoot(read_settings().home).read_token())
