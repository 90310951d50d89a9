"""The node's door: whole small objects are handed out here, past the web framework, at a fraction of what that costs.

Training reads them by the thousand. A connection that asks for anything else, in any other way, or for what is not to
be had, is the framework's from then on, with the very bytes that it sent: there is one set of rules and errors.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools
from aiohttp import web

from aisnb.errors import AisnbError
from aisnb.fileserver.watching import EpollWatch, watch_on
from aisnb.node.content import whole_object_headers
from aisnb.node.light_transport import LightTransport
from aisnb.node.properties import Right, check_right
from aisnb.uris import Bucket

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from aisnb.fileserver.hosts import Hosts
    from aisnb.node.state import Node
    from aisnb.store import ObjectRecord, Sighting

#: Up to here an object is read and written in one go.
_SMALL_BYTES = 256 << 10
#: Seconds after which a connection that asks for nothing, or takes nothing of its answers, is given up, as the
#: framework does between two requests.
_IDLE_SECONDS = 75.0
#: Heads that are held in memory, 20 MiB at most.
_REMEMBERED = 16_384
#: Received at once. asyncio's own way makes room for 256 KiB each time, which costs more than the reading.
_RECEIVE_BYTES = 16 << 10
#: Names that are spelled in a link as they are.
_PATH = re.compile(rb"/v1/objects/([\w.-]{1,64})/([\w./=+,@:~-]+)(?:\?provider=ais)?", re.ASCII)
#: What makes a question another one than for the whole object, or has more to come.
_UNUSUAL = {b"range", b"expect", b"content-length", b"transfer-encoding", b"upgrade"}


class Door:
    """Receives whoever connects to the node.

    Args:
        node: whose objects.
        hosts: the names that requests may give.
        framework: makes the protocol for connections that are not answered here.
    """

    def __init__(self, node: Node, hosts: Hosts, framework: Callable[[], asyncio.Protocol]) -> None:
        loop = asyncio.get_running_loop()
        self.framework = framework
        self.incoming = memoryview(bytearray(_RECEIVE_BYTES))  # read before the next comes, so one will do
        self._visitors: set[_Visitor] = set()
        self._known: dict[bytes, _Known] = {}
        self._bearer = b"Bearer " + node.token.encode()
        self._node = node
        self._hosts = hosts
        self._watch = watch_on(loop)
        self._closed = False
        self._sweep = loop.call_later(_IDLE_SECONDS, self._give_up_idle)

    def welcome(self, client: socket.socket) -> None:
        """Take in a client by its socket, connected and non-blocking, which is closed by whoever answers it."""
        visitor = _Visitor(self)
        visitor.connection_made(LightTransport(client, visitor, self.incoming, self._watch))

    def visitor(self) -> asyncio.BaseProtocol:
        """Return the protocol of a new connection that has a transport of asyncio's, for it speaks TLS."""
        return _Visitor(self)

    def enter(self, visitor: _Visitor) -> None:
        """Count a connection as one of the door's."""
        self._visitors.add(visitor)

    def leave(self, visitor: _Visitor) -> None:
        """Count it no more; twice is harmless."""
        self._visitors.discard(visitor)
        self._close_watch_at_last()

    def close(self) -> None:
        """Close the connections that are not the framework's; twice is harmless."""
        self._closed = True
        self._sweep.cancel()
        for visitor in list(self._visitors):
            visitor.close()
        self._close_watch_at_last()

    def _close_watch_at_last(self) -> None:
        """Close it once nobody is left who may still get the rest of an answer."""
        if self._closed and not self._visitors and isinstance(self._watch, EpollWatch):
            self._watch.close()

    def _give_up_idle(self) -> None:
        for visitor in list(self._visitors):
            visitor.give_up_if_idle()
        self._sweep = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._give_up_idle)

    def answer(self, question: _Question) -> bytes | None:
        """Return the answer to a request, None if it is for the framework to give."""
        if not question.is_plain or self._node.stop.is_set() or not self._may_enter(question.headers):
            return None
        known = self._known.get(question.target)
        body = self._node.store.read_again(known.seen) if known is not None else None
        if known is None or body is None:
            found = self._look_for(question.target)
            if found is None:
                return None
            known, body = found
        self._node.leases.touch()
        return b"".join((known.head, _date(int(time.time())), body))

    def _look_for(self, target: bytes) -> tuple[_Known, bytes] | None:
        """Return what the target names, and remember it; None if it is not for here, or not to be had."""
        match = _PATH.fullmatch(target)
        if match is None:
            return None
        bucket = Bucket("ais", match[1].decode())
        try:
            found = self._node.store.read(bucket, match[2].decode(), _SMALL_BYTES)
            check_right(self._node.store, bucket, Right.GET)  # after it, so that no change of it can be missed
        except (AisnbError, web.HTTPException, OSError):
            return None
        if found is None:
            return None
        seen, body = found
        known = _Known(seen, _head(bucket, seen.record))
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[target] = known
        return known, body

    def _may_enter(self, headers: dict[bytes, bytes]) -> bool:
        """Return whether a request is surely let in: of the ways to write the token, one is looked for here."""
        given = headers.get(b"authorization", b"")
        return hmac.compare_digest(given, self._bearer) and self._hosts.allows(headers.get(b"host", b""))


class _Known(NamedTuple):
    """An object that was handed out, and the head that it had, up to the date."""

    seen: Sighting
    head: bytes


def _head(bucket: Bucket, record: ObjectRecord) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in whole_object_headers(bucket, record)])
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {record.size}\r\n".encode()


@lru_cache(maxsize=1)
def _date(seconds: int) -> bytes:
    """Return the last header and the end of the head."""
    return f"Date: {formatdate(seconds, usegmt=True)}\r\n\r\n".encode()


class _Question:
    """What the parser finds in the bytes that came at once.

    Attributes:
        target: path and query, as they were sent.
        headers: by their names in lower case.
        is_plain: it is one whole GET without anything unusual, and its connection stays open.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)

    def read(self, data: memoryview) -> None:
        """Parse `data`."""
        self.target = b""
        self.headers: dict[bytes, bytes] = {}
        self._begun = self._ended = 0
        self._odd = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._odd = True
        self.is_plain = self._begun == self._ended == 1 and not self._odd

    # Callbacks of the parser.

    def on_message_begin(self) -> None:
        """Count requests: only one at a time is answered here."""
        self._begun += 1

    def on_url(self, url: bytes) -> None:
        """Take the request's target, or a piece of it."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header line; one that comes twice is unusual."""
        name = name.lower()
        self._odd = self._odd or name in _UNUSUAL or name in self.headers
        self.headers[name] = value

    def on_headers_complete(self) -> None:
        """Look at the request line."""
        parser = self._parser
        plain = parser.get_method() == b"GET" and parser.get_http_version() == "1.1" and parser.should_keep_alive()
        self._odd = self._odd or not plain

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._ended += 1


class _Visitor(asyncio.BufferedProtocol):
    """One connection, as long as it asks for small objects only."""

    _transport: asyncio.Transport | LightTransport

    def __init__(self, door: Door) -> None:
        self._door = door
        self._question = _Question()
        self._stirred = True
        self._untaken = 0

    def connection_made(self, transport: asyncio.BaseTransport | LightTransport) -> None:
        self._transport = cast("asyncio.Transport | LightTransport", transport)
        self._door.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._door.incoming

    def buffer_updated(self, nbytes: int) -> None:
        self._stirred = True
        data = self._door.incoming[:nbytes]
        self._question.read(data)
        answer = self._door.answer(self._question)
        if answer is None:
            self._hand_over(bytes(data))
        else:
            self._transport.write(answer)

    def pause_writing(self) -> None:
        """Read no further question before the client has taken its answers: asyncio's transport wants to be told."""
        cast("asyncio.Transport", self._transport).pause_reading()

    def resume_writing(self) -> None:
        cast("asyncio.Transport", self._transport).resume_reading()

    def give_up_if_idle(self) -> None:
        """Cut the connection if nothing was asked, and nothing taken, since the last call."""
        untaken = self._transport.get_write_buffer_size()
        if not self._stirred and untaken == self._untaken:
            self._transport.abort()
        self._stirred, self._untaken = False, untaken

    def close(self) -> None:
        """Close the connection once what was written has gone out."""
        self._transport.close()

    def _hand_over(self, data: bytes) -> None:
        self._door.leave(self)
        successor = _Successor(self._door.framework(), data)
        if isinstance(self._transport, LightTransport):
            self._transport.leave_to(successor)
        else:
            successor.connection_made(self._transport)


class _Successor(asyncio.Protocol):
    """Gives a connection to a protocol that is told what was read already."""

    def __init__(self, protocol: asyncio.Protocol, data: bytes) -> None:
        self._protocol = protocol
        self._data = data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).set_protocol(self._protocol)
        self._protocol.connection_made(transport)
        self._protocol.data_received(self._data)
