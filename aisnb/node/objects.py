"""``/v1/objects``: put, get, look at, remove objects and note words with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from aisnb.errors import ObjectNotFound, UsageError
from aisnb.node.actions import act_on_object
from aisnb.node.content import object_headers, send_object
from aisnb.node.copying import copy_object
from aisnb.node.properties import Right, check_right
from aisnb.node.receiving import receive, wait_for_checks
from aisnb.node.requests import bucket_of, convert, object_of, parse_object_uname, read_action, refuse_web
from aisnb.node.shards import APPENDING, asks_for_members, send_members
from aisnb.node.state import NODE
from aisnb.node.uploads import UPLOADS
from aisnb.node.web_source import WEB_SOURCE
from aisnb.protocol import headers as ais
from aisnb.protocol import messages
from aisnb.uris import check_object_name

if TYPE_CHECKING:
    from aisnb.store import ObjectRecord
    from aisnb.uris import Bucket

#: Any character, a line break too.
_PATH = r"/v1/objects/{bucket}/{name:[\s\S]+}"


#: What a request for an object needs the bucket's leave for.
_RIGHTS = {
    "GET": Right.GET,
    "HEAD": Right.HEAD_OBJECT,
    "PUT": Right.PUT,
    "POST": Right.PUT,
    "PATCH": Right.UPDATE_OBJECT,
    "DELETE": Right.DELETE_OBJECT,
}

routes = web.RouteTableDef()


def _allowed_object(request: web.Request) -> tuple[Bucket, str]:
    """Return the bucket and the object that the request names, if the bucket allows it.

    Raises:
        web.HTTPForbidden: it does not.
    """
    bucket, name = object_of(request)
    check_right(request.app[NODE].store, bucket, _RIGHTS[request.method])
    return bucket, name


@routes.get(_PATH, allow_head=False)
async def get_object(request: web.Request) -> web.StreamResponse:
    """Answer with the object's bytes; one of an ``ht://`` bucket that is not here is brought first."""
    bucket, name = _allowed_object(request)
    if bucket.provider == "ht":
        record, file = await request.app[WEB_SOURCE].open(bucket, name, request.query.get(ais.ORIGINAL_URL, ""))
    else:
        record, file = request.app[NODE].store.open(bucket, name)
    if asks_for_members(request):
        return await send_members(request, bucket, record, file)
    return await send_object(request, bucket, record, file)


@routes.head(_PATH)
async def look_at_object(request: web.Request) -> web.Response:
    """Answer with the object's properties."""
    bucket, name = _allowed_object(request)
    record = request.app[NODE].store.stat(bucket, name)
    headers = object_headers(bucket, record, request.query.get("props"))
    headers["Content-Length"] = str(record.size)
    return web.Response(headers=headers)


@routes.put(_PATH, expect_handler=wait_for_checks)
async def put_object(request: web.Request) -> web.Response:
    """Store the body as the object, whole and verified or not at all; or what else a PUT can mean."""
    bucket, name = _allowed_object(request)
    refuse_web(bucket, name)
    for parameter, handler in _OTHER_PUTS.items():
        if parameter in request.query:
            return await handler(request, bucket, name)
    store = request.app[NODE].store
    durable = request.headers.get(ais.DURABLE, "").lower() == "true"
    partial = store.begin(bucket, name)
    try:
        partial.start(offset=0, validator="", size=request.content_length)
        await receive(request, partial)
        if durable:
            await asyncio.to_thread(partial.sync)
        record = await asyncio.wrap_future(store.commit(partial, custom=_custom_words(request), durable=durable))
    finally:
        partial.discard()
    return _stored(record, durable=durable)


def _custom_words(request: web.Request) -> dict[str, str]:
    """Return the words that come with an object, a header line for each, as AIStore keeps them."""
    pairs = (line.partition("=") for line in request.headers.getall(ais.CUSTOM, ()))
    return {key: value for key, _, value in pairs if key and key != ais.CHUNKS}


def _stored(record: ObjectRecord, *, durable: bool = False) -> web.Response:
    headers = {
        ais.CHECKSUM_TYPE: ais.XXHASH,
        ais.CHECKSUM_VALUE: record.checksum,
        ais.VERSION: str(record.version),
    }
    if durable:
        headers[ais.DURABLE] = "true"
    return web.Response(headers=headers)


async def _rename(request: web.Request, bucket: Bucket, name: str, to: str) -> web.Response:
    refuse_web(bucket, name)
    store = request.app[NODE].store
    if to != name:
        await asyncio.wrap_future(await asyncio.to_thread(copy_object, store, (bucket, name), (bucket, to)))
        await asyncio.to_thread(store.remove, bucket, [name])
    return web.Response()


async def _copy(request: web.Request, bucket: Bucket, name: str) -> web.Response:
    target = parse_object_uname(request.query["object_to"])
    refuse_web(*target)
    store = request.app[NODE].store
    check_right(store, target[0], Right.PUT)
    future = await asyncio.to_thread(copy_object, store, (bucket, name), target)
    return _stored(await asyncio.wrap_future(future))


async def _put_part(request: web.Request, bucket: Bucket, name: str) -> web.Response:
    number = request.query.get("partNumber", "")
    await request.app[UPLOADS].put_part(request, bucket, name, request.query["uploadId"], number)
    return web.Response()


async def _add_member(request: web.Request, bucket: Bucket, name: str) -> web.Response:
    flags = request.headers.get(ais.ARCHIVE_FLAGS, "")
    return _stored(await request.app[APPENDING].append(request, bucket, name, flags))


async def _append(request: web.Request, bucket: Bucket, name: str) -> web.Response:
    uploads, handle = request.app[UPLOADS], request.query.get("append_handle", "")
    match request.query["append_type"]:
        case "append":
            handle = await uploads.append(request, bucket, name, handle)
            return web.Response(headers={ais.APPEND_HANDLE: handle})
        case "flush":
            return _stored(await uploads.flush(request, bucket, name, handle))
        case other:
            raise UsageError(f"'{other}' is not a type of append. Use 'append', and 'flush' at the end.")


#: What a PUT means with one of these in its query, in the order that AIStore looks at them.
_OTHER_PUTS = {"object_to": _copy, "uploadId": _put_part, "archpath": _add_member, "append_type": _append}


@routes.post("/v1/objects/{bucket}")
async def act_on_objects(request: web.Request) -> web.Response:
    """Start a job on an object that the body names."""
    return await act_on_object(request.app[NODE], bucket_of(request), await read_action(request))


@routes.post(_PATH)
async def act_on_parts(request: web.Request) -> web.Response:
    """Begin or end an object that comes in parts; or start a job on the object."""
    bucket, name = _allowed_object(request)
    action = await read_action(request)
    uploads, upload_id = request.app[UPLOADS], request.query.get("uploadId", "")
    if action.action == messages.BEGIN_PARTS:
        refuse_web(bucket, name)
        return web.Response(text=uploads.begin_parts(bucket, name))
    if action.action == messages.COMPLETE_PARTS:
        parts = convert(action.value, list[messages.Part]) if action.value is not None else []
        return _stored(await uploads.complete_parts(bucket, name, upload_id, [part.number for part in parts]))
    if action.action == messages.RENAME_OBJECT:
        return await _rename(request, bucket, name, check_object_name(action.name))
    action.name = action.name or name
    return await act_on_object(request.app[NODE], bucket, action)


@routes.delete(_PATH)
async def delete_object(request: web.Request) -> web.Response:
    """Remove the object; with ``uploadId`` only what has come of it in parts."""
    bucket, name = _allowed_object(request)
    refuse_web(bucket, name)
    if upload_id := request.query.get("uploadId", ""):
        request.app[UPLOADS].abort_parts(bucket, name, upload_id)
        return web.Response()
    if not await asyncio.to_thread(request.app[NODE].store.remove, bucket, [name]):
        raise ObjectNotFound(f"{bucket / name} does not exist")
    return web.Response()


@routes.patch(_PATH)
async def note_custom(request: web.Request) -> web.Response:
    """Add words to the object's custom ones, or put them in their place."""
    bucket, name = _allowed_object(request)
    words = convert((await read_action(request)).value, dict[str, str])
    if ais.CHUNKS in words:
        raise UsageError(f"'{ais.CHUNKS}' is a word that the node keeps for itself. Use another one.")
    store = request.app[NODE].store
    replace = request.query.get("set-new-custom", "").lower() == "true"
    if replace and (chunks := store.stat(bucket, name).custom.get(ais.CHUNKS)):
        words[ais.CHUNKS] = chunks
    await asyncio.to_thread(store.set_custom, bucket, name, words, replace=replace)
    return web.Response()
