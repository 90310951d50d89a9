"""A lease on the local node: one open connection that says "this process uses you", held until the process ends."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aisnb.background.trust import pinned
from aisnb.client import portal

if TYPE_CHECKING:
    from aisnb.background import Running

_held: dict[tuple[int, str], asyncio.Task[None]] = {}
_descriptors: set[int] = set()
#: Tasks of the parent process: nobody runs them here, and letting go of them would make asyncio complain.
_left_behind: list[asyncio.Task[None]] = []


def take(running: Running) -> None:
    """Hold a lease on the node, unless this process does already. Called on the portal's loop."""
    key = (running.pid, running.endpoint)
    task = _held.get(key)
    if task is None or task.done():
        _held[key] = portal.current().loop.create_task(_hold(running))


async def _hold(running: Running) -> None:
    """Keep the connection until the node closes it; a node that ended needs none."""
    address = urlsplit(running.endpoint)
    with suppress(OSError):
        tls = pinned(running.certificate)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, ssl=tls)
        descriptor = writer.get_extra_info("socket").fileno()
        _descriptors.add(descriptor)
        try:
            head = (
                f"GET /v1/x/lease HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {running.token}\r\n\r\n"
            )
            writer.write(head.encode("latin-1"))
            while await reader.read(4096):
                pass
        finally:
            _descriptors.discard(descriptor)
            writer.close()


def _after_fork() -> None:
    """Let go of the parent's connections: a child that lives longer must not keep the parent's lease.

    The numbers stay taken, by the null device, because the parent's objects in this process still know them.
    """
    if _descriptors:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in _descriptors:
            os.dup2(null, descriptor, inheritable=False)
        os.close(null)
    _descriptors.clear()
    _left_behind.extend(_held.values())
    _held.clear()


os.register_at_fork(after_in_child=_after_fork)
