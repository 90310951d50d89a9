"""What a bucket says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from aisnb.client.listing import bucket_path, bucket_query
from aisnb.client.wire import Call
from aisnb.errors import EndpointRefused
from aisnb.protocol.headers import BUCKET_PROPS

if TYPE_CHECKING:
    from aisnb.client.connection import Connection
    from aisnb.uris import Bucket


async def bucket_props(connection: Connection, bucket: Bucket) -> dict[str, Any]:
    """Return the properties of a bucket, as AIStore's Go client would read them.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    reply = await connection.call(Call("HEAD", bucket_path(bucket), bucket_query(bucket), shown=f"Looking at {bucket}"))
    try:
        return msgspec.json.decode(reply.headers.get(BUCKET_PROPS, "{}"), type=dict[str, Any])
    except msgspec.DecodeError as exc:
        raise EndpointRefused(f"The properties of {bucket} make no sense ({exc}). Check AIS_ENDPOINT.") from exc
