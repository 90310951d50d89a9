"""The node's door: whole small objects are handed out here, past the web framework, at a fraction of what that costs.

Training reads them by the thousand. A connection that asks for anything else, in any other way, or for what is not to
be had, is the framework's from then on, with the very bytes that it sent: there is one set of rules and errors.
"""

from __future__ import annotations

import asyncio
import re
import time
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import httptools
from aiohttp import web

from aisnb.errors import AisnbError
from aisnb.node.access import bears
from aisnb.node.content import whole_object_headers
from aisnb.node.properties import Right, check_right
from aisnb.uris import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.fileserver.hosts import Hosts
    from aisnb.node.state import Node
    from aisnb.store import ObjectRecord

#: Up to here an object is read and written in one go.
_SMALL_BYTES = 256 << 10
#: Seconds after which a connection that asks for nothing, or takes nothing of its answers, is given up, as the
#: framework does between two requests.
_IDLE_SECONDS = 75.0
#: Heads that are held in memory, 16 MiB at most.
_REMEMBERED = 16_384
#: Received at once. asyncio's own way makes room for 256 KiB each time, which costs more than the reading.
_RECEIVE_BYTES = 16 << 10
#: Names that are spelled in a link as they are.
_PATH = re.compile(rb"/v1/objects/([\w.-]{1,64})/([\w./=+,@:~-]+)(?:\?provider=ais)?", re.ASCII)
#: What makes a question another one than for the whole object, or has more to come.
_UNUSUAL = {b"range", b"expect", b"content-length", b"transfer-encoding", b"upgrade"}


class Door:
    """Makes a protocol for each connection to the node.

    Args:
        node: whose objects.
        hosts: the names that requests may give.
        framework: makes the protocol for connections that are not answered here.
    """

    def __init__(self, node: Node, hosts: Hosts, framework: Callable[[], asyncio.Protocol]) -> None:
        self.framework = framework
        self.incoming = memoryview(bytearray(_RECEIVE_BYTES))  # read before the next comes, so one will do
        self.visitors: set[_Visitor] = set()
        self._heads: dict[bytes, tuple[ObjectRecord, bytes]] = {}
        self._node = node
        self._hosts = hosts
        self._sweep = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._give_up_idle)

    def visitor(self) -> asyncio.BaseProtocol:
        """Return the protocol of a new connection."""
        return _Visitor(self)

    def close(self) -> None:
        """Close the connections that are not the framework's; twice is harmless."""
        self._sweep.cancel()
        for visitor in list(self.visitors):
            visitor.close()

    def _give_up_idle(self) -> None:
        for visitor in list(self.visitors):
            visitor.give_up_if_idle()
        self._sweep = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._give_up_idle)

    def answer(self, question: _Question) -> bytes | None:
        """Return the answer to a request, None if it is for the framework to give."""
        match = _PATH.fullmatch(question.target) if question.is_plain and not self._node.stop.is_set() else None
        if match is None or not self._may_enter(question.headers):
            return None
        bucket, name = _bucket(match[1]), match[2].decode()
        try:
            check_right(self._node.store, bucket, Right.GET)
            found = self._node.store.read(bucket, name, _SMALL_BYTES)
        except (AisnbError, web.HTTPException):
            return None
        if found is None:
            return None
        self._node.leases.touch()
        return b"%b%b%b" % (self._head(question.target, bucket, found[0]), _date(int(time.time())), found[1])

    def _head(self, target: bytes, bucket: Bucket, record: ObjectRecord) -> bytes:
        """Return what comes before the date; the store hands out the same record until something has changed."""
        known = self._heads.get(target)
        if known is not None and known[0] is record:
            return known[1]
        head = _head(bucket, record)
        if len(self._heads) >= _REMEMBERED:
            self._heads.clear()
        self._heads[target] = record, head
        return head

    def _may_enter(self, headers: dict[bytes, bytes]) -> bool:
        authorization = headers.get(b"authorization", b"").decode("utf-8", "surrogateescape")
        return self._hosts.allows(headers.get(b"host", b"")) and bears(authorization, self._node.token)


def _head(bucket: Bucket, record: ObjectRecord) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in whole_object_headers(bucket, record)])
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {record.size}\r\n".encode()


@lru_cache(maxsize=64)
def _bucket(name: bytes) -> Bucket:
    return Bucket("ais", name.decode())


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

    _transport: asyncio.Transport

    def __init__(self, door: Door) -> None:
        self._door = door
        self._question = _Question()
        self._stirred = True
        self._untaken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._door.visitors.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.visitors.discard(self)

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
        """Read no further question before the client has taken its answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

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
        self._door.visitors.discard(self)
        protocol = self._door.framework()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(data)
