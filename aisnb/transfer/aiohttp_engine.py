"""The general engine, aiohttp's client: TLS and what else the plain one leaves out. Foreign errors end here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from aisnb.transfer import faults
from aisnb.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.transfer.engine import AttemptFailed, Timeouts, Write

_READ_BUFFER = 256 * 1024
_FOREIGN = (aiohttp.ClientError, OSError, ValueError)  # asyncio.TimeoutError is an OSError since Python 3.11


class AiohttpEngine:
    """One aiohttp session: keep-alive, a DNS cache, no limit of its own on connections (callers bound them)."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def open(self, method: str, url: str, headers: Mapping[str, str], timeouts: Timeouts) -> AiohttpResponse:
        """Send a request and return the answer as soon as its head is here; see `Engine.open`."""
        session = self._session or self._start()
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
        return AiohttpResponse(response, timeouts)

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _start(self) -> aiohttp.ClientSession:
        """Open the session, late, because it belongs to the running loop."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            headers={"User-Agent": f"aisnb/{__version__}"},  # some sources refuse clients without a name
            skip_auto_headers=("Accept",),
        )
        return self._session


class AiohttpResponse:
    """An answer of aiohttp's, see `Response`."""

    def __init__(self, response: aiohttp.ClientResponse, timeouts: Timeouts) -> None:
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
