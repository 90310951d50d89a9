"""``/v1/objects``: put, get, look at, remove objects and note words with them."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, hdrs, web

from aisnb.errors import ObjectNotFound, Unsupported, UsageError
from aisnb.node.content import object_headers, send_object
from aisnb.node.requests import convert, object_of, read_action
from aisnb.node.state import NODE
from aisnb.node.web_source import WEB_SOURCE
from aisnb.protocol import headers as ais

if TYPE_CHECKING:
    from aisnb.store import ObjectRecord, Partial
    from aisnb.uris import Bucket

#: Any character, a line break too.
_PATH = r"/v1/objects/{bucket}/{name:[\s\S]+}"

_HASHES = ("md5", "sha256", "sha512")
_XXHASHES = (ais.XXHASH, "xxhash")

#: What AIStore's PUT and GET can do beside the plain thing, and the embedded node cannot.
_BEYOND_PUT = ("append_type", "uploadId", "object_to")
_BEYOND_GET = ("archpath", "archregx")

routes = web.RouteTableDef()


@routes.get(_PATH, allow_head=False)
async def get_object(request: web.Request) -> web.StreamResponse:
    """Answer with the object's bytes; one of an ``ht://`` bucket that is not here is brought first."""
    _refuse(request, _BEYOND_GET)
    bucket, name = object_of(request)
    if bucket.provider == "ht":
        record, file = await request.app[WEB_SOURCE].open(bucket, name, request.query.get(ais.ORIGINAL_URL, ""))
    else:
        record, file = request.app[NODE].store.open(bucket, name)
    return await send_object(request, bucket, record, file)


@routes.head(_PATH)
async def look_at_object(request: web.Request) -> web.Response:
    """Answer with the object's properties."""
    bucket, name = object_of(request)
    record = request.app[NODE].store.stat(bucket, name)
    headers = object_headers(bucket, record, request.query.get("props"))
    headers["Content-Length"] = str(record.size)
    return web.Response(headers=headers)


async def _wait_for_checks(_request: web.Request) -> None:
    """Send no ``100 Continue`` yet: the handler does, once it knows that the object can be stored."""


@routes.put(_PATH, expect_handler=_wait_for_checks)
async def put_object(request: web.Request) -> web.Response:
    """Store the body as the object, whole and verified or not at all."""
    _refuse(request, _BEYOND_PUT)
    bucket, name = object_of(request)
    _refuse_web(bucket, name)
    store = request.app[NODE].store
    partial = store.begin(bucket, name)
    try:
        partial.start(offset=0, validator="", size=request.content_length)
        await _receive(request, partial)
        record = await asyncio.wrap_future(store.commit(partial))
    finally:
        partial.discard()
    return web.Response(headers=_stored(record))


def _stored(record: ObjectRecord) -> dict[str, str]:
    return {
        ais.CHECKSUM_TYPE: ais.XXHASH,
        ais.CHECKSUM_VALUE: record.checksum,
        ais.VERSION: str(record.version),
    }


async def _receive(request: web.Request, partial: Partial) -> None:
    kind = request.headers.get(ais.CHECKSUM_TYPE, "").lower()
    given = request.headers.get(ais.CHECKSUM_VALUE, "").lower()
    if given and kind not in (*_HASHES, *_XXHASHES, "none"):
        raise UsageError(f"The checksum type '{kind}' is not known here. Use {', '.join((*_XXHASHES, *_HASHES))}.")
    digest = hashlib.new(kind, usedforsecurity=False) if given and kind in _HASHES else None
    if hdrs.EXPECT in request.headers and request.version == HttpVersion11 and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        async for chunk in request.content.iter_any():
            partial.write(chunk)
            if digest:
                digest.update(chunk)
    except web.RequestPayloadError as exc:
        raise UsageError(f"The body of PUT '{request.path}' broke off: {exc}. Send it again.") from exc
    found = digest.hexdigest() if digest else partial.digest()
    if given and kind != "none" and given != found:
        raise UsageError(
            f"'{request.path}' was not stored: its {kind} is {found}, and {given} was expected. Send it again."
        )


@routes.delete(_PATH)
async def delete_object(request: web.Request) -> web.Response:
    """Remove the object."""
    bucket, name = object_of(request)
    _refuse_web(bucket, name)
    if not await asyncio.to_thread(request.app[NODE].store.remove, bucket, [name]):
        raise ObjectNotFound(f"{bucket / name} does not exist")
    return web.Response()


@routes.patch(_PATH)
async def note_custom(request: web.Request) -> web.Response:
    """Add words to the object's custom ones, or put them in their place."""
    bucket, name = object_of(request)
    words = convert((await read_action(request)).value, dict[str, str])
    replace = request.query.get("set-new-custom", "").lower() == "true"
    await asyncio.to_thread(request.app[NODE].store.set_custom, bucket, name, words, replace=replace)
    return web.Response()


def _refuse_web(bucket: Bucket, name: str) -> None:
    if bucket.provider == "ht":
        raise UsageError(
            f"'{bucket / name}' cannot be changed: 'ht://' buckets are read-only. Use an 'ais://' bucket, "
            "or evict what is not wanted here any more."
        )


def _refuse(request: web.Request, parameters: tuple[str, ...]) -> None:
    if beyond := next((each for each in parameters if request.query.get(each)), ""):
        raise Unsupported(
            f"{request.method} with '{beyond}' is not something that the embedded node does. Set AIS_ENDPOINT to a "
            "cluster for it."
        )
