"""What the node's handlers share: one object, made at the start, found in the app under one key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from aisnb.node.jobs import Jobs
    from aisnb.node.leases import Leases
    from aisnb.node.passing import Passing
    from aisnb.node.servers import Servers
    from aisnb.store import Store
    from aisnb.transfer import Fetcher


@dataclass(slots=True)
class Node:
    """The running node.

    Attributes:
        root: the data root.
        endpoint: ``http://127.0.0.1:PORT``, without a trailing slash; for programs on this machine.
        public: the endpoint that others are told.
        token: what requests must carry as a bearer token.
        cluster_id: the name of this "cluster", kept for the life of the root.
        started_ns: when the process began to serve, nanoseconds since 1970.
        store: objects, jobs and servers on disk.
        fetcher: brings files from web servers.
        jobs: the jobs that run or have run.
        passing: the jobs that are one request.
        servers: the file servers, children of this process.
        leases: who uses the node, and when it may end.
        stop: set when the process shall end.
    """

    root: Path
    endpoint: str
    public: str
    token: str
    cluster_id: str
    started_ns: int
    store: Store
    fetcher: Fetcher
    jobs: Jobs
    passing: Passing
    servers: Servers
    leases: Leases
    stop: asyncio.Event = field(repr=False)


NODE: web.AppKey[Node] = web.AppKey("node", Node)
