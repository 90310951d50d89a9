"""Requests as they come off the wire. HTTP is parsed by httptools; here is only what is made of its callbacks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser


@dataclass(slots=True)
class Request:
    """One request, its header read to the end.

    Attributes:
        method: ``b"GET"``, ``b"HEAD"`` …
        target: the request target as sent: path and query, still percent-encoded.
        headers: names in lower case; the values of a repeated name are joined by commas (RFC 9110, section 5.3).
        keep_alive: the client will reuse the connection.
        fault: an HTTP status if the request has to be refused whatever it asks for, else 0.
    """

    method: bytes = b"GET"
    target: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    keep_alive: bool = True
    fault: int = 0


class RequestReader:
    """Turns bytes into requests, in order.

    Attributes:
        requests: those that are complete; the owner takes them from the left.
        ended: no request will follow, further bytes are not looked at.
        midway: a request has begun and its header is not complete.
        unread: the client may still be sending what nobody reads: a body, the rest of a faulty request.
    """

    __slots__ = (
        "_header_bytes",
        "_headers",
        "_parser",
        "_target",
        "_unfinished",
        "ended",
        "midway",
        "requests",
        "unread",
    )

    def __init__(self, header_bytes: int) -> None:
        self.requests: deque[Request] = deque()
        self.ended = False
        self.midway = False
        self.unread = False
        self._header_bytes = header_bytes
        self._unfinished = 0
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._parser = HttpRequestParser(self)

    def feed(self, data: memoryview) -> None:
        """Read `data`; complete requests, also faulty ones, are appended to `requests`.

        Args:
            data: bytes off the connection; not kept.
        """
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            # No other protocol is spoken here. The request itself is answered, what follows it cannot be read.
            self.requests[-1].keep_alive = False
            self.end()
        except HttpParserError:
            self.refuse(400)
        if self.midway:
            self._unfinished += len(data)
            if self._unfinished > self._header_bytes:
                self.refuse(431)

    def refuse(self, status: int) -> None:
        """End reading; the client is told why by `status`, after the answers to its complete requests."""
        if not self.ended:
            self.end()
            self.unread = True
            self.requests.append(Request(keep_alive=False, fault=status))

    def stop(self) -> None:
        """End reading, and forget the requests that were not taken."""
        self.end()
        self.requests.clear()

    def end(self) -> None:
        """End reading: what is not complete will never be."""
        self.ended, self.midway = True, False

    # Callbacks of the parser, which may come in pieces when a request is split over packets.

    def on_message_begin(self) -> None:
        """Note the first byte of a request."""
        self.midway = not self.ended

    def on_url(self, url: bytes) -> None:
        """Take (a piece of) the request target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header line."""
        name = name.lower()
        headers = self._headers
        headers[name] = headers[name] + b", " + value if name in headers else value

    def on_headers_complete(self) -> None:
        """Make the request: with a refused body there is nothing to wait for, and without there is none."""
        target, headers = self._target, self._headers
        self.midway, self._target, self._headers, self._unfinished = False, b"", {}, 0
        if self.ended:
            return
        parser = self._parser
        request = Request(parser.get_method(), target, headers, parser.should_keep_alive())
        if b"host" not in headers and parser.get_http_version() == "1.1":
            request.fault = 400
            request.keep_alive = False
        elif b"expect" in headers and headers[b"expect"].lower() != b"100-continue":
            request.fault = 417
        if b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0":
            self.unread = True
            request.keep_alive = False
            request.fault = request.fault or (413 if request.method in (b"GET", b"HEAD") else 405)
        if not request.keep_alive:
            self.end()
        self.requests.append(request)
