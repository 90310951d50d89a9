"""One level of a bucket as a table: objects and folders, with what folders add up to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandas import DataFrame

    from aisnb.client.connection import Connection
    from aisnb.client.levels import Entry, Place, Sum

#: Names that are looked at, and folders that are counted at once.
MOST_NAMES = 100
_COUNTED_AT_ONCE = 8


def level(place: str = "") -> DataFrame:
    """Return the first names of a level: what ``aisnb browse`` prints.

    Args:
        place: a bucket, a folder of it or what names begin with (``ais://abc/train/shard-0``), a provider; "" for all
            buckets.

    Returns:
        A row per object, folder (its name ends in a slash) or bucket: ``name`` (string), ``size`` (bytes) and
        ``objects`` (Int64; of folders and buckets what is in them here, NA where that is not known).
        ``attrs["more"]`` says whether there are more names.

    Raises:
        BucketNotFound: there is no such bucket.

    Example:
        level("ais://abc/train/")
    """
    from aisnb.client import portal
    from aisnb.client.connection import open_connection

    connection = open_connection()
    try:
        return portal.run(_look(connection, place))
    finally:
        connection.close()


async def _look(connection: Connection, text: str) -> DataFrame:
    from aisnb.client.levels import Buckets, Level, parse_place, sum_up

    place, begins = parse_place(text)
    names = (
        Buckets(connection, place.provider)
        if place.bucket is None
        else Level(connection, place.bucket, place.folder, begins)
    )
    found = await names.page(0, MOST_NAMES)
    room = asyncio.Semaphore(_COUNTED_AT_ONCE)

    async def count(below: Place) -> Sum | None:
        assert below.bucket is not None
        async with room:
            try:
                return await sum_up(connection, below.bucket, below.folder)
            except AisnbError:  # it is gone by now, or the endpoint does not say
                return None

    holders = [place.below(each) for each in found.entries if place.holds(each)]
    counted = zip(holders, await asyncio.gather(*map(count, holders)), strict=True)
    table = level_table(place, found.entries, {below: sums for below, sums in counted if sums is not None})
    table.attrs["more"] = found.more or found.known > len(found.entries)
    return table


def level_table(place: Place, entries: Sequence[Entry], sums: Mapping[Place, Sum]) -> DataFrame:
    """Return names of a level as `level` does.

    Args:
        place: the level.
        entries: the names.
        sums: what buckets and folders add up to, as far as that is known.
    """
    from aisnb.client import tables

    counted = [sums.get(place.below(each)) if place.holds(each) else None for each in entries]
    pairs = list(zip(entries, counted, strict=True))
    columns = {
        "name": tables.texts([each.name for each in entries]),
        "size": tables.counts([each.size if found is None else found.size for each, found in pairs]),
        "objects": tables.counts([found.objects if found else None for found in counted]).astype("Int64"),
    }
    return tables.table(columns, bucket=str(place.bucket or ""))
