"""``/v1/x/``: what the node has beyond AIStore's API; `aisnb.protocol.extension` lists the routes."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from aiohttp import web

from aisnb.errors import UsageError
from aisnb.node.requests import decode_body, decode_query
from aisnb.node.state import NODE
from aisnb.protocol.downloads import Limits, Started
from aisnb.protocol.extension import FsckAnswer, JobQuery, NodeStatus, ResumeRequest, ServeRequest
from aisnb.protocol.messages import PREFETCH_KIND, PREFETCH_OBJECTS
from aisnb.protocol.relay import RelayRequest
from aisnb.store.fsck import fsck
from aisnb.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from aisnb.node.state import Node

T = TypeVar("T")

_LONGEST_WAIT = 60.0
_KINDS = {"prefetch": PREFETCH_KIND, PREFETCH_OBJECTS: PREFETCH_KIND}

routes = web.RouteTableDef()


@routes.get("/v1/x/status", allow_head=False)
async def status(request: web.Request) -> web.Response:
    """Say how the node is."""
    node = request.app[NODE]
    return _json(
        NodeStatus(
            version=__version__,
            pid=os.getpid(),
            endpoint=node.endpoint,
            root=str(node.root),
            free_bytes=node.store.free_bytes(),
            started_ns=node.started_ns,
            leases=node.leases.count,
            running_jobs=node.jobs.running,
            servers=len(node.servers.list()),
            keep=node.leases.keep,
            idle=node.leases.idle,
        )
    )


@routes.post("/v1/x/keep")
async def keep(request: web.Request) -> web.Response:
    """Stay until told to stop."""
    request.app[NODE].leases.keep = True
    return web.Response()


@routes.post("/v1/x/stop")
async def stop(request: web.Request) -> web.Response:
    """End the node, once this is answered."""
    node = request.app[NODE]
    response = web.Response()
    await response.prepare(request)
    await response.write_eof()
    node.stop.set()
    return response


@routes.post("/v1/x/fsck")
async def check(request: web.Request) -> web.Response:
    """Hold the index against the files."""
    report = await asyncio.to_thread(fsck, request.app[NODE].store, verify=True)
    wrong = report.changed + report.unusable
    return _json(FsckAnswer(report.objects, len(report.missing), len(report.added), wrong))


@routes.get("/v1/x/jobs", allow_head=False)
async def list_jobs(request: web.Request) -> web.Response:
    """List all jobs, or those of one kind."""
    kind = request.query.get("kind", "")
    return _json(await request.app[NODE].jobs.list(_KINDS.get(kind, kind)))


@routes.get("/v1/x/job-page", allow_head=False)
async def show_page(request: web.Request) -> web.Response:
    """Show some of the jobs; with ``wait=S`` once anything about any is above ``version=N``, at the latest after S."""
    node = request.app[NODE]
    query = decode_query(request.query, JobQuery)
    seconds = min(_number(request, "wait", 0.0), _LONGEST_WAIT)
    if seconds <= 0:
        return _json(await node.jobs.page(query, -1, 0.0))
    version = int(_number(request, "version", 0.0))
    waiting = node.jobs.page(query, version, seconds)
    return _json(await _unless_stopped(node, waiting, lambda: node.jobs.page(query, -1, 0.0)))


@routes.get("/v1/x/jobs/{job:[^/]+}", allow_head=False)
async def show_job(request: web.Request) -> web.Response:
    """Show one job; with ``wait=S`` once its version is above ``version=N``, at the latest after S seconds."""
    node = request.app[NODE]
    job = request.match_info["job"]
    seconds = min(_number(request, "wait", 0.0), _LONGEST_WAIT)
    if seconds <= 0:
        return _json(await node.jobs.snapshot(job))
    waiting = node.jobs.wait_change(job, int(_number(request, "version", 0.0)), seconds)
    return _json(await _unless_stopped(node, waiting, lambda: node.jobs.snapshot(job)))


async def _unless_stopped(
    node: Node, waiting: Coroutine[Any, Any, T], otherwise: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Return what `waiting` does; at the end of the node, which waits for nobody, what `otherwise` does."""
    change = asyncio.ensure_future(waiting)
    stop = asyncio.ensure_future(node.stop.wait())
    try:
        await asyncio.wait((change, stop), return_when=asyncio.FIRST_COMPLETED)
        return change.result() if change.done() else await otherwise()
    finally:
        for task in (change, stop):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@routes.get("/v1/x/jobs/{job:[^/]+}/errors", allow_head=False)
async def show_errors(request: web.Request) -> web.Response:
    """List the files of a job that failed."""
    offset, limit = int(_number(request, "offset", 0)), int(_number(request, "limit", 1_000))
    return _json(await request.app[NODE].jobs.errors(request.match_info["job"], offset, limit))


@routes.post("/v1/x/jobs/{job:[^/]+}/{what:stop|pause|resume|retry}")
async def control_job(request: web.Request) -> web.Response:
    """Stop, pause or resume a job, or start a new one of what failed in it."""
    jobs = request.app[NODE].jobs
    job, what = request.match_info["job"], request.match_info["what"]
    if what in ("stop", "pause"):
        return _json(await (jobs.stop(job) if what == "stop" else jobs.pause(job)))
    body = await request.read()
    given = decode_body(body, ResumeRequest) if body else ResumeRequest()
    headers = {name: ", ".join(values) for name, values in given.headers.items()}
    if what == "resume":
        return _json(await jobs.resume(job, headers, given.token))
    return _json(Started(await jobs.retry(job, headers, given.token)))


@routes.post("/v1/x/relays")
async def relay(request: web.Request) -> web.Response:
    """Start to bring files into a cluster."""
    return _json(Started(await request.app[NODE].jobs.submit_relay(decode_body(await request.read(), RelayRequest))))


@routes.patch("/v1/x/jobs/{job:[^/]+}")
async def limit_job(request: web.Request) -> web.Response:
    """Change the limits of a job."""
    limits = decode_body(await request.read(), Limits)
    return _json(await request.app[NODE].jobs.limits(request.match_info["job"], limits))


@routes.delete("/v1/x/jobs/{job:[^/]+}")
async def remove_job(request: web.Request) -> web.Response:
    """Forget an ended job."""
    await request.app[NODE].jobs.remove(request.match_info["job"])
    return web.Response()


@routes.get("/v1/x/servers", allow_head=False)
async def list_servers(request: web.Request) -> web.Response:
    """List the directories that are served."""
    return _json(request.app[NODE].servers.list())


@routes.post("/v1/x/servers")
async def serve(request: web.Request) -> web.Response:
    """Serve a directory."""
    return _json(await request.app[NODE].servers.serve(decode_body(await request.read(), ServeRequest)))


@routes.delete("/v1/x/servers")
async def stop_servers(request: web.Request) -> web.Response:
    """Stop serving one directory, by its path or its address, or all."""
    servers, query = request.app[NODE].servers, request.query
    if query.get("all", "").lower() == "true":
        return _json(await servers.stop_all())
    if "directory" in query:
        return _json([await servers.stop_directory(query["directory"])])
    if "url" in query:
        return _json([await servers.stop_url(query["url"])])
    raise UsageError("DELETE /v1/x/servers names no server. Give directory=, url= or all=true.")


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name, "")
    try:
        return float(text or default)
    except ValueError as exc:
        raise UsageError(f"{name}={text} in '{request.path_qs}' is not a number.") from exc


def _json(value: object) -> web.Response:
    return web.json_response(body=msgspec.json.encode(value))
