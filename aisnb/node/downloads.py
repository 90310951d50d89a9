"""AIStore's downloader: ``/v1/download``, over the node's jobs (AIStore: ``ext/dload``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from aisnb.errors import JobNotFound, UsageError
from aisnb.node.properties import Right, check_right
from aisnb.node.requests import decode_body
from aisnb.node.state import NODE
from aisnb.node.times import rfc3339
from aisnb.patterns import searcher
from aisnb.protocol.downloads import DownloadRequest, DownloadSelector, DownloadStatus, FileError, Started, Task
from aisnb.protocol.extension import ABORTED, ENDED, FAILED
from aisnb.protocol.messages import DOWNLOAD_KIND

if TYPE_CHECKING:
    from aisnb.node.state import Node
    from aisnb.protocol.extension import JobSnapshot

#: So many of a job's errors are in its status; all of them are under ``/v1/x/``.
_ERRORS_SHOWN = 1_000
#: What AIStore's downloader writes in the place of a time that has not come. Its clients take the year 1 for that, too,
#: except the ``ais`` CLI where it looks after a download just started: it would report success.
_NOT_YET = "1970-01-01T00:00:00Z"

routes = web.RouteTableDef()


@routes.post("/v1/download")
async def start(request: web.Request) -> web.Response:
    """Start a download."""
    node, wanted = request.app[NODE], decode_body(await request.read(), DownloadRequest)
    check_right(node.store, wanted.bucket.bucket(), Right.PUT)
    job = await node.jobs.submit_download(wanted)
    return _json(Started(job))


@routes.get("/v1/download", allow_head=False)
async def status(request: web.Request) -> web.Response:
    """Answer with the status of one download, or with a list of them."""
    node = request.app[NODE]
    selector = await _selector(request)
    if selector.id and selector.regex:
        raise UsageError("A download is asked for by its id or by a regex on its description, not by both.")
    if not selector.id:
        return _json(await _list(node, selector))
    job = await _download(node, selector.id)
    shown = _status(job)
    if job.in_flight:
        shown.current_tasks = [
            Task(file.name, str(file.bytes), str(file.total_bytes or 0), rfc3339(job.started_ns))
            for file in job.in_flight
        ]
    if selector.only_active_tasks:
        shown.finished_time = shown.finished_time if job.ended_ns else _NOT_YET
    else:
        errors = await node.jobs.errors(job.id, 0, _ERRORS_SHOWN) if job.failed else []
        rows = [FileError(row.name, row.reason) for row in errors]
        if job.state == FAILED:
            rows.insert(0, FileError(job.bucket, job.reason))
        shown.download_errors = rows or msgspec.UNSET
    return _json(shown)


@routes.delete("/v1/download/{what}")
async def end(request: web.Request) -> web.Response:
    """Abort a download, or forget one that has ended."""
    node = request.app[NODE]
    what = request.match_info["what"]
    if what not in ("abort", "remove"):
        raise UsageError(f"DELETE /v1/download/{what} is not possible. Use abort or remove.")
    selector = await _selector(request)
    if not selector.id:
        raise UsageError(f"DELETE /v1/download/{what} names no job. Give its id.")
    await _download(node, selector.id)
    await (node.jobs.stop(selector.id) if what == "abort" else node.jobs.remove(selector.id))
    return web.Response()


async def _selector(request: web.Request) -> DownloadSelector:
    body = await request.read()
    return decode_body(body, DownloadSelector) if body else DownloadSelector()


async def _download(node: Node, job: str) -> JobSnapshot:
    try:
        found = await node.jobs.snapshot(job)
    except JobNotFound:
        found = None
    if found is None or found.kind != DOWNLOAD_KIND:
        raise JobNotFound(f"download job {job} does not exist")
    return found


async def _list(node: Node, selector: DownloadSelector) -> list[DownloadStatus]:
    is_meant = searcher(selector.regex)
    return [
        _status(job)
        for job in await node.jobs.list(DOWNLOAD_KIND)
        if is_meant(job.description) and not (selector.only_active_tasks and job.state in ENDED)
    ]


def _status(job: JobSnapshot) -> DownloadStatus:
    """Return a job in the downloader's words; at its end scheduled = finished + errors, which ends progress bars."""
    begun = job.done + job.failed + len(job.in_flight)
    return DownloadStatus(
        job.id,
        xaction_id=job.id,
        description=job.description,
        started_time=rfc3339(job.started_ns or job.created_ns),
        finished_time=rfc3339(job.ended_ns),
        finished_cnt=job.done,
        scheduled_cnt=begun,
        skipped_cnt=job.skipped,
        error_cnt=job.failed,
        total=job.total,
        all_dispatched=begun >= job.total or job.state in ENDED,
        aborted=job.state in (ABORTED, FAILED),
    )


def _json(value: object) -> web.Response:
    return web.json_response(body=msgspec.json.encode(value))
