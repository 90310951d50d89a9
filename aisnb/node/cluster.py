"""The node as a cluster of one: its health, its map, and questions about jobs (answered by `actions`)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from aisnb.errors import Unsupported, UsageError
from aisnb.node.about import (
    AIS_VERSION,
    bucket_metadata,
    cluster_configuration,
    cluster_information,
    log_archive,
    log_text,
    node_map,
    node_status,
)
from aisnb.node.actions import job_control, job_query
from aisnb.node.requests import decode_body, read_action
from aisnb.node.state import NODE
from aisnb.protocol import headers as ais
from aisnb.protocol.messages import JobSelector

_JOB_QUERIES = ("status", "status_all", "qryxstats", "running_all")

routes = web.RouteTableDef()


@routes.get("/v1/health")
async def health(_request: web.Request) -> web.Response:
    """Say that the node is here, and that it has ``/v1/x/``."""
    return web.Response(headers={ais.EXTENSION: ais.EXTENSION_VERSION})


@routes.get("/v1/daemon", allow_head=False)
async def ask_daemon(request: web.Request) -> web.Response:
    """Answer a question about this node."""
    return await _answer(request)


@routes.get("/v1/cluster", allow_head=False)
async def ask_cluster(request: web.Request) -> web.Response:
    """Answer a question about the cluster, which is this node, or about its jobs."""
    what = request.query.get(ais.WHAT, "")
    if what not in _JOB_QUERIES:
        return await _answer(request)
    body = await request.read()
    return await job_query(request.app[NODE], what, JobSelector.of(decode_body(body, dict) if body else {}))


@routes.put("/v1/cluster")
async def control(request: web.Request) -> web.Response:
    """Start or stop a job."""
    return await job_control(request.app[NODE], await read_action(request))


@routes.get("/v1/{what:etl|sort}", allow_head=False)
async def list_none(_request: web.Request) -> web.Response:
    """Say that there are no transformers and no sorts: a single node has neither."""
    return web.json_response([])


@routes.route("*", r"/v1/{what:etl|sort|ml}{rest:(/.*)?}")
async def refuse_compute(request: web.Request) -> web.Response:
    """Refuse what needs containers or several targets; of ``ml`` there is get-batch, see `aisnb.node.batches`."""
    raise Unsupported(
        f"{request.method} {request.path} is not something that the embedded node does: it transforms and "
        "sorts nothing. Set AIS_ENDPOINT to a cluster for it."
    )


@routes.get("/v1/reverse/daemon", allow_head=False)
async def ask_member(request: web.Request) -> web.Response:
    """Answer a question about the node that a header names: the proxy or the target, both this process."""
    member, query = request.headers.get(ais.NODE_ID, ""), request.query
    node = request.app[NODE]
    node_status(node, request.host, member)  # there is one of this id
    if query.get(ais.WHAT) != "log":
        return await _answer(request)
    if query.get("all", "").lower() == "true":
        body = await asyncio.to_thread(log_archive, node)
        return web.Response(body=body, content_type="application/gzip")
    return web.Response(
        body=await asyncio.to_thread(log_text, node, query.get("severity", "")), content_type="text/plain"
    )


async def _answer(request: web.Request) -> web.Response:
    node, what, member = request.app[NODE], request.query.get(ais.WHAT, ""), request.headers.get(ais.NODE_ID, "")
    match what:
        case "smap":
            return web.json_response(node_map(node, request.host))
        case "node_status":
            return web.json_response(node_status(node, request.host, member))
        case "sysinfo":
            return web.json_response(cluster_information(node))
        case "bmd":
            return web.json_response(bucket_metadata(node))
        case "cluster_config" | "config":
            return web.json_response(cluster_configuration(node))
        case "backends":
            return web.json_response([])
        case "remote":
            return web.json_response({"a": None, "ver": 0})
        case "target_ips":
            return web.Response(text=request.host.rpartition(":")[0])
        case "metrics":
            return web.json_response({})
        case "software_version":
            return web.Response(text=AIS_VERSION)
    raise UsageError(f"unexpected query [what={what}]")
