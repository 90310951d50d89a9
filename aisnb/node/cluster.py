"""The node as a cluster of one: its health, its map, and questions about jobs (answered by `actions`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from aisnb.errors import UsageError
from aisnb.node.actions import job_control, job_query
from aisnb.node.requests import decode_body, read_action
from aisnb.node.state import NODE
from aisnb.protocol import headers as ais
from aisnb.protocol.cluster import TARGET_ID, cluster_map
from aisnb.protocol.messages import JobSelector

if TYPE_CHECKING:
    from aisnb.node.state import Node

_JOB_QUERIES = ("status", "status_all", "qryxstats", "running_all")

routes = web.RouteTableDef()


@routes.get("/v1/health")
async def health(_request: web.Request) -> web.Response:
    """Say that the node is here, and that it has ``/v1/x/``."""
    return web.Response(headers={ais.EXTENSION: ais.EXTENSION_VERSION})


@routes.get("/v1/daemon", allow_head=False)
async def ask_daemon(request: web.Request) -> web.Response:
    """Answer a question about this node."""
    return _answer(request)


@routes.get("/v1/cluster", allow_head=False)
async def ask_cluster(request: web.Request) -> web.Response:
    """Answer a question about the cluster, which is this node, or about its jobs."""
    what = request.query.get(ais.WHAT, "")
    if what not in _JOB_QUERIES:
        return _answer(request)
    body = await request.read()
    return await job_query(request.app[NODE], what, JobSelector.of(decode_body(body, dict) if body else {}))


@routes.put("/v1/cluster")
async def control(request: web.Request) -> web.Response:
    """Start or stop a job."""
    return await job_control(request.app[NODE], await read_action(request))


def _answer(request: web.Request) -> web.Response:
    node, what = request.app[NODE], request.query.get(ais.WHAT, "")
    if what == "smap":
        return web.json_response(_map(node, request.host))
    if what == "node_status":
        return web.json_response(_status(node, request.host))
    if what == "backends":
        return web.json_response([])
    if what == "remote":
        return web.json_response({"a": None, "ver": "0"})
    raise UsageError(f"unexpected query [what={what}]")


def _map(node: Node, host: str) -> dict[str, Any]:
    """Return the cluster map, under the address that the caller used: that one it can reach."""
    return cluster_map(f"http://{host}", node.cluster_id, _created(node))


def _status(node: Node, host: str) -> dict[str, Any]:
    member = _map(node, host)["tmap"][TARGET_ID]
    return {"snode": member, "cluster_info": {"uuid": node.cluster_id}, "status": "online", "version": "5.0"}


def _created(node: Node) -> str:
    return datetime.fromtimestamp(node.started_ns / 1e9, UTC).isoformat().replace("+00:00", "Z")
