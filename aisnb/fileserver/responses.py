"""Response headers, and the short texts that go with a refusal."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from mimetypes import MimeTypes

from aisnb.version import __version__

_DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_YEAR_9999 = 253402300799  # the last second that an HTTP date can name

_UNKNOWN_TYPE = b"application/octet-stream"

_SERVER = b"aisnb/" + __version__.encode()

_TEXTS = {
    400: "This is not an HTTP request that can be understood here. Is the address right: http://, not https://?",
    403: "The server may not read this file. Change its mode, or its directory's.",
    404: "There is no such file in the served directory.",
    405: "This server only reads: use GET or HEAD.",
    408: "The request did not come to its end in time. Send it again.",
    412: "The file is not in the state that the request names.",
    413: "A request with a body is not read here. Send it without one.",
    416: "The file is shorter than the range asked for.",
    417: "The expectation of this request cannot be met. Send it without Expect.",
    431: "The header of this request is too long. Send it with fewer or shorter lines.",
    500: "The file cannot be read now. The server's log says why.",
    503: "This cannot be read now: its directory is gone, it is being written, or too many files are open. Try later.",
}


@dataclass(slots=True)
class Answer:
    """What a request gets, or what is still to be sent of it.

    Attributes:
        data: the header, and the body unless that comes from a file.
        file: a descriptor to send from and to close then; -1 if there is none.
        start: where in the file to start, bytes.
        length: how much of it to send, bytes.
        keep_alive: the connection stays open afterwards.
    """

    data: bytes | memoryview
    file: int = -1
    start: int = 0
    length: int = 0
    keep_alive: bool = True

    @property
    def left(self) -> int:
        """How much there is to send, bytes."""
        return len(self.data) + self.length

    def close(self) -> None:
        """Close the file; twice is harmless."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


@lru_cache(maxsize=16384)
def http_date(second: int) -> bytes:
    """Return whole seconds since 1970 as an HTTP date (RFC 9110, section 5.6.7).

    Example:
        http_date(1445412480)  # b"Wed, 21 Oct 2015 07:28:00 GMT"
    """
    moment = time.gmtime(min(max(second, 0), _YEAR_9999))
    return b"%b, %02d %b %04d %02d:%02d:%02d GMT" % (
        _DAYS[moment.tm_wday], moment.tm_mday, _MONTHS[moment.tm_mon - 1], moment.tm_year,
        moment.tm_hour, moment.tm_min, moment.tm_sec,
    )  # fmt: skip


def content_type(name: bytes) -> bytes:
    """Return the media type of a file by the last extension of its name, the same on every machine.

    Example:
        content_type(b"shard-001.tar")  # b"application/x-tar"
    """
    before, _, extension = name.rpartition(b".")
    # Names without an extension would crowd the others out of what is remembered.
    return _type_of_extension(extension.lower()) if before else _UNKNOWN_TYPE


@lru_cache(maxsize=1024)
def _type_of_extension(extension: bytes) -> bytes:
    kind, encoding = _types().guess_type("name." + extension.decode("latin-1"))
    if encoding:
        # The packed file is what is served, so a client must not be told to unpack it.
        kind = "application/gzip" if encoding == "gzip" else None
    return kind.encode() if kind else _UNKNOWN_TYPE


@lru_cache(maxsize=1)
def _types() -> MimeTypes:
    return MimeTypes()


def first_lines(status: int) -> bytes:
    """Return the status line, ``Server`` and ``Date`` of an answer that is sent now."""
    return _first_lines(status, int(time.time()))


@lru_cache(maxsize=64)
def _first_lines(status: int, second: int) -> bytes:
    line = b"HTTP/1.1 %d %b\r\nServer: %b\r\n" % (status, HTTPStatus(status).phrase.encode(), _SERVER)
    return b"%bDate: %b\r\n" % (line, http_date(second))


def response_head(status: int, fields: bytes) -> bytes:
    """Return a whole header: status line, ``Server``, ``Date``, then `fields` (lines that each end in CR LF)."""
    return b"%b%b\r\n" % (first_lines(status), fields)


def connection_field(headers: dict[bytes, bytes], *, keep_alive: bool) -> bytes:
    """Return the ``Connection`` line; a client that asked to keep the connection is told, as HTTP/1.0 wants it."""
    if not keep_alive:
        return b"Connection: close\r\n"
    return b"Connection: keep-alive\r\n" if b"connection" in headers else b""


def refusal(status: int, *, text: str = "", fields: bytes = b"", head_only: bool = False, keep_alive: bool) -> Answer:
    """Return an error answer with a short text.

    Args:
        status: the HTTP status.
        text: a sentence; default: the one that belongs to `status`.
        fields: further header lines.
        head_only: leave the body out (HEAD).
        keep_alive: whether the connection stays open.
    """
    body = f"{status}: {text or _TEXTS[status]}\n".encode()
    fields += b"X-Content-Type-Options: nosniff\r\nContent-Type: text/plain; charset=utf-8\r\n"
    fields += b"Content-Length: %d\r\n" % len(body)
    head = response_head(status, fields)
    return Answer(head if head_only else head + body, keep_alive=keep_alive)
