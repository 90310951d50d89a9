"""Buckets: which there are, what is in them, making and removing them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from aisnb.client.listing import bucket_path, bucket_query, is_empty
from aisnb.client.loading import load_tables
from aisnb.client.web_buckets import buckets_there, directories_of, resolve
from aisnb.client.wire import Call
from aisnb.errors import AlreadyExists, ConfirmationNeeded
from aisnb.protocol.buckets import BucketId, BucketSummary
from aisnb.protocol.headers import KEEP_BUCKET, PROVIDER
from aisnb.protocol.messages import (
    CREATE_BUCKET,
    DESTROY_BUCKET,
    EVICT_BUCKET,
    RESET_PROPERTIES,
    SET_PROPERTIES,
    SUMMARY,
    Action,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.uris import Bucket

_STILL_COUNTING = (202, 206)
_COUNTING_PAUSE = 0.2
_SUMMARIES_AT_ONCE = 8


async def list_buckets(connection: Connection, provider: str) -> pd.DataFrame:
    """Return the buckets of `provider` ("" for all) that are here: name, provider, present, url."""
    load_tables()
    buckets = await buckets_there(connection, provider)
    return _frame(buckets, await directories_of(connection, buckets))


async def summarize(connection: Connection, bucket: Bucket | None, provider: str = "") -> pd.DataFrame:
    """Return a row for `bucket` (None: for each of `provider`): name, provider, present, url, objects, size.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    from aisnb.client import tables

    if bucket is None and await connection.has_extension():
        found = {_summary_bucket(row): row for row in await summaries(connection, None, provider)}
    else:  # AIStore adds all buckets up into one nameless row
        wanted = [bucket] if bucket is not None else await buckets_there(connection, provider)
        found = dict(zip(wanted, await _summed_up(connection, wanted), strict=True))
    buckets = sorted(found)
    frame = _frame(buckets, await directories_of(connection, buckets))
    frame["present"] = tables.flags([found[bucket].present or bucket.provider == "ais" for bucket in buckets])
    frame["objects"] = tables.counts([int(found[bucket].count.present) for bucket in buckets])
    frame["size"] = tables.counts([int(found[bucket].total.present) for bucket in buckets])
    return frame


async def create_bucket(connection: Connection, bucket: Bucket, properties: Mapping[str, Any] | None = None) -> bool:
    """Make the bucket, with properties that are not as usual; return whether it is new.

    Raises:
        AisnbError: the endpoint said no.
    """
    try:
        await _act(connection, "POST", bucket, CREATE_BUCKET, value=dict(properties) if properties else None)
    except AlreadyExists:
        return False
    return True


async def remove_bucket(connection: Connection, bucket: Bucket, *, yes: bool, keep: bool = False) -> None:
    """Remove the bucket; of one that is elsewhere (``ht://``, clouds) its objects here, and unless `keep` itself.

    Raises:
        BucketNotFound: there is no such bucket.
        ConfirmationNeeded: it is not empty, and `yes` is not said.
    """
    place = await resolve(connection, bucket)
    if not yes and not await is_empty(connection, place):
        raise ConfirmationNeeded(f"The bucket {bucket} is not empty. Say -y (yes=True) to remove it with its objects.")
    if place.provider == "ais":
        await _act(connection, "DELETE", place, DESTROY_BUCKET)
    else:
        await _act(connection, "DELETE", place, EVICT_BUCKET, {KEEP_BUCKET: "true"} if keep else {})


async def change_properties(connection: Connection, bucket: Bucket, values: Mapping[str, Any] | None) -> None:
    """Change properties of the bucket; None makes them those of a new one.

    Raises:
        BucketNotFound: there is no such bucket.
        Unsupported: the local node cannot.
    """
    place = await resolve(connection, bucket)
    action = RESET_PROPERTIES if values is None else SET_PROPERTIES
    await _act(connection, "PATCH", place, action, value=None if values is None else dict(values))


async def _act(
    connection: Connection,
    method: str,
    bucket: Bucket,
    action: str,
    query: Mapping[str, str] | None = None,
    value: Any = None,
) -> None:
    asked = bucket_query(bucket) | dict(query or {})
    body = msgspec.json.encode(Action(action, "", value))
    await connection.call(Call(method, bucket_path(bucket), asked, body, shown=f"{action} of {bucket}"))


async def summaries(
    connection: Connection, bucket: Bucket | None, provider: str = "", prefix: str = ""
) -> list[BucketSummary]:
    """Return what is here of a bucket, or of each of `provider`, of objects whose names begin with `prefix`.

    The first answer is an id; with that one comes back for the summaries.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    path, query = ("/v1/buckets", {PROVIDER: provider} if provider else {})
    if bucket is not None:
        path, query = bucket_path(bucket), bucket_query(bucket)
    value: dict[str, Any] = {"uuid": "", "prefix": prefix, "cached": True, "present": True}
    while True:
        body = msgspec.json.encode(Action(SUMMARY, "", value))
        reply = await connection.call(Call("GET", path, query, body, shown=f"Summing up {bucket or 'the buckets'}"))
        if reply.status not in _STILL_COUNTING:
            return reply.decode_list(BucketSummary)
        if value["uuid"]:
            await asyncio.sleep(_COUNTING_PAUSE)
        value["uuid"] = value["uuid"] or reply.body.decode(errors="replace").strip().strip('"')


async def _summed_up(connection: Connection, buckets: list[Bucket]) -> list[BucketSummary]:
    """Return a summary for each bucket, a few of them asked for at a time."""
    places = asyncio.Semaphore(_SUMMARIES_AT_ONCE)

    async def one(bucket: Bucket) -> BucketSummary:
        async with places:
            rows = await summaries(connection, await resolve(connection, bucket), "")
        return rows[0] if rows else BucketSummary(bucket.name, bucket.provider)

    return await asyncio.gather(*(one(bucket) for bucket in buckets))


def _summary_bucket(summary: BucketSummary) -> Bucket:
    return BucketId(summary.name, summary.provider, summary.namespace).bucket()


def _frame(buckets: list[Bucket], links: dict[Bucket, str]) -> pd.DataFrame:
    from aisnb.client import tables

    return tables.table(
        {
            "name": tables.texts([str(bucket) for bucket in buckets]),
            "provider": tables.texts([bucket.provider for bucket in buckets]),
            "present": tables.flags([True] * len(buckets)),
            "url": tables.texts([links.get(bucket) or None for bucket in buckets]),
        }
    )
