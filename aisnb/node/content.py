"""An object as an HTTP answer: its headers, the range that was asked for, its bytes."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from aiohttp import hdrs, web
from multidict import CIMultiDict

from aisnb.errors import UsageError
from aisnb.protocol import headers as ais
from aisnb.protocol.cluster import TARGET_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.store import ObjectRecord
    from aisnb.uris import Bucket

    Pairs = list[tuple[str, str]]

#: Up to this many bytes go out in one write together with the header; more go by sendfile.
_IN_ONE_WRITE = 256 << 10

_RANGE = re.compile(r"bytes=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)

_log = logging.getLogger(__name__)

_NO_HEADERS = ("size", "status", "cached", "ec")

#: Properties that are left out unless they are named, as AIStore does.
_ONLY_IF_ASKED = ("etag", "last-modified", "chunked")

_HEADERS: dict[str, Callable[[Bucket, ObjectRecord], Pairs]] = {
    "name": lambda bucket, record: [
        (ais.OBJECT_NAME, in_header(record.name)),
        (ais.BUCKET_NAME, bucket.name),
        (ais.BUCKET_PROVIDER, bucket.provider),
    ],
    "checksum": lambda _, record: (
        [(ais.CHECKSUM_TYPE, ais.XXHASH), (ais.CHECKSUM_VALUE, record.checksum)] if record.checksum else []
    ),
    "atime": lambda _, record: [(ais.ACCESS_TIME, str(record.atime))],
    "version": lambda _, record: [(ais.VERSION, str(record.version))],
    "custom": lambda _, record: [
        (ais.CUSTOM, f"{in_header(key)}={in_header(value)}")
        for key, value in record.custom.items()
        if key != ais.CHUNKS
    ],
    "chunked": lambda _, record: _chunk_headers(record),
    "location": lambda *_: [("ais-location", f"t[{TARGET_ID}]")],
    "copies": lambda *_: [("ais-mirror-copies", "1")],
    "etag": lambda _, record: [("ETag", f'"{record.checksum or f"{record.modified_ns:x}-{record.size:x}"}"')],
    "last-modified": lambda _, record: [("Last-Modified", _http_date(record.modified_ns))],
}

_USUAL = [prop for prop in _HEADERS if prop not in _ONLY_IF_ASKED]


def object_headers(bucket: Bucket, record: ObjectRecord, props: str | None = None) -> CIMultiDict[str]:
    """Return the headers that tell an object's properties.

    Args:
        bucket: where it is.
        record: the object.
        props: which, with commas between; None for all but those that cost most, as AIStore does.

    Raises:
        UsageError: there is no such property.
    """
    return CIMultiDict(_pairs(bucket, record, props))


def _pairs(bucket: Bucket, record: ObjectRecord, props: str | None = None) -> Pairs:
    wanted = _USUAL if props is None else [prop.strip() for prop in props.split(",") if prop.strip()]
    pairs = [(ais.PRESENT, "true")]
    for prop in wanted:
        if prop in _HEADERS:
            pairs += _HEADERS[prop](bucket, record)
        elif prop not in _NO_HEADERS:
            known = ", ".join((*_HEADERS, *_NO_HEADERS))
            raise UsageError(f"'{prop}' is not a property of objects. Use some of: {known}.")
    return pairs


def whole_object_headers(bucket: Bucket, record: ObjectRecord) -> Pairs:
    """Return the headers of an answer with all of an object, name and value, but for those that every answer has."""
    return [*_pairs(bucket, record), ("Accept-Ranges", "bytes"), ("Content-Type", "application/octet-stream")]


def _chunk_headers(record: ObjectRecord) -> Pairs:
    count, _, size = record.custom.get(ais.CHUNKS, "").partition("/")
    return [(ais.CHUNK_COUNT, count), (ais.CHUNK_MAX_SIZE, size)] if size else []


def in_header(text: str) -> str:
    """Return `text` if a header can carry it as it is, percent-encoded otherwise."""
    return text if text.isascii() and text.isprintable() else quote(text, safe=" !#$&'()*+,/:;=?@[]~")


def _http_date(time_ns: int) -> str:
    return format_datetime(datetime.fromtimestamp(time_ns // 1_000_000_000, UTC), usegmt=True)


async def send_object(request: web.Request, bucket: Bucket, record: ObjectRecord, file: BinaryIO) -> web.StreamResponse:
    """Answer with an object's bytes, or the range of them that was asked for.

    Args:
        request: what is answered.
        bucket: where the object is.
        record: the object.
        file: its bytes; whoever overwrites the object makes another file. Closed here.
    """
    with file:
        headers = CIMultiDict(whole_object_headers(bucket, record))
        offset, count = _span(request, record.size)
        status = 206 if hdrs.RANGE in request.headers else 200
        if status == 206:
            headers["Content-Range"] = f"bytes {offset}-{offset + count - 1}/{record.size}"
        if count <= _IN_ONE_WRITE:
            return web.Response(status=status, headers=headers, body=os.pread(file.fileno(), count, offset))
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = count
        await response.prepare(request)
        await _stream(request, response, file, offset, count)
        return response


def _span(request: web.Request, size: int) -> tuple[int, int]:
    """Return offset and count of the bytes that the request asks for."""
    text = request.headers.get(hdrs.RANGE)
    if text is None:
        return 0, size
    match = _RANGE.fullmatch(text)
    first, last = match.groups() if match else ("", "")
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    elif last:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = size, size - 1
    if start > end:
        raise web.HTTPRequestRangeNotSatisfiable(
            headers={"Content-Range": f"bytes */{size}"},
            reason=f"The range {text!a} is not one of an object of {size} bytes. Say bytes=FIRST-LAST.",
        )
    return start, end - start + 1


async def _stream(request: web.Request, response: web.StreamResponse, file: BinaryIO, offset: int, count: int) -> None:
    """Send bytes of a file from the kernel's cache. The header is out: what goes wrong now can only be cut off."""
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the caller went away")
    try:
        sent = await asyncio.get_running_loop().sendfile(transport, file, offset, count)
    except OSError as exc:
        if not isinstance(exc, ConnectionError):
            _log.exception("%s could not be read", file.name)
        sent = 0
    if sent == count:
        await response.write_eof()
    else:
        transport.abort()
