"""``ht://`` on clusters that do not know it (AIStore 5): a bucket ``ais://ht-HASH`` stands in for ``ht://HASH``.

Its objects remember the links that they came from, so that any notebook finds the web directory again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from aisnb.client.bucket_props import bucket_props
from aisnb.client.directories import directory_entries
from aisnb.client.listing import Wanted, bucket_path, bucket_query, frame_of, list_entries, list_objects
from aisnb.client.notes import note
from aisnb.client.wire import Call
from aisnb.errors import BucketNotFound, EndpointRefused, SourceError
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.headers import ORIGINAL_URL, PROVIDER, SOURCE_URL
from aisnb.protocol.listing import ENTRY_CACHED
from aisnb.protocol.messages import LIST, Action
from aisnb.uris import Bucket, link_directory, web_bucket

if TYPE_CHECKING:
    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.protocol.listing import Entry

_PREFIX = "ht-"
_PRESENT = {"presence": "2"}


def stand_in(bucket: Bucket) -> Bucket:
    """Return the bucket that stands in for an ``ht://`` bucket."""
    return Bucket("ais", _PREFIX + bucket.name)


async def buckets_there(connection: Connection, provider: str) -> list[Bucket]:
    """Return the buckets of `provider` ("" for all) that are here, stand-ins by the names that they stand for."""
    if provider != "ht":
        found = await _listed(connection, provider)
        shown = found if await connection.has_extension() else [_stood_for(bucket) or bucket for bucket in found]
        return sorted({bucket for bucket in shown if provider in ("", bucket.provider)})
    native = await _listed(connection, "ht") if await speaks_web(connection) else []
    if await connection.has_extension():
        return sorted(native)
    others = (_stood_for(bucket) for bucket in await _listed(connection, "ais"))
    return sorted({*native, *(bucket for bucket in others if bucket)})


async def speaks_web(connection: Connection) -> bool:
    """Return whether the endpoint has ``ht://`` buckets of its own: aisnb's node, and AIStore before 5.0."""
    if connection.is_local or await connection.has_extension():
        return True
    try:
        await _listed(connection, "ht")
    except EndpointRefused as exc:
        if "provider" in str(exc):
            return False
        raise
    return True


async def resolve(connection: Connection, bucket: Bucket) -> Bucket:
    """Return where the objects of a bucket are: itself, or its stand-in.

    Raises:
        BucketNotFound: it is an ``ht://`` bucket, and the endpoint has neither.
    """
    if bucket.provider != "ht" or connection.is_local or await connection.has_extension():
        return bucket
    if await _exists(connection, stand_in(bucket)):
        return stand_in(bucket)
    if await speaks_web(connection):
        return bucket
    raise BucketNotFound(
        f'bucket "{bucket}" does not exist: nothing was ever fetched from its directory. '
        "Get one of its files by its http:// link first."
    )


async def list_there(connection: Connection, bucket: Bucket, wanted: Wanted) -> pd.DataFrame:
    """Return the objects of a bucket as `list_objects` does; of ``ht://`` also what the source has beyond them.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    place = await resolve(connection, bucket)
    if bucket.provider == "ht" and not (connection.is_local or await connection.has_extension()):
        return frame_of(await _web_entries(connection, bucket, place, wanted), bucket, wanted)
    if wanted.cached is False and place.provider == "ais" and not await _backend(connection, place):
        wanted = wanted._replace(cached=None, limit=0)  # nothing of it is elsewhere: clusters refuse to list that
    return await list_objects(connection, place, wanted)


async def _web_entries(connection: Connection, bucket: Bucket, place: Bucket, wanted: Wanted) -> list[Entry]:
    """Return what aisnb's node would list: what a cluster has, and what the directory's index lists beyond that.

    Clusters cannot read an index, so this process does. A source that is gone is no error, but noted.
    """
    enough = None if wanted.cached is False else wanted.limit  # what is here must be known to tell what is not
    here = await list_entries(connection, place, wanted._replace(cached=None, diff=False, limit=enough))
    for entry in here:
        entry.flags |= ENTRY_CACHED  # a stand-in's entries need not say so
    if wanted.cached:
        return here
    seen = {entry.name for entry in here}
    limit = None if wanted.limit is None else wanted.limit + len(seen)
    there: list[Entry] = []
    try:
        if directory := await directory_of(connection, bucket):
            there = await directory_entries(directory, wanted.prefix, wanted.start_after, limit)
    except SourceError as exc:
        note(f"Listed is only what is here of {bucket}. {exc}")
    beyond = [entry for entry in there if entry.name not in seen]
    rows = beyond if wanted.cached is False else sorted([*here, *beyond], key=lambda entry: entry.name.encode())
    return rows[: wanted.limit]


async def directory_of(connection: Connection, bucket: Bucket) -> str:
    """Return the link of the directory that an ``ht://`` bucket stands for, "" if nobody knows."""
    place = await resolve(connection, bucket)
    if place.provider == "ht":
        return await _native_directory(connection, bucket)
    frame = await list_objects(connection, place, Wanted(props=("custom",), limit=8))
    links = [words.get(SOURCE_URL, "") for words in frame["custom"] if words]
    return next((link_directory(link) for link in links if link and web_bucket(link) == bucket), "")


async def directories_of(connection: Connection, buckets: list[Bucket]) -> dict[Bucket, str]:
    """Return the directory of each ``ht://`` bucket among `buckets`."""
    web = [bucket for bucket in buckets if bucket.provider == "ht"]
    return dict(zip(web, await asyncio.gather(*(directory_of(connection, bucket) for bucket in web)), strict=True))


async def _native_directory(connection: Connection, bucket: Bucket) -> str:
    web = ((await bucket_props(connection, bucket)).get("extra") or {}).get("http") or {}
    return str(web.get(ORIGINAL_URL, ""))


async def _backend(connection: Connection, bucket: Bucket) -> str:
    """Return the name of the bucket elsewhere that an ``ais://`` bucket stands for, "" if it stands for itself."""
    return str(((await bucket_props(connection, bucket)).get("backend_bck") or {}).get("name", ""))


async def _listed(connection: Connection, provider: str) -> list[Bucket]:
    query = _PRESENT | ({PROVIDER: provider} if provider else {})
    body = msgspec.json.encode(Action(LIST))
    reply = await connection.call(Call("GET", "/v1/buckets", query, body, shown="Listing the buckets"))
    return [found.bucket() for found in reply.decode_list(BucketId)]


async def _exists(connection: Connection, bucket: Bucket) -> bool:
    try:
        await connection.call(Call("HEAD", bucket_path(bucket), bucket_query(bucket), shown=f"Looking at {bucket}"))
    except BucketNotFound:
        return False
    return True


def _stood_for(bucket: Bucket) -> Bucket | None:
    """Return the ``ht://`` bucket that a bucket stands in for, None if it is one of its own."""
    is_one = bucket.provider == "ais" and bucket.name.startswith(_PREFIX) and not bucket.namespace
    return Bucket("ht", bucket.name.removeprefix(_PREFIX)) if is_one and len(bucket.name) > len(_PREFIX) else None
