"""The fast engine: HTTP/1.1 in the clear, over connections that are kept; a tenth of the general one's work a file."""

from __future__ import annotations

import asyncio
import re
import socket
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from aisnb.transfer import faults
from aisnb.transfer.bulk import Movers
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.plain_connection import ROOM, Connection
from aisnb.transfer.reach import check_addresses
from aisnb.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.transfer.engine import Timeouts, Write

#: Seconds after which a kept connection is not trusted any more: the source may be about to close it.
_KEPT_SECONDS = 15.0
_LINK = re.compile(r"http://([^/?#@]+)(/[^#]*)")
#: What would end a header field or hide in it (RFC 9110 section 5.5).
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class _Place(NamedTuple):
    """Where a source is: what connections are kept by."""

    host: str
    port: int


class _Question:
    """What is sent, to whom and how patiently."""

    __slots__ = ("bytes", "head_only", "place", "public_only", "source", "timeouts")

    def __init__(
        self,
        method: str,
        authority: str,
        path: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        *,
        public_only: bool = False,
    ) -> None:
        self.bytes = f"{method} {path} HTTP/1.1\r\nHost: {authority}\r\n".encode() + _fields(tuple(headers.items()))
        self.head_only = method == "HEAD"
        self.place = _place(authority)
        self.public_only = public_only
        self.source = f"http://{authority}"
        self.timeouts = timeouts


def can_send(url: str) -> bool:
    """Return whether the plain engine does for a link: ``http://`` and no ``user:password@``."""
    return _LINK.fullmatch(url) is not None


class PlainEngine:
    """Speaks HTTP/1.1 without TLS; see `Engine`. Bound to the loop it is first used in."""

    def __init__(self) -> None:
        self._idle: dict[_Place, list[Connection]] = {}
        self._busy: set[Connection] = set()
        self._incoming = memoryview(bytearray(ROOM))
        self._movers = Movers()

    async def open(
        self, method: str, url: str, headers: Mapping[str, str], timeouts: Timeouts, *, public_only: bool = False
    ) -> PlainResponse:
        """Send a request and return the answer as soon as its head is here; see `Engine.open`."""
        match = _LINK.fullmatch(url)
        if match is None:
            raise faults.unsendable(f"'{url}' is not plain http://")
        question = _Question(method, match[1], match[2], headers, timeouts, public_only=public_only)
        while kept := self._take(question.place):
            if answer := await self._ask_kept(kept, question):
                return answer
        return await self._ask(await self._connect(question.place, timeouts), question)

    async def get_again(self, url: str, headers: Mapping[str, str], timeouts: Timeouts) -> PlainResponse | None:
        """Ask a source once more; see `Engine.get_again`."""
        match = _LINK.fullmatch(url)
        if match is None or not self._idle.get(_place(match[1])):
            return None
        question = _Question("GET", match[1], match[2], headers, timeouts)
        kept = self._take(question.place)
        return await self._ask_kept(kept, question) if kept else None

    async def _ask_kept(self, kept: Connection, question: _Question) -> PlainResponse | None:
        """Return the answer; None if the source had closed meanwhile, as it may (RFC 9112 section 9.3.1)."""
        try:
            return await self._ask(kept, question)
        except AttemptFailed as failure:
            if not kept.untouched or failure.final:
                raise
            return None

    async def _ask(self, connection: Connection, question: _Question) -> PlainResponse:
        self._busy.add(connection)
        try:
            check_addresses(question.source, connection.peers, public_only=question.public_only)
            await connection.ask(question.bytes, question.timeouts, head_only=question.head_only)
        except BaseException:
            self._busy.discard(connection)
            connection.abort()
            raise
        return PlainResponse(connection, self, question.place)

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
        for connection in [*self._busy, *(each for kept in self._idle.values() for each in kept)]:
            connection.abort()
        self._busy.clear()
        self._idle.clear()
        self._movers.close()

    def give_back(self, connection: Connection, place: _Place) -> None:
        """Keep a connection whose exchange has ended, if it can be."""
        self._busy.discard(connection)
        if connection.end():
            self._idle.setdefault(place, []).append(connection)

    def _take(self, place: _Place) -> Connection | None:
        kept = self._idle.get(place, [])
        since = asyncio.get_running_loop().time() - _KEPT_SECONDS
        while kept:
            connection = kept.pop()
            if connection.usable and connection.idle_since >= since:
                return connection
            connection.abort()
        return None

    async def _connect(self, place: _Place, timeouts: Timeouts) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeouts.connect):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._incoming, self._movers),
                    place.host,
                    place.port,
                    happy_eyeballs_delay=0.25,
                )
        except socket.gaierror as exc:
            raise faults.unknown_host() from exc
        except TimeoutError as exc:
            raise faults.no_connection(timeouts) from exc
        except OSError as exc:
            raise faults.nobody_answers(exc) from exc
        except ValueError as exc:
            raise faults.unsendable(exc) from exc
        return connection


class PlainResponse:
    """An answer, see `Response`."""

    def __init__(self, connection: Connection, engine: PlainEngine, place: _Place) -> None:
        self.status = connection.status
        self.headers: Mapping[str, str] = connection.headers
        self.peers = connection.peers
        self._connection = connection
        self._engine = engine
        self._place = place
        self._closed = False

    async def move(self, write: Write, most: int) -> int:
        """Hand the next bytes of the body to `write`; see `Response.move`."""
        return await self._connection.move(write, most)

    def whole(self) -> bytes | None:
        """Return the body if it came whole; see `Response.whole`."""
        return self._connection.whole()

    def close(self) -> None:
        """Let go of the connection; twice is harmless."""
        if not self._closed:
            self._closed = True
            self._engine.give_back(self._connection, self._place)


@lru_cache(maxsize=1024)
def _place(authority: str) -> _Place:
    parts = urlsplit(f"http://{authority}/")
    return _Place(parts.hostname or "", parts.port or 80)


@lru_cache(maxsize=256)
def _fields(headers: tuple[tuple[str, str], ...]) -> bytes:
    """Return the header fields as they are sent, with the empty line that ends them.

    Raises:
        AttemptFailed: one of them holds what would end it.
    """
    named = {name.lower() for name, _ in headers}
    fields = [*headers] if "user-agent" in named else [("User-Agent", f"aisnb/{__version__}"), *headers]
    for name, value in fields:
        if _CONTROL.search(value) or not _FIELD_NAME.fullmatch(name):
            raise faults.unsendable(f"the header '{name}' is none")
    return ("".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n").encode()
