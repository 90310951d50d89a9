"""HTTP to one endpoint, one exchange at a time. `faults` translates aiohttp's errors."""

from __future__ import annotations

import weakref
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urljoin

import aiohttp
from yarl import URL

from aisnb.client import portal
from aisnb.client.faults import refusal, translated
from aisnb.protocol.headers import ERROR, JSON
from aisnb.version import __version__

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from typing import TypeAlias

    #: A body, or what opens it: a redirected one is sent twice.
    Body: TypeAlias = bytes | Callable[[], AsyncIterator[bytes]] | None
    TokenFor: TypeAlias = Callable[[str], Awaitable[str]]

_CONNECT_SECONDS = 10.0
_READ_BUFFER = 256 * 1024
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 307, 308)
_FOREIGN = (aiohttp.ClientError, OSError, ValueError)  # TimeoutError is an OSError


@dataclass(slots=True)
class Call:
    """One request.

    Attributes:
        method: HTTP method.
        path: percent-encoded path, from ``/v1/`` on.
        query: parameters, not encoded.
        body: what is sent.
        headers: beyond the token.
        stall: seconds without a byte after which the endpoint counts as gone, None for never.
        ask_first: wait for the endpoint's word before the body goes out; clusters redirect uploads.
        shown: what is tried, for an error without words of its own.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stall: float | None = 60.0
    ask_first: bool = False
    shown: str = ""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, and so can be made again."""
        return self.method in ("GET", "HEAD")

    def url(self, endpoint: str) -> str:
        """Return the encoded address of this call at `endpoint`."""
        query = urlencode(self.query, quote_via=quote)
        return f"{endpoint}{self.path}{'?' if query else ''}{query}"


class Wire:
    """One aiohttp session. It belongs to the portal's loop and is opened at the first call.

    Args:
        tls: how ``https://`` endpoints are trusted; None asks for no context.
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        home = portal.current()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls if tls is not None else True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            headers={"User-Agent": f"aisnb/{__version__}"},
        )
        # aiohttp would send a PUT or DELETE again over a fresh connection, though it may have happened.
        self._session._retry_connection = False
        home.closers.add(self._session.close)
        self._finalizer = weakref.finalize(self, _let_go, home, self._session)
        self._finalizer.atexit = False  # the portal closes what is left

    def close(self) -> None:
        """Close the session soon; twice is harmless. Callable from any thread."""
        self._finalizer()

    @asynccontextmanager
    async def exchange(
        self, endpoint: str, call: Call, token_for: TokenFor, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[Answer]:
        """Send `call`, follow redirects by hand, and yield the answer if it is a success.

        aiohttp would drop the token on a redirect to another port, and could not send a body twice.

        Args:
            endpoint: where to.
            call: what.
            token_for: gives the token that may be shown to an address, "" if none.
            tls: how this endpoint is trusted, None for as all others.

        Raises:
            EndpointUnreachable: nobody answers.
            AisnbError: the endpoint said no.
        """
        url = call.url(endpoint)
        for _ in range(_MAX_REDIRECTS + 1):
            response = await self._send(url, call, await token_for(url), endpoint, tls)
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                break
            url = urljoin(url, response.headers["Location"])
            response.close()
        answer = Answer(response, endpoint)
        try:
            if answer.status >= 300:
                shown = call.shown or f"{call.method} {call.path}"
                raise refusal(answer.status, await _words_of(answer), shown, url, endpoint)
            yield answer
        finally:
            response.release()  # closes the connection if bytes are still to come

    async def _send(
        self, url: str, call: Call, token: str, endpoint: str, tls: ssl.SSLContext | None
    ) -> aiohttp.ClientResponse:
        headers = dict(call.headers)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = call.body() if callable(call.body) else call.body
        if isinstance(body, bytes):
            headers.setdefault("Content-Type", JSON)
        try:
            return await self._session.request(
                call.method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
                expect100=call.ask_first,
                ssl=True if tls is None else tls,  # True: as the connector does
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=call.stall),
            )
        except _FOREIGN as exc:
            raise translated(exc, endpoint, url) from exc


class Answer:
    """What came back: status and headers, and the body on demand.

    Attributes:
        status: HTTP status.
        headers: by name, in any case.
    """

    def __init__(self, response: aiohttp.ClientResponse, endpoint: str) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._endpoint = endpoint

    async def read(self) -> bytes:
        """Return the whole body.

        Raises:
            EndpointUnreachable: it broke off.
        """
        try:
            return await self._response.read()
        except _FOREIGN as exc:
            raise translated(exc, self._endpoint) from exc

    async def chunk(self) -> bytes:
        """Return the next piece of the body, b"" at its end.

        Raises:
            EndpointUnreachable: it broke off.
        """
        try:
            return await self._response.content.readany()
        except _FOREIGN as exc:
            raise translated(exc, self._endpoint) from exc


async def _words_of(answer: Answer) -> bytes:
    """Return what an answer that is no success says; a HEAD's says it in a header."""
    return answer.headers.get(ERROR, "").encode() or await answer.read()


def _let_go(home: portal.Portal, session: aiohttp.ClientSession) -> None:
    """Close a session whose owner is gone, on the loop that it belongs to; in a fork's child that loop is not ours."""
    if portal.is_current(home):
        home.closers.discard(session.close)
        portal.launch(session.close())
