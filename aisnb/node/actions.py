"""AIStore's actions on several objects, and its questions about jobs of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from aisnb.errors import JobNotFound, Unsupported, UsageError
from aisnb.node.requests import convert
from aisnb.node.times import rfc3339
from aisnb.protocol import jobs as wire
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.cluster import TARGET_ID
from aisnb.protocol.extension import ABORTED, ENDED, FAILED
from aisnb.protocol.messages import (
    DELETE_OBJECTS,
    EVICT_OBJECTS,
    PREFETCH_KIND,
    PREFETCH_OBJECTS,
    START,
    STOP,
    JobSelector,
    Selection,
)
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    from aisnb.node.state import Node
    from aisnb.protocol.extension import JobSnapshot
    from aisnb.protocol.messages import Action
    from aisnb.uris import Bucket

#: What AIStore calls the kinds of jobs that have two names.
_KIND_ON_WIRE = {PREFETCH_KIND: PREFETCH_OBJECTS}
_KIND_HERE = {"prefetch": PREFETCH_KIND, PREFETCH_OBJECTS: PREFETCH_KIND}


async def act_on_bucket(node: Node, bucket: Bucket, action: Action, method: str) -> web.Response:
    """Start a job on several objects of a bucket, and answer with its id.

    Args:
        node: this node.
        bucket: whose objects.
        action: ``prefetch-listrange`` (POST), ``delete-listrange`` or ``evict-listrange`` (DELETE).
        method: of the request.

    Raises:
        UsageError: the action is not known, or not possible on such a bucket.
        BucketNotFound: the bucket is not here.
    """
    start = {
        ("POST", PREFETCH_OBJECTS): _prefetch,
        ("DELETE", DELETE_OBJECTS): _delete,
        ("DELETE", EVICT_OBJECTS): _evict,
    }.get((method, action.action))
    if start is None:
        raise UsageError(f"'{action.action}' is not an action that {method} can do with objects of '{bucket}'.")
    return web.Response(text=await start(node, bucket, convert(action.value, Selection)))


async def _prefetch(node: Node, bucket: Bucket, selection: Selection) -> str:
    node.store.bucket(bucket)
    if bucket.provider == "ais":
        raise UsageError(
            f"'{bucket}' has nothing to prefetch: its objects are all here. Prefetch from an ht:// bucket, or download "
            "into this one."
        )
    return await node.jobs.submit_prefetch(bucket, selection)


async def _delete(node: Node, bucket: Bucket, selection: Selection) -> str:
    node.store.bucket(bucket)
    if bucket.provider == "ht":
        raise UsageError(f"'{bucket}' is a web server's: its files cannot be deleted. Evict them from here instead.")
    return await node.jobs.submit_delete(bucket, selection)


async def _evict(node: Node, bucket: Bucket, selection: Selection) -> str:
    node.store.bucket(bucket)
    if bucket.provider == "ais":
        raise UsageError(
            f"'{bucket}' cannot be evicted: its objects are nowhere else. Delete them if they shall be gone."
        )
    return await node.jobs.submit_delete(bucket, selection, EVICT_OBJECTS)


async def job_query(node: Node, what: str, selector: JobSelector) -> web.Response:
    """Answer ``GET /v1/cluster?what=`` ``status``, ``status_all``, ``qryxstats`` or ``running_all``.

    Raises:
        JobNotFound: no job is as selected.
        UsageError: the job is of another kind than was said, or nothing was said at all.
    """
    if what == "status":
        return _json(_status(await _one(node, selector)))
    found = await _several(node, selector)
    if what == "status_all":
        return _json([_status(job) for job in found])
    if what == "running_all":
        return _json([f"{_wire_kind(job)}[{job.id}]" for job in found if job.state not in ENDED])
    if not found:
        raise JobNotFound(f"No job of the kind '{selector.kind or 'any'}' is known here. 'show job --all' lists all.")
    return _json({TARGET_ID: [_stats(job) for job in found]})


async def job_control(node: Node, action: Action) -> web.Response:
    """Do what ``PUT /v1/cluster`` asks for: stop jobs, by id or by kind.

    Raises:
        JobNotFound: there is none of this id.
        UsageError: the action is not known, or names no job.
        Unsupported: a job is to be started that only a cluster has.
    """
    selector = JobSelector.of(action.value)
    if action.action == START:
        raise Unsupported(
            f"The embedded node has no job '{selector.kind}' to start: it is one process, with nothing to rebalance or "
            "clean. Start downloads and prefetches."
        )
    if action.action != STOP:
        raise UsageError(f"'{action.action}' is not something that the embedded node does. It knows 'stop'.")
    if not selector.id and not selector.kind:
        raise UsageError("A stop names no job. Give its id or its kind.")
    found = [await _one(node, selector)] if selector.id else await _several(node, selector)
    for job in found:
        await node.jobs.stop(job.id)
    return web.Response()


async def _one(node: Node, selector: JobSelector) -> JobSnapshot:
    if not selector.id:
        found = await _several(node, selector)
        if not found:
            raise JobNotFound(f"No job of the kind '{selector.kind}' is known here. 'show job --all' lists all.")
        return found[0]
    job = await node.jobs.snapshot(selector.id)
    if selector.kind and _kind_here(selector.kind) != job.kind:
        raise UsageError(f"Job {job.id} is of the kind '{_wire_kind(job)}', not '{selector.kind}'. Leave the kind out.")
    return job


async def _several(node: Node, selector: JobSelector) -> list[JobSnapshot]:
    """Return one job by its id, or those of a kind, newest first."""
    if selector.id:
        return [await _one(node, selector)]
    found = await node.jobs.list(_kind_here(selector.kind))
    return [job for job in found if job.state not in ENDED] if selector.active_only else found


def _kind_here(kind: str) -> str:
    return _KIND_HERE.get(kind, kind)


def _wire_kind(job: JobSnapshot) -> str:
    return _KIND_ON_WIRE.get(job.kind, job.kind)


def _status(job: JobSnapshot) -> wire.JobStatus:
    return wire.JobStatus(_wire_kind(job), job.id, _error(job), job.ended_ns, _is_aborted(job))


def _stats(job: JobSnapshot) -> wire.JobStats:
    bucket = BucketId.of(parse_bucket(job.bucket))
    return wire.JobStats(
        job.id,
        _wire_kind(job),
        start_time=rfc3339(job.started_ns or job.created_ns),
        end_time=rfc3339(job.ended_ns),
        bck=bucket,
        stats=wire.Statistics(loc_objs=str(job.done), loc_bytes=str(job.bytes)),
        aborted=_is_aborted(job),
        is_idle=job.state in ENDED,
        abort_error=job.reason if job.state == FAILED else "",
        err=_error(job),
        control=job.description,
    )


def _is_aborted(job: JobSnapshot) -> bool:
    return job.state in (ABORTED, FAILED)


def _error(job: JobSnapshot) -> str:
    if job.state == FAILED:
        return job.reason
    return f"{job.failed} of {job.total} failed" if job.failed and job.state in ENDED else ""


def _json(value: object) -> web.Response:
    return web.json_response(body=msgspec.json.encode(value))
