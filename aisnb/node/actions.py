"""AIStore's actions on several objects, and its questions about jobs of any kind."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aisnb.errors import JobNotFound, Unsupported, UsageError
from aisnb.node.multi import plan_archive, plan_bucket_copy, plan_objects_copy, plan_promote
from aisnb.node.properties import Right, check_right
from aisnb.node.requests import convert, parse_bucket_uname, refuse_web
from aisnb.node.sources import Plan, Spec
from aisnb.node.times import rfc3339
from aisnb.protocol import jobs as wire
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.cluster import TARGET_ID
from aisnb.protocol.extension import ABORTED, ENDED, FAILED, FINISHED
from aisnb.protocol.messages import (
    ARCHIVE,
    BLOB_DOWNLOAD,
    COPY_BUCKET,
    COPY_OBJECTS,
    DELETE_OBJECTS,
    EVICT_OBJECTS,
    GET_BATCH,
    MOVE_BUCKET,
    PREFETCH_KIND,
    PREFETCH_OBJECTS,
    PROMOTE,
    START,
    STOP,
    JobSelector,
    Selection,
)
from aisnb.uris import check_object_name, parse_bucket

if TYPE_CHECKING:
    from aisnb.node.state import Node
    from aisnb.protocol.extension import JobSnapshot
    from aisnb.protocol.messages import Action
    from aisnb.uris import Bucket

#: What AIStore calls the kinds of jobs that have two names.
_KIND_ON_WIRE = {PREFETCH_KIND: PREFETCH_OBJECTS}
_KIND_HERE = {"prefetch": PREFETCH_KIND, PREFETCH_OBJECTS: PREFETCH_KIND}

#: Kinds of jobs with which a cluster looks after itself.
_CHORES = ("cleanup", "lru", "rebalance", "resilver")

#: Kinds that wait for more when they are done, and how long (``xact/xs/tcobjs.go``).
_LINGERING = (ARCHIVE, COPY_OBJECTS, GET_BATCH)
_LINGER_NS = 20 * 10**9


async def act_on_bucket(node: Node, bucket: Bucket, action: Action, method: str, to: str = "") -> web.Response:
    """Start a job on several objects of a bucket, and answer with its id.

    Args:
        node: this node.
        bucket: whose objects.
        action: ``prefetch-listrange``, ``copy-bck``, ``move-bck``, ``copy-listrange`` (POST), ``archive`` (PUT),
            ``delete-listrange`` or ``evict-listrange`` (DELETE).
        method: of the request.
        to: AIStore's unique name of the bucket to copy into.

    Raises:
        UsageError: the action is not known, or not possible on such a bucket.
        BucketNotFound: the bucket is not here.
    """
    if action.action in (DELETE_OBJECTS, EVICT_OBJECTS):
        check_right(node.store, bucket, Right.DELETE_OBJECT)
    if action.action == MOVE_BUCKET:
        check_right(node.store, bucket, Right.MOVE_BUCKET)
    start = {
        ("POST", PREFETCH_OBJECTS): _prefetch,
        ("POST", COPY_OBJECTS): _copy_objects,
        ("PUT", ARCHIVE): _archive,
        ("DELETE", DELETE_OBJECTS): _delete,
        ("DELETE", EVICT_OBJECTS): _evict,
    }.get((method, action.action))
    if start is not None:
        return web.Response(text=await start(node, bucket, action.value))
    start_to = {("POST", COPY_BUCKET): _copy_bucket, ("POST", MOVE_BUCKET): _move_bucket}.get((method, action.action))
    if start_to is not None:
        return web.Response(text=await start_to(node, bucket, parse_bucket_uname(to), action.value))
    raise UsageError(f"'{action.action}' is not an action that {method} can do with objects of '{bucket}'.")


async def act_on_object(node: Node, bucket: Bucket, action: Action) -> web.Response:
    """Start a job that concerns one object or path, which the action names, and answer with its id.

    Args:
        node: this node.
        bucket: where the object is, or is to be.
        action: ``promote`` (its name is a path of this machine) or ``blob-download``.

    Raises:
        UsageError: the action is not known, or not possible on such a bucket.
        BucketNotFound: the bucket is not here.
        DirectoryNotFound: there is no such path.
    """
    if action.action == PROMOTE:
        refuse_web(bucket, action.name)
        check_right(node.store, bucket, Right.PROMOTE)
        plan = await asyncio.to_thread(plan_promote, node.store, bucket, action.value, action.name, "")
        return web.Response(text=await node.jobs.submit(plan, PROMOTE))
    if action.action == BLOB_DOWNLOAD:
        return web.Response(text=await _prefetch(node, bucket, {"objnames": [check_object_name(action.name)]}))
    raise UsageError(f"'{action.action}' is not an action that the embedded node can do with objects of '{bucket}'.")


async def _copy_bucket(node: Node, bucket: Bucket, target: Bucket, value: Any) -> str:
    plan = await asyncio.to_thread(plan_bucket_copy, node.store, bucket, target, value)
    return await _begin_into(node, plan, target, COPY_BUCKET)


async def _copy_objects(node: Node, bucket: Bucket, value: Any) -> str:
    plan, target = await asyncio.to_thread(plan_objects_copy, node.store, bucket, value)
    return await _begin_into(node, plan, target, COPY_OBJECTS)


async def _archive(node: Node, bucket: Bucket, value: Any) -> str:
    plan, target = await asyncio.to_thread(plan_archive, node.store, bucket, value)
    refuse_web(target, "")
    return await _begin_into(node, plan, target, ARCHIVE)


async def _begin_into(node: Node, plan: Plan, target: Bucket, kind: str) -> str:
    """Start a job whose objects go into a bucket, which is made if it is not there."""
    check_right(node.store, target, Right.PUT)
    check_right(node.store, parse_bucket(plan.spec.source), Right.GET)
    if not (plan.spec.copy and plan.spec.copy.dry_run):
        await asyncio.to_thread(node.store.create_bucket, target, exist_ok=True)
    return await node.jobs.submit(plan, kind)


async def _move_bucket(node: Node, bucket: Bucket, target: Bucket, _value: Any) -> str:
    """Rename the bucket now; the job is there for who waits for one."""
    if (bucket.provider, target.provider) != ("ais", "ais"):
        raise UsageError(f"'{bucket}' cannot be renamed to '{target}': only 'ais://' buckets can. Copy its objects.")
    await asyncio.to_thread(node.store.rename_bucket, bucket, target)
    return await node.jobs.submit(Plan(Spec(str(target), source=str(bucket)), 0, f"{bucket} -> {target}"), MOVE_BUCKET)


async def _prefetch(node: Node, bucket: Bucket, value: Any) -> str:
    node.store.bucket(bucket)
    if bucket.provider == "ais":
        raise UsageError(
            f"'{bucket}' has nothing to prefetch: its objects are all here. Prefetch from an ht:// bucket, or download "
            "into this one."
        )
    return await node.jobs.submit_prefetch(bucket, convert(value, Selection))


async def _delete(node: Node, bucket: Bucket, value: Any) -> str:
    node.store.bucket(bucket)
    if bucket.provider == "ht":
        raise UsageError(f"'{bucket}' is a web server's: its files cannot be deleted. Evict them from here instead.")
    return await node.jobs.submit_delete(bucket, convert(value, Selection))


async def _evict(node: Node, bucket: Bucket, value: Any) -> str:
    node.store.bucket(bucket)
    if bucket.provider == "ais":
        raise UsageError(
            f"'{bucket}' cannot be evicted: its objects are nowhere else. Delete them if they shall be gone."
        )
    return await node.jobs.submit_delete(bucket, convert(value, Selection), EVICT_OBJECTS)


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
        return _json([f"{_wire_kind(job)}[{job.id}]" for job in found if _is_active(job)])
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
        return web.Response(text=await _start(node, selector.kind))
    if action.action != STOP:
        raise UsageError(f"'{action.action}' is not something that the embedded node does. It knows 'stop'.")
    if not selector.id and not selector.kind:
        raise UsageError("A stop names no job. Give its id or its kind.")
    found = [await _one(node, selector)] if selector.id else await _several(node, selector)
    for job in found:
        passing = node.passing.find(job.id)
        if passing is not None:
            passing.stop()
        else:
            await node.jobs.stop(job.id)
    return web.Response()


async def _start(node: Node, kind: str) -> str:
    """Start a job of a kind that a cluster needs; here it has nothing to do, and has ended at once."""
    if kind not in _CHORES:
        raise Unsupported(
            f"The embedded node has no job '{kind}' to start: it is one process. It knows {', '.join(_CHORES)}, which "
            "end at once; start downloads and prefetches."
        )
    return await node.jobs.submit(Plan(Spec(""), 0, f"{kind}: nothing to do on a single node"), kind)


async def _one(node: Node, selector: JobSelector) -> JobSnapshot:
    if not selector.id:
        found = await _several(node, selector)
        if not found:
            raise JobNotFound(f"No job of the kind '{selector.kind}' is known here. 'show job --all' lists all.")
        return found[0]
    passing = node.passing.find(selector.id)
    job = passing.snapshot if passing else await node.jobs.snapshot(selector.id)
    if selector.kind and _kind_here(selector.kind) != job.kind:
        raise UsageError(f"Job {job.id} is of the kind '{_wire_kind(job)}', not '{selector.kind}'. Leave the kind out.")
    return job


async def _several(node: Node, selector: JobSelector) -> list[JobSnapshot]:
    """Return one job by its id, or those of a kind, the passing ones last, each newest first."""
    if selector.id:
        return [await _one(node, selector)]
    kind = _kind_here(selector.kind)
    found = [*await node.jobs.list(kind), *node.passing.of_kind(kind)]
    return [job for job in found if _is_active(job)] if selector.active_only else found


def _is_active(job: JobSnapshot) -> bool:
    """Return whether AIStore would list a job as running: some kinds stay idle for a while, for more to do."""
    if job.state not in ENDED:
        return True
    return job.kind in _LINGERING and job.state == FINISHED and time.time_ns() - job.ended_ns < _LINGER_NS


def _kind_here(kind: str) -> str:
    return _KIND_HERE.get(kind, kind)


def _wire_kind(job: JobSnapshot) -> str:
    return _KIND_ON_WIRE.get(job.kind, job.kind)


def _status(job: JobSnapshot) -> wire.JobStatus:
    return wire.JobStatus(_wire_kind(job), job.id, _error(job), job.ended_ns, _is_aborted(job))


def _stats(job: JobSnapshot) -> wire.JobStats:
    bucket = _bucket_id(job.bucket)
    return wire.JobStats(
        job.id,
        _wire_kind(job),
        start_time=rfc3339(job.started_ns or job.created_ns),
        end_time=rfc3339(job.ended_ns),
        bck=bucket,
        source_bucket=bucket if job.target else BucketId(provider=""),
        target_bucket=_bucket_id(job.target),
        stats=wire.Statistics(loc_objs=str(job.done), loc_bytes=str(job.bytes)),
        aborted=_is_aborted(job),
        is_idle=job.state in ENDED,
        abort_error=job.reason if job.state == FAILED else "",
        err=_error(job),
        control=job.description,
    )


def _bucket_id(uri: str) -> BucketId:
    return BucketId.of(parse_bucket(uri)) if uri else BucketId(provider="")


def _is_aborted(job: JobSnapshot) -> bool:
    return job.state in (ABORTED, FAILED)


def _error(job: JobSnapshot) -> str:
    if job.state == FAILED:
        return job.reason
    return f"{job.failed} of {job.total} failed" if job.failed and job.state in ENDED else ""


def _json(value: object) -> web.Response:
    return web.json_response(body=msgspec.json.encode(value))
