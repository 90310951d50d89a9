"""Bringing objects of ``ht://`` buckets to where an endpoint can give them, on clusters that do not themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from aisnb.client.connection import open_local_connection
from aisnb.client.job import open_job
from aisnb.client.jobs import jobs_of
from aisnb.client.listing import bucket_path, bucket_query
from aisnb.client.objects import Target
from aisnb.client.relaying import known_out_of_reach, start_relay
from aisnb.client.web_buckets import directory_of, resolve, speaks_web, stand_in
from aisnb.client.wire import Call
from aisnb.errors import BucketNotFound, EndpointRefused, ObjectNotFound, SourceError
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.downloads import SINGLE, DownloadRequest
from aisnb.protocol.messages import PREFETCH_OBJECTS, Action
from aisnb.protocol.relay import RelayRequest
from aisnb.uris import join_link

if TYPE_CHECKING:
    from aisnb.client.connection import Connection
    from aisnb.client.job import Job
    from aisnb.protocol.messages import Selection
    from aisnb.uris import Bucket

_UNKNOWN_WEB = "this cluster does not know ht:// buckets"
_NOT_THERE = (404, 410)


async def materialize(connection: Connection, target: Target) -> Target:
    """Return where an object can be read; one of an ``ht://`` bucket is brought into its stand-in first if need be.

    Raises:
        ObjectNotFound: its source does not have it.
        SourceError: its source did not give it.
    """
    if target.bucket.provider != "ht" or connection.is_local or await connection.has_extension():
        return target
    reason = "" if await speaks_web(connection) else _UNKNOWN_WEB
    reason = reason or (await known_out_of_reach(connection, target.link) if target.link else "")
    if target.link and reason:
        place = stand_in(target.bucket)
    elif (place := await resolve(connection, target.bucket)) == target.bucket:
        return target
    here = Target(place, target.name)
    try:
        await connection.call(here.call("HEAD"))
    except (BucketNotFound, ObjectNotFound, EndpointRefused) as exc:  # a HEAD's 404 has no words of its own
        if isinstance(exc, EndpointRefused) and exc.status != 404:
            raise
        await _bring(connection, target, here, reason or "the files of its bucket came that way")
    return here


async def start_prefetch(connection: Connection, bucket: Bucket, selection: Selection) -> Job:
    """Start to bring objects of a bucket that is elsewhere here, and return the job at once.

    Clusters cannot do so for ``ht://`` buckets (AIStore before 5.0 refuses, later ones have none): those are relayed.
    """
    if bucket.provider == "ht" and not await connection.has_extension():
        directory = await directory_of(connection, bucket)
        if not directory:
            raise BucketNotFound(f'bucket "{bucket}" does not exist with a web address. Get one of its files first.')
        download = DownloadRequest(bucket=BucketId.of(stand_in(bucket)))
        request = RelayRequest(download=download, directory=directory, selection=selection, shown=str(bucket))
        return await start_relay(connection, request, "a cluster cannot prefetch from the web")
    if selection.prefix and not await connection.has_extension():
        selection = msgspec.structs.replace(selection, template=selection.prefix, prefix="")
    body = msgspec.json.encode(Action(PREFETCH_OBJECTS, "", selection))
    shown = f"The prefetch from {bucket}"
    reply = await connection.call(Call("POST", bucket_path(bucket), bucket_query(bucket), body, shown=shown))
    return await open_job(connection, reply.body.decode(errors="replace").strip().strip('"'))


async def _bring(connection: Connection, target: Target, here: Target, reason: str) -> None:
    link = target.link
    if not link:
        directory = await directory_of(connection, target.bucket)
        if not directory:
            raise ObjectNotFound(f"{target.bucket / target.name} does not exist. 'ls' with its bucket lists what does.")
        link = join_link(directory, target.name)
    download = DownloadRequest(SINGLE, BucketId.of(here.bucket), link=link, object_name=here.name)
    job = await start_relay(connection, RelayRequest(download=download), reason)
    await job.until_ended(None)
    if not job.last.failed:
        await job.check_outcome()
        return
    row = (await (await jobs_of(open_local_connection())).errors(job.id, 1))[0]
    kind = ObjectNotFound if row.status in _NOT_THERE else SourceError
    raise kind(f"{target.bucket / target.name} does not exist: {row.reason} Check the link.")
