"""Get-batch: many objects, members of shards and ranges of them come as one archive, in one call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from aisnb.archives import archive_format, is_archive, open_archive
from aisnb.client.objects import STALL_SECONDS, appear
from aisnb.client.web_buckets import resolve
from aisnb.client.wire import Call
from aisnb.errors import ObjectNotFound, UsageError
from aisnb.protocol.batches import PATH, BatchItem, BatchRequest
from aisnb.uris import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aisnb.archives import Format
    from aisnb.client.connection import Connection


async def save_batch(
    connection: Connection, items: Iterable[BatchItem], path: Path, *, keep_going: bool, only_names: bool
) -> Path:
    """Write a batch to the archive `path`; see `Client.get_batch`."""
    wanted = list(items)
    if not wanted:
        raise UsageError("The batch is empty. Name at least one object.")
    kind = archive_format(path.name)
    body = msgspec.json.encode(BatchRequest(wanted, f".{kind}", keep_going, only_names, streaming=True))
    shown = f"A batch of {len(wanted):,}"

    async def save(fresh: Path) -> None:
        with fresh.open("wb") as file:
            call = Call("GET", PATH, body=body, shown=shown, stall=STALL_SECONDS)
            async with connection.stream(call) as answer:
                while piece := await answer.chunk():
                    file.write(piece)
        await asyncio.to_thread(_check, fresh, kind, wanted)

    return await appear(connection, path, save, clobber=True)


def _check(path: Path, kind: Format, wanted: list[BatchItem]) -> None:
    """See that all has come: a cluster that streams ends the archive in good order where an object is missing.

    Raises:
        ObjectNotFound: something has not come.
    """
    with path.open("rb") as file:
        count = sum(1 for _ in open_archive(file, kind).members())
    if count < len(wanted):
        missing = wanted[count]
        inside = f"/{missing.member}" if missing.member else ""
        name = f"{missing.provider or 'ais'}://{missing.bucket}/{missing.name}{inside}"
        raise ObjectNotFound(
            f"{name} did not come: the batch broke off after {count:,} of {len(wanted):,}. Look whether it is there; "
            "'--cont-on-err' (keep_going=True) goes on without it."
        )


async def batch_item(connection: Connection, place: str) -> BatchItem:
    """Return the item that ``ais://abc/name`` or ``ais://abc/shard.tar/member`` names.

    Raises:
        NameInvalid: it names none.
    """
    bucket, name = parse_object(place)
    there = await resolve(connection, bucket)
    shard, member = _parted(name)
    return BatchItem(shard, there.name, there.provider, member=member)


def _parted(name: str) -> tuple[str, str]:
    for end in (position for position, letter in enumerate(name) if letter == "/"):
        if is_archive(name[:end]):
            return name[:end], name[end + 1 :]
    return name, ""
