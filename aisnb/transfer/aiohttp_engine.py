"""The general engine, aiohttp's client: TLS and what else the plain one leaves out. Foreign errors end here."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from aisnb.transfer import faults
from aisnb.transfer.reach import check_addresses
from aisnb.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.abc import ResolveResult

    from aisnb.transfer.engine import AttemptFailed, Timeouts, Write

_READ_BUFFER = 256 * 1024
_FOREIGN = (aiohttp.ClientError, OSError, ValueError)  # asyncio.TimeoutError is an OSError since Python 3.11


class AiohttpEngine:
    """aiohttp sessions: keep-alive, a DNS cache, no limit of their own on connections (callers bound them).

    There are two, so that what may only go to the internet never finds a connection that leads elsewhere.
    """

    def __init__(self) -> None:
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._resolvers = {public_only: _Resolver(public_only) for public_only in (False, True)}

    async def open(
        self, method: str, url: str, headers: Mapping[str, str], timeouts: Timeouts, *, public_only: bool = False
    ) -> AiohttpResponse:
        """Send a request and return the answer as soon as its head is here; see `Engine.open`."""
        session = self._sessions.get(public_only) or self._start(public_only)
        try:
            response = await session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=timeouts.total or None, connect=timeouts.connect, sock_read=timeouts.stall
                ),
            )
        except _FOREIGN as exc:
            raise _translated(exc, timeouts) from exc
        return AiohttpResponse(response, timeouts, self._resolvers[public_only].found(response.url.raw_host or ""))

    async def get_again(self, url: str, headers: Mapping[str, str], timeouts: Timeouts) -> None:
        """Ask nothing: it would save nothing here."""

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def _start(self, public_only: bool) -> aiohttp.ClientSession:
        """Open a session, late, because it belongs to the running loop."""
        session = self._sessions[public_only] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60, resolver=self._resolvers[public_only]),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            headers={"User-Agent": f"aisnb/{__version__}"},  # some sources refuse clients without a name
            skip_auto_headers=("Accept",),
        )
        return session


class _Resolver(AbstractResolver):
    """Looks names up for the connector, which connects to what is returned here and to nothing else.

    Args:
        public_only: refuse names that lead to addresses which are not on the internet.
    """

    def __init__(self, public_only: bool) -> None:
        self._public_only = public_only
        self._found: dict[str, tuple[str, ...]] = {}

    def found(self, host: str) -> tuple[str, ...]:
        """Return the addresses that connections to `host` were made to; itself if it is one."""
        return self._found.get(host, (host,))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`.

        Raises:
            AttemptFailed: it leads where it must not.
            OSError: it is not known.
        """
        results = await aiohttp.ThreadedResolver().resolve(host, port, family)
        addresses = tuple(result["host"] for result in results)
        check_addresses(f"//{host}:{port}", addresses, public_only=self._public_only)
        self._found[host] = addresses
        return results

    async def close(self) -> None:
        """Nothing is open."""


class AiohttpResponse:
    """An answer of aiohttp's, see `Response`."""

    def __init__(self, response: aiohttp.ClientResponse, timeouts: Timeouts, peers: tuple[str, ...]) -> None:
        self.peers = peers
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._timeouts = timeouts
        connection = response.connection  # None once the whole body is here
        self._protocol = connection.protocol if connection is not None else None

    async def move(self, write: Write, most: int) -> int:
        """Hand the next bytes of the body to `write`; see `Response.move`."""
        try:
            chunk = await self._response.content.readany()
        except _FOREIGN as exc:
            raise _translated(exc, self._timeouts) from exc
        if not chunk:
            # aiohttp takes a reset for the end of a body that has neither length nor chunks.
            lost = self._protocol.exception() if self._protocol is not None else None
            if isinstance(lost, aiohttp.ClientOSError):
                raise _translated(lost, self._timeouts) from lost
            return 0
        write(chunk)
        return len(chunk)

    def whole(self) -> None:
        """Return nothing: there is no telling how a body came."""

    def close(self) -> None:
        """Let go of the connection."""
        self._response.release()


def _translated(exc: Exception, timeouts: Timeouts) -> AttemptFailed:
    match exc:
        case aiohttp.ClientSSLError():
            return faults.insecure(exc)
        case aiohttp.ClientConnectorDNSError():
            return faults.unknown_host()
        case aiohttp.ClientConnectorError():
            return faults.nobody_answers(exc.os_error)
        case aiohttp.ConnectionTimeoutError():
            return faults.no_connection(timeouts)
        case aiohttp.SocketTimeoutError():
            return faults.stalled(timeouts)
        case asyncio.TimeoutError():
            return faults.too_slow(timeouts)
        case aiohttp.ClientPayloadError():
            return faults.closed_early()
        case aiohttp.ClientResponseError():
            return faults.not_http(exc.message)
        case aiohttp.ClientConnectionError() | OSError():
            return faults.lost(exc)
    return faults.unsendable(exc)
