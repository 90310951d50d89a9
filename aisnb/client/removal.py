"""Removing: a bucket, an object, or the objects of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.client.buckets import remove_bucket
from aisnb.client.job import open_job
from aisnb.client.objects import Target, remove_object, remove_objects
from aisnb.client.web_buckets import resolve
from aisnb.errors import BucketNotFound, ConfirmationNeeded
from aisnb.protocol.messages import Selection
from aisnb.templates import Template
from aisnb.units import plural
from aisnb.uris import parse_object, parse_uri

if TYPE_CHECKING:
    from aisnb.client.connection import Connection


async def remove(connection: Connection, text: str, *, yes: bool, keep: bool = False) -> None:
    """Remove what `text` names, and return when it is gone.

    Raises:
        BucketNotFound: there is no such bucket.
        ObjectNotFound: there is no such object.
        ConfirmationNeeded: a bucket is not empty, or a template means several objects, and `yes` is not said.
    """
    bucket, rest = parse_uri(text)
    if not rest:
        try:
            await remove_bucket(connection, bucket, yes=yes, keep=keep)
        except BucketNotFound as exc:
            done = "; with --ignore-error, 'rmb' takes that for done" if bucket.provider == "ais" else ""
            raise BucketNotFound(
                f"bucket \"{bucket}\" does not exist, so there is nothing to remove. '%ais ls {bucket.provider}://' "
                f"lists the buckets (in Python: client.buckets()){done}."
            ) from exc
        return
    bucket = await resolve(connection, bucket)
    template = Template(rest, braces_only=True)
    if not template.is_range:
        await _remove_one(connection, Target(bucket, parse_object(text)[1]))
        return
    if not yes:
        raise ConfirmationNeeded(
            f"'{text}' stands for {plural(len(template), 'object')}. Say -y (yes=True) to remove them."
        )
    job = await open_job(connection, await remove_objects(connection, bucket, Selection(template=rest)))
    await job.until_ended(None)
    await job.check_outcome()


async def _remove_one(connection: Connection, target: Target) -> None:
    """Remove one object. A DELETE would go to the cloud or source that a bucket stands for: what is here is evicted.

    Raises:
        ObjectNotFound: there is no such object.
    """
    if target.bucket.provider == "ais":
        await remove_object(connection, target)
        return
    selection = Selection(names=[target.name])
    job = await open_job(connection, await remove_objects(connection, target.bucket, selection))
    await job.until_ended(None)
    await job.check_outcome()
