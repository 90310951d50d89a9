"""A regular file as an answer: whole, in part, or not at all because the client has it (RFC 9110)."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from aisnb.fileserver.conditions import (
    CONDITIONAL_HEADERS,
    RangeNotSatisfiable,
    failed_precondition,
    requested_range,
)
from aisnb.fileserver.responses import (
    Answer,
    connection_field,
    content_type,
    first_lines,
    http_date,
    refusal,
    response_head,
)

if TYPE_CHECKING:
    from aisnb.fileserver.requests import Request

#: Up to here a body is read at once and sent by the same call as its header; beyond, the kernel copies (sendfile).
SMALL_BYTES = 16 * 1024

_ETAG = b'"%x-%x-%x"'
_FILE_HEAD = (
    b"%bETag: " + _ETAG + b"\r\nLast-Modified: %b\r\nAccept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n"
    b"Content-Type: %b\r\nContent-Length: %d\r\n%b\r\n"
)


def file_head(code: int, status: os.stat_result, name: bytes, length: int, fields: bytes) -> bytes:
    """Return the header of an answer with a regular file, or a part of it.

    Args:
        code: the HTTP status.
        status: what ``os.fstat`` says of the file.
        name: of the file, for its media type.
        length: of the body, bytes.
        fields: further header lines.
    """
    return _FILE_HEAD % (
        first_lines(code),
        status.st_ino,
        status.st_mtime_ns,
        status.st_size,
        http_date(int(status.st_mtime)),
        content_type(name),
        length,
        fields,
    )


def read_small(descriptor: int, start: int, length: int) -> bytes:
    """Return a part of a file, and close the file.

    Raises:
        OSError: the file cannot be read, or has become shorter than it was when it was looked at.
    """
    try:
        body = os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)
    if len(body) < length:
        raise OSError(errno.EAGAIN, "The file became shorter while it was read.")
    return body


def represent_file(request: Request, descriptor: int, status: os.stat_result, name: bytes) -> Answer:
    """Return the answer to a GET or HEAD of an open regular file.

    Args:
        request: with its conditions and its range.
        descriptor: of the file; the answer's to close if it is sent, else closed here.
        status: what ``os.fstat`` says of the file.
        name: of the file, for its media type.

    Raises:
        OSError: a small file cannot be read.
    """
    size, modified = status.st_size, int(status.st_mtime)
    etag = _ETAG % (status.st_ino, status.st_mtime_ns, size)
    code, start, stop = 200, 0, size
    if not CONDITIONAL_HEADERS.isdisjoint(request.headers):
        code, start, stop = _decide(request, etag, modified, size)
    if code >= 300:
        os.close(descriptor)
        return _refuse_content(request, code, etag, modified, size)
    fields = connection_field(request.headers, keep_alive=request.keep_alive)
    if code == 206:
        fields += b"Content-Range: bytes %d-%d/%d\r\n" % (start, stop - 1, size)
    head, length = file_head(code, status, name, stop - start, fields), stop - start
    if request.method == b"HEAD":
        length = 0
    if length > SMALL_BYTES:
        return Answer(head, descriptor, start, length, request.keep_alive)
    return Answer(head + read_small(descriptor, start, length), keep_alive=request.keep_alive)


def _decide(request: Request, etag: bytes, modified: int, size: int) -> tuple[int, int, int]:
    """Return the status that the request's conditions lead to, and the range of bytes to send."""
    status = failed_precondition(request.headers, etag, modified)
    if status:
        return status, 0, 0
    if request.method != b"GET":
        return 200, 0, size  # ranges are defined for GET only (section 14.2)
    try:
        part = requested_range(request.headers, etag, modified, size)
    except RangeNotSatisfiable:
        return 416, 0, 0
    return (206, *part) if part else (200, 0, size)


def _refuse_content(request: Request, status: int, etag: bytes, modified: int, size: int) -> Answer:
    state = b"ETag: %b\r\nLast-Modified: %b\r\nAccept-Ranges: bytes\r\n%b" % (
        etag,
        http_date(modified),
        connection_field(request.headers, keep_alive=request.keep_alive),
    )
    if status == 304:
        return Answer(response_head(304, state), keep_alive=request.keep_alive)
    if status == 416:
        state += b"Content-Range: bytes */%d\r\n" % size
    return refusal(status, fields=state, head_only=request.method == b"HEAD", keep_alive=request.keep_alive)
