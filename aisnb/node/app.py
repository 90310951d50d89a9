"""The node put together: its parts, its routes, its life from the first request to the last."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from aisnb.fileserver.accepting import BACKLOG, Acceptor
from aisnb.fileserver.hosts import Hosts
from aisnb.node import access, batches, buckets, cluster, downloads, extension, leases, objects
from aisnb.node.door import Door
from aisnb.node.ids import random_id
from aisnb.node.jobs import Jobs
from aisnb.node.leases import Leases
from aisnb.node.passing import Passing
from aisnb.node.requests import MAX_BODY
from aisnb.node.servers import Servers
from aisnb.node.shards import APPENDING, Appending
from aisnb.node.state import NODE, Node
from aisnb.node.uploads import UPLOADS, Uploads
from aisnb.node.web_listing import WEB_LISTINGS, WebListings
from aisnb.node.web_source import WEB_SOURCE, WebSource
from aisnb.store import open_store
from aisnb.transfer import Fetcher

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterable

    from aisnb.node.listening import Listening
    from aisnb.node.root import DataRoot
    from aisnb.store import Store

_PORT = "node.port"
_CLUSTER_ID = "node.cluster_id"

#: Seconds that requests in progress have when the node ends.
_GRACE = 1.0

_log = logging.getLogger(__name__)


@asynccontextmanager
async def running_node(
    root: DataRoot, *, listening: Listening, idle: float, keep: bool, token: str
) -> AsyncIterator[Node]:
    """Run the node in this block: it listens and has taken up its unfinished jobs; at the end it rests in order.

    Args:
        root: its data root, locked by the caller.
        listening: where it listens, and how.
        idle: seconds without use after which it sets its `stop`.
        keep: stay until told to stop.
        token: what requests must carry.

    Raises:
        NodeError: the data root cannot be used.
    """
    async with AsyncExitStack() as stack:
        store = open_store(root.path)
        stack.callback(store.close)
        listener = stack.enter_context(_listen(store, listening))
        fetcher = await stack.enter_async_context(Fetcher())
        node = _assemble(root, store, fetcher, listening, listener.getsockname()[1], idle, token)
        app = make_app(node, listening.names)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=_GRACE, access_log=None)
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(app[WEB_SOURCE].close)
        stack.callback(app[UPLOADS].close)
        stack.push_async_callback(app[WEB_LISTINGS].close)
        stack.push_async_callback(node.servers.close)
        stack.push_async_callback(node.jobs.close)
        await runner.setup()
        await node.servers.start()
        await node.jobs.start()
        assert runner.server is not None, "setup makes one"
        door = Door(node, app[access.HOSTS], runner.server)
        stack.callback(door.close)
        stack.callback(await _open(door, listener, listening.tls_context()))
        if keep:
            node.leases.keep = True
        node.leases.reconsider()
        stack.callback(node.leases.close)
        yield node


async def _open(door: Door, listener: socket.socket, tls: ssl.SSLContext | None) -> Callable[[], None]:
    """Let clients in; return what lets in nobody any more."""
    if tls is not None:
        loop = asyncio.get_running_loop()
        return (await loop.create_server(door.visitor, sock=listener, backlog=BACKLOG, ssl=tls)).close
    listener.setblocking(False)
    listener.listen(BACKLOG)
    return Acceptor(listener, lambda: listener.accept()[0], door.welcome).close


def make_app(node: Node, names: Iterable[str]) -> web.Application:
    """Return the web application of a node: each route with and without a slash at its end.

    Args:
        node: the node.
        names: by which requests may ask for this machine, beside loopback's.
    """
    app = web.Application(
        middlewares=[access.finish_changes, access.answer_errors, access.check_access], client_max_size=MAX_BODY
    )
    app[NODE] = node
    app[WEB_SOURCE] = WebSource(node)
    app[WEB_LISTINGS] = WebListings(node.store)
    app[UPLOADS] = Uploads(node.store)
    app[APPENDING] = Appending(node.store)
    app[access.HOSTS] = Hosts(names)
    for module in (batches, cluster, buckets, objects, downloads, leases, extension):
        for route in module.routes:
            assert isinstance(route, web.RouteDef), "the node serves no static files"
            route.register(app.router)
            if not route.path.endswith("+}"):
                web.RouteDef(route.method, route.path + "/", route.handler, route.kwargs).register(app.router)
    return app


def _assemble(
    root: DataRoot,
    store: Store,
    fetcher: Fetcher,
    listening: Listening,
    port: int,
    idle: float,
    token: str,
) -> Node:
    stop = asyncio.Event()
    jobs = Jobs(store, fetcher)
    node_leases = Leases(store, idle, stop, lambda: jobs.running)
    jobs.on_change = node_leases.reconsider
    return Node(
        root=root.path,
        endpoint=listening.near(port),
        public=listening.far(port),
        token=token,
        cluster_id=_cluster_id(store),
        started_ns=time.time_ns(),
        store=store,
        fetcher=fetcher,
        jobs=jobs,
        passing=Passing(),
        servers=Servers(store),
        leases=node_leases,
        stop=stop,
    )


def _listen(store: Store, listening: Listening) -> socket.socket:
    """Return a socket bound to the port of the last time, or to any other if a program has taken that."""
    kept = store.get_state(_PORT)
    try:
        listener = listening.bound(int(kept) if kept.isdecimal() else 0)
    except (OSError, OverflowError) as exc:
        _log.warning("Port %s of this node cannot be had (%s): it takes another one, and keeps that.", kept, exc)
        listener = listening.bound(0)
    port = str(listener.getsockname()[1])
    if port != kept:
        store.set_state(_PORT, port)
    return listener


def _cluster_id(store: Store) -> str:
    """Return the name of this cluster of one, made at the first start of the root."""
    cluster_id = store.get_state(_CLUSTER_ID)
    if not cluster_id:
        cluster_id = random_id()
        store.set_state(_CLUSTER_ID, cluster_id)
    return cluster_id
