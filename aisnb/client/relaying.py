"""Which way files take into a cluster: its own downloader, or a relay through the local node, and why."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from aisnb.client.connection import open_local_connection
from aisnb.client.credentials import remember_token
from aisnb.client.job import open_job
from aisnb.client.notes import note
from aisnb.client.wire import Call
from aisnb.errors import AisnbError, UsageError
from aisnb.protocol.downloads import DownloadSelector, DownloadStatus, Started

if TYPE_CHECKING:
    from aisnb.client.connection import Connection
    from aisnb.client.job import Job
    from aisnb.protocol.downloads import DownloadRequest
    from aisnb.protocol.relay import RelayRequest

AUTO, ALWAYS, NEVER = "auto", "always", "never"

#: Seconds for the cluster to show that it can, or cannot, reach the source, and between two looks.
_WATCHED, _LOOK = 2.0, 0.1
_NAMED_ERRORS = 1_000
#: What a cluster says that did not come as far as the source: AIStore's egress guard (5.0), and Go's dialer.
_OUT_OF_REACH = re.compile(r"dload: egress blocked[^;\n]*|dial tcp[^;\n]*|no such host|network is unreachable")


def check_way(way: str) -> str:
    """Return `way` if there is such a one.

    Raises:
        UsageError: there is not.
    """
    if way not in (AUTO, ALWAYS, NEVER):
        raise UsageError(f"relay is '{way}'. Say {AUTO}, {ALWAYS} or {NEVER}.")
    return way


async def known_out_of_reach(connection: Connection, link: str) -> str:
    """Return why the endpoint cannot mean the same by a link as this machine does, "" if it may."""
    if connection.is_local:
        return ""
    host = urlsplit(link).hostname or ""
    if not await asyncio.to_thread(is_loopback, host):
        return ""
    nearby = await asyncio.to_thread(is_loopback, urlsplit(connection.endpoint or "").hostname or "")
    if nearby and await connection.has_extension():
        return ""
    return f"'{host}' means this machine here, and another one there"


async def found_out_of_reach(connection: Connection, job: str) -> str:
    """Watch a cluster's download for a moment, and return why it cannot reach its source, "" if it can or may.

    A download that cannot is stopped and taken off the list.
    """
    end = time.monotonic() + _WATCHED
    while time.monotonic() < end:
        status = await _status(connection, job)
        tasks = status.current_tasks or ()
        if status.finished_cnt or any(int(task.downloaded) for task in tasks):
            return ""
        rows = status.download_errors or ()
        if rows:
            return await _judged(connection, job, [row.error for row in rows[:_NAMED_ERRORS]])
        await asyncio.sleep(_LOOK)
    return ""


async def start_relay(connection: Connection, request: RelayRequest, reason: str) -> Job:
    """Have the local node, which is started if need be, bring files into the endpoint; return its job at once."""
    endpoint, token = await connection.address()
    request.cluster, request.token = connection.cluster, token
    remember_token(endpoint, token)
    local = open_local_connection()
    shown = f"The relay into {request.download.bucket.bucket()}"
    reply = await local.call(Call("POST", "/v1/x/relays", body=msgspec.json.encode(request), shown=shown))
    note(f"Note: relayed through this machine, as {reason}. The files go into {endpoint} all the same.")
    return await open_job(local, reply.decode(Started).id)


def first_link(request: DownloadRequest) -> str:
    """Return a link that stands for the source of a download."""
    if request.objects:
        objects = request.objects
        return next(iter(objects.values())) if isinstance(objects, dict) else objects[0]
    return request.template or request.link


async def _judged(connection: Connection, job: str, errors: list[str]) -> str:
    """Return the reason if all that failed so far failed on the way to the source, and give the download up."""
    reasons = [match[0] for match in map(_OUT_OF_REACH.search, errors) if match]
    if len(reasons) < len(errors):
        return ""
    body = msgspec.json.encode(DownloadSelector(job))
    for what in ("abort", "remove"):
        try:
            await connection.call(Call("DELETE", f"/v1/download/{what}", body=body))
        except AisnbError:  # it stays on the cluster's list, ended: nobody minds
            break
    return f"the cluster will not or cannot fetch from there ({reasons[0].strip()})"


async def _status(connection: Connection, job: str) -> DownloadStatus:
    body = msgspec.json.encode(DownloadSelector(job))
    return (await connection.call(Call("GET", "/v1/download", body=body, shown=f"Job {job}"))).decode(DownloadStatus)


def is_loopback(host: str) -> bool:
    """Return whether a name or an address means this machine only. Takes as long as the resolver does."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)
