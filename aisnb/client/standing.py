"""How an endpoint is: each of its nodes asked by itself, none of them waited for long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from aisnb.client.web_buckets import buckets_there
from aisnb.client.wire import Call
from aisnb.errors import AisnbError, NotAllowed, NotFound
from aisnb.protocol.headers import NODE_ID, WHAT
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from aisnb.client.connection import Connection

#: Seconds that a node may take to say how it is.
_PATIENCE = 5.0
#: What a cluster can be asked, in the words of the ``ais`` CLI, and in those of the wire.
_QUESTIONS = {"smap": "smap", "bmd": "bmd", "config": "cluster_config", "stats": "node_status"}
#: Bits of a node's flags in the cluster map: in maintenance, being decommissioned (AIStore: ``core/meta``).
_AWAY = 0b1100


@dataclass(frozen=True)
class ClusterNode:
    """A proxy or target of a cluster, as it says of itself.

    Attributes:
        id: its name in the cluster map.
        role: ``proxy`` or ``target``.
        url: where clients reach it.
        reachable: whether it answers from here.
        primary: whether it is the primary proxy.
        version: AIStore's, "" if unknown.
        used_bytes: what its disks hold, None if unknown; proxies have none.
        free_bytes: room on its disks, None if unknown.
        trouble: why it is not reachable, or its own word on its state; "" if all is well.
    """

    id: str
    role: str
    url: str
    reachable: bool
    primary: bool = False
    version: str = ""
    used_bytes: int | None = None
    free_bytes: int | None = None
    trouble: str = ""


@dataclass(frozen=True)
class ClusterState:
    """A cluster, or the embedded node, looked at.

    Attributes:
        endpoint: its address.
        reachable: whether it answers.
        nodes: its proxies, then its targets; none if it does not say.
        buckets: how many there are, None if nobody could say.
        trouble: why it is not reachable, or does not let us look; "" if all is well.
        local: it is the embedded node, which is proxy and target at once.
    """

    endpoint: str
    reachable: bool
    nodes: tuple[ClusterNode, ...] = field(default_factory=tuple)
    buckets: int | None = None
    trouble: str = ""
    local: bool = False

    @property
    def version(self) -> str:
        """AIStore's version; several, if nodes differ."""
        return ", ".join(sorted({node.version for node in self.nodes if node.version}))

    @property
    def used_bytes(self) -> int | None:
        """What all targets hold, None if one of them could not say."""
        return _sum([node.used_bytes for node in self.nodes if node.role == "target"])

    @property
    def free_bytes(self) -> int | None:
        """Room on all targets, None if one of them could not say."""
        return _sum([node.free_bytes for node in self.nodes if node.role == "target"])

    def __repr__(self) -> str:
        name = f"{'Local node at' if self.local else 'Cluster'} {self.endpoint}"
        if not self.reachable:
            return f"{name} is not reachable\n  {self.trouble}"
        if not self.nodes:
            return f"{name} answers, but does not say how it is\n  {self.trouble}"
        lines = [f"{name}, {'speaks ' if self.local else ''}AIStore {self.version or 'of unknown version'}"]
        lines += [] if self.local else [f"  {_line(node)}" for node in self.nodes]
        if self.buckets is not None:
            lines.append(f"  holds {plural(self.buckets, 'bucket')}")
        if self.used_bytes is not None and self.free_bytes is not None:
            lines.append(f"  capacity used {human_size(self.used_bytes)}, free {human_size(self.free_bytes)}")
        else:
            lines.append("  capacity unknown: not every target said")
        return "\n".join(lines)


async def look_at(connection: Connection) -> ClusterState:
    """Return how the endpoint is; what is wrong with it is in the answer, and raises nothing."""
    endpoint, _ = await connection.address()
    try:
        async with asyncio.timeout(_PATIENCE):
            reply = await connection.call(Call("GET", "/v1/daemon", {WHAT: "smap"}, shown="The cluster map"))
        smap = reply.decode(dict[str, Any])
    except TimeoutError:
        trouble = f"It did not answer within {_PATIENCE:g} s. Check AIS_ENDPOINT."
        return ClusterState(endpoint, False, trouble=trouble, local=connection.is_local)
    except NotAllowed as exc:
        return ClusterState(endpoint, True, trouble=str(exc), local=connection.is_local)
    except AisnbError as exc:
        return ClusterState(endpoint, False, trouble=str(exc), local=connection.is_local)
    members = [*(smap.get("pmap") or {}).values(), *(smap.get("tmap") or {}).values()]
    primary = str((smap.get("proxy_si") or {}).get("daemon_id", ""))
    nodes = await asyncio.gather(*(_look_at_node(connection, member, primary) for member in members))
    try:
        async with asyncio.timeout(_PATIENCE):
            buckets = len(await buckets_there(connection, ""))
    except (AisnbError, TimeoutError):
        buckets = None
    return ClusterState(endpoint, True, tuple(nodes), buckets, local=connection.is_local)


async def ask_cluster(connection: Connection, what: str, node: str) -> dict[str, Any]:
    """Return what the endpoint says of itself, or of one of its nodes; see `Client.about`."""
    query = {WHAT: _QUESTIONS[what]}
    if not node and what != "stats":
        path = "/v1/cluster" if what == "config" else "/v1/daemon"
        return (await connection.call(Call("GET", path, query, shown=f"The cluster's {what}"))).decode(dict[str, Any])
    smap = (await connection.call(Call("GET", "/v1/daemon", {WHAT: "smap"}, shown="The cluster map"))).decode(
        dict[str, Any]
    )
    members = [*(smap.get("pmap") or {}), *(smap.get("tmap") or {})]
    if node and node not in members:
        raise NotFound(f"The cluster has no node '{node}': there are {', '.join(members)}. Name one of them.")
    told: dict[str, Any] = {}
    for each in [node] if node else members:
        asked = {WHAT: "config"} if what == "config" else query
        call = Call("GET", "/v1/reverse/daemon", asked, headers={NODE_ID: each}, shown=f"Node {each}")
        told[each] = (await connection.call(call)).decode(dict[str, Any])
        if what == "stats":
            told[each] = told[each].get("tracker") or {}
    return told[node] if node else told


async def _look_at_node(connection: Connection, member: dict[str, Any], primary: str) -> ClusterNode:
    """Ask a node itself whether it is there, and the endpoint (which forwards the question) how it is."""
    node_id, role = str(member.get("daemon_id", "")), str(member.get("daemon_type", ""))
    url = str((member.get("public_net") or {}).get("direct_url", "")).rstrip("/")
    node = ClusterNode(node_id, role, url, False, node_id == primary)
    ask = Call("GET", "/v1/reverse/daemon", {WHAT: "node_status"}, headers={NODE_ID: node_id}, shown=f"Node {node_id}")
    try:
        async with asyncio.timeout(_PATIENCE):
            await connection.ask_node(url, Call("GET", "/v1/health", shown=f"Node {node_id}"))
            status = (await connection.call(ask)).decode(dict[str, Any])
    except TimeoutError:
        return replace(node, trouble=f"no answer within {_PATIENCE:g} s")
    except NotAllowed as exc:
        return replace(node, reachable=True, trouble=str(exc))
    except AisnbError as exc:
        return replace(node, trouble=str(exc))
    capacity = status.get("capacity") or {}
    target = role == "target"
    return replace(
        node,
        reachable=True,
        version=str(status.get("ais_version") or status.get("version") or "").rstrip("."),
        used_bytes=_number(capacity.get("total_used")) if target else None,
        free_bytes=_number(capacity.get("total_avail")) if target else None,
        trouble="in maintenance" if int(member.get("flags") or 0) & _AWAY else str(capacity.get("cs_err") or ""),
    )


def _line(node: ClusterNode) -> str:
    name = f"{node.role} {node.id}{' (primary)' if node.primary else ''} at {node.url}"
    if not node.reachable:
        return f"{name} is not reachable: {node.trouble}"
    room = f", {human_size(node.free_bytes)} free" if node.free_bytes is not None else ""
    return f"{name} answers{room}{f', {node.trouble}' if node.trouble else ''}"


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _sum(values: list[int | None]) -> int | None:
    return sum(value for value in values if value is not None) if None not in values else None
