"""``/v1/buckets``: list, create, look at, list the objects of, sum up and remove buckets."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
import shutil
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from aiohttp import web

from aisnb.errors import AisnbError, UsageError
from aisnb.node.actions import act_on_bucket
from aisnb.node.listing import encoded_page
from aisnb.node.properties import Right, check_right, reset_properties, set_properties
from aisnb.node.requests import bucket_of, convert, path_parts, provider_of, read_action
from aisnb.node.state import NODE
from aisnb.node.web_listing import WEB_LISTINGS
from aisnb.protocol import headers as ais
from aisnb.protocol import messages
from aisnb.protocol.buckets import BucketId, BucketSummary, bucket_properties
from aisnb.protocol.listing import ListRequest

if TYPE_CHECKING:
    from aisnb.node.state import Node
    from aisnb.store import BucketRecord
    from aisnb.uris import Bucket

_SUMMARY_ID = "summary-"

routes = web.RouteTableDef()


class _SummaryRequest(msgspec.Struct):
    uuid: str = ""
    prefix: str = ""


@routes.get("/v1/buckets", allow_head=False)
async def list_buckets(request: web.Request) -> web.Response:
    """Answer with the buckets of a provider, or all; of one name, as AIStore's clients look for one; or summaries."""
    node, provider = request.app[NODE], provider_of(request)
    action = await read_action(request)
    records = node.store.buckets(provider)
    if action.action == messages.SUMMARY:
        return await _summaries(node, [record.bucket for record in records], convert(action.value, _SummaryRequest))
    if action.action not in ("", messages.LIST):
        raise _unknown(action.action, "buckets")
    return _json([BucketId.of(record.bucket) for record in records if action.name in ("", record.bucket.name)])


@routes.get("/v1/buckets/{bucket}", allow_head=False)
async def ask_bucket(request: web.Request) -> web.Response:
    """Answer with a page of the bucket's objects, with its summary, or (a list of nothing) whether it is here.

    The last is how AIStore's clients look for a bucket without an error: a list of buckets with this one, or none.
    """
    node, bucket = request.app[NODE], bucket_of(request)
    action = await read_action(request)
    if action.action == messages.SUMMARY:
        node.store.bucket(bucket)
        return await _summaries(node, [bucket], convert(action.value, _SummaryRequest))
    if action.action not in ("", messages.LIST):
        raise _unknown(action.action, bucket)
    if action.action and action.value is None:
        records = node.store.buckets(bucket.provider)
        return _json([BucketId.of(bucket) for record in records if record.bucket == bucket])
    check_right(node.store, bucket, Right.LIST_OBJECTS)
    accept = request.headers.get("Accept", "")
    page = convert(action.value, ListRequest)
    if bucket.provider == "ht":
        with node.leases.request():
            found = await request.app[WEB_LISTINGS].page(bucket, page, accept)
        headers = {ais.NOTE: quote(found.note)} if found.note else {}
        return web.Response(body=found.body, content_type=found.kind, headers=headers)
    body, kind = await asyncio.to_thread(encoded_page, node.store, bucket, page, accept)
    return web.Response(body=body, content_type=kind)


@routes.head("/v1/buckets/{bucket}")
@routes.head(r"/v1/buckets/{bucket}/{prefix:[\s\S]+}")
async def look_at_bucket(request: web.Request) -> web.Response:
    """Answer with the bucket's properties, and with its summary in two steps if that is asked for."""
    node, bucket = request.app[NODE], bucket_of(request)
    headers = {ais.BUCKET_PROPS: json.dumps(_properties(node.store.bucket(bucket)))}
    if "bsumm_remote" not in request.query:
        return web.Response(headers=headers)
    job = request.query.get("uuid", "")
    if not job:
        headers[ais.JOB_ID] = _summary_id("/".join(path_parts(request)[3:]))
        return web.Response(status=202, headers=headers)
    summary = await asyncio.to_thread(_summary, node, bucket, _summary_prefix(job))
    headers[ais.BUCKET_SUMMARY] = json.dumps(msgspec.to_builtins(summary))
    return web.Response(headers=headers)


@routes.post("/v1/buckets/{bucket}")
async def act(request: web.Request) -> web.Response:
    """Create the bucket, or start a job on its objects."""
    node, bucket = request.app[NODE], bucket_of(request)
    action = await read_action(request)
    if action.action == messages.CREATE_BUCKET:
        if bucket.provider != "ais":
            raise UsageError(f"'{bucket}' cannot be created: 'ht://' buckets come to be when a link is first fetched.")
        await asyncio.to_thread(node.store.create_bucket, bucket)
        if action.value:
            await _choose_or_remove(node, bucket, action.value)
        return web.Response()
    return await act_on_bucket(node, bucket, action, "POST", request.query.get("bck_to", ""))


async def _choose_or_remove(node: Node, bucket: Bucket, value: object) -> None:
    """Give a new bucket the properties that it was created with; one that cannot have them is not made."""
    try:
        await asyncio.to_thread(set_properties, node.store, bucket, convert(value, dict))
    except AisnbError:
        await asyncio.to_thread(node.store.remove_bucket, bucket)
        raise


@routes.patch("/v1/buckets/{bucket}")
async def change_properties(request: web.Request) -> web.Response:
    """Change properties of the bucket, or make them those of a new one."""
    store, bucket = request.app[NODE].store, bucket_of(request)
    action = await read_action(request)
    if action.action == messages.RESET_PROPERTIES:
        await asyncio.to_thread(reset_properties, store, bucket)
    elif action.action == messages.SET_PROPERTIES:
        await asyncio.to_thread(set_properties, store, bucket, convert(action.value, dict))
    else:
        raise _unknown(action.action, bucket)
    return web.Response()


@routes.put("/v1/buckets/{bucket}")
async def pack(request: web.Request) -> web.Response:
    """Start a job that packs some of the bucket's objects into an archive."""
    return await act_on_bucket(request.app[NODE], bucket_of(request), await read_action(request), "PUT")


@routes.delete("/v1/buckets/{bucket}")
async def remove(request: web.Request) -> web.Response:
    """Remove the bucket with its objects, or start a job that removes some of them."""
    node, bucket = request.app[NODE], bucket_of(request)
    action = await read_action(request)
    if action.action == messages.EVICT_BUCKET and bucket.provider == "ais":
        raise UsageError(f"'{bucket}' cannot be evicted: its objects are nowhere else. Destroy it if you mean that.")
    if action.action in (messages.DESTROY_BUCKET, messages.EVICT_BUCKET):
        record = node.store.bucket(bucket)
        check_right(node.store, bucket, Right.DESTROY_BUCKET)
        await asyncio.to_thread(node.store.remove_bucket, bucket)
        if action.action == messages.EVICT_BUCKET and request.query.get("keep_bck_md", "").lower() == "true":
            await asyncio.to_thread(node.store.create_bucket, bucket, extra=record.extra, exist_ok=True)
        return web.Response()
    return await act_on_bucket(node, bucket, action, "DELETE")


async def _summaries(node: Node, buckets: list[Bucket], asked: _SummaryRequest) -> web.Response:
    """Answer as AIStore does: an id first, the summaries to who comes back with it."""
    if not asked.uuid:
        return web.Response(status=202, text=_summary_id(asked.prefix))
    summaries = await asyncio.to_thread(lambda: [_summary(node, bucket, asked.prefix) for bucket in buckets])
    return _json(summaries)


def _summary(node: Node, bucket: Bucket, prefix: str) -> BucketSummary:
    found = node.store.summary(bucket, prefix)
    disk = shutil.disk_usage(node.root).total
    return BucketSummary.of(
        bucket, objects=found.count, size=found.size, smallest=found.smallest, largest=found.largest, disk=disk
    )


def _summary_id(prefix: str) -> str:
    """Return an id that carries the prefix: who asks again by HEAD names only the id."""
    return _SUMMARY_ID + secrets.token_hex(2) + base64.urlsafe_b64encode(prefix.encode()).decode().rstrip("=")


def _summary_prefix(job: str) -> str:
    carried = job[len(_SUMMARY_ID) + 4 :]
    try:
        return base64.urlsafe_b64decode(carried + "=" * (-len(carried) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise UsageError(f"'{job}' is not the id of a summary. Ask for one without 'uuid' first.") from exc


def _properties(record: BucketRecord) -> dict[str, object]:
    return bucket_properties(record.bucket, record.created_ns, record.extra)


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type=ais.JSON)


def _unknown(action: str, where: object) -> UsageError:
    return UsageError(f"'{action}' is not something that the embedded node does with {where}.")
