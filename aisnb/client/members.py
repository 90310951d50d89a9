"""What is inside shards: their headers read from wherever they are, several shards at once, nothing unpacked."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from aisnb.client.loading import load_tables
from aisnb.client.looking import PLANNING
from aisnb.client.notes import note
from aisnb.client.parsing_shards import parse_shard
from aisnb.client.scanning import Ticker
from aisnb.client.shards import find_shards
from aisnb.errors import AisnbError, CheckFailed, ObjectNotFound
from aisnb.transfer import Fetcher
from aisnb.transfer.links import without_secret
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from aisnb.archives import ArchiveReader
    from aisnb.client.connection import Connection
    from aisnb.client.object_parts import ObjectParts
    from aisnb.client.shards import Found, Shard
    from aisnb.transfer import WebParts

#: Shards that are read at once; each has a thread for its parser.
_AT_ONCE = 8


@dataclass(slots=True)
class Contents:
    """What was found in one shard.

    Attributes:
        shard: its name.
        names: of the members, in the order of the archive.
        sizes: bytes of each, unpacked.
        offsets: where the data of each begins, None if that is not known.
        passed_over: links, devices, and members with names that cannot be trusted.
        error: why it could not be read; then nothing else is known.
        received: bytes that were read of it.
        came_whole: whether its source sends no parts of it.
    """

    shard: str
    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    offsets: list[int | None] = field(default_factory=list)
    passed_over: int = 0
    error: AisnbError | None = None
    received: int = 0
    came_whole: bool = False


async def list_members(
    connection: Connection, source: str, *, prefix: str, limit: int | None, strict: bool, headers: Mapping[str, str]
) -> pd.DataFrame:
    """Return a row for each member of the shards that `source` names; see `Client.members`.

    Raises:
        AisnbError: no shard could be read, or with `strict` not all; the place is not there.
    """
    load_tables()
    found = await find_shards(connection, source, prefix, headers)
    contents = await _read_all(connection, found, limit)
    contents += [Contents(name, error=_missing(name, source)) for name in found.missing]
    failed = [each for each in contents if each.error is not None]
    if failed and len(failed) == len(contents):
        raise failed[0].error or AssertionError
    frame = _frame(source, contents, limit)
    if strict and failed:
        raise CheckFailed(f"{_complaint(failed, len(contents))} The error's .problems has each.", _problems(failed))
    _say(found, contents, failed)
    return frame


async def _read_all(connection: Connection, found: Found, limit: int | None) -> list[Contents]:
    """Return what is in each shard, in their order; with a limit, of as many shards as fill it."""
    todo = iter(enumerate(found.shards))
    done = dict[int, Contents]()
    ticker = Ticker(len(found.shards))

    async def work(fetcher: Fetcher, pool: ThreadPoolExecutor) -> None:
        for position, shard in todo:
            parts = shard.parts(connection, fetcher)
            try:
                contents = await _read(shard, parts, pool, found.inside, limit)
            finally:
                parts.close()
            done[position] = contents
            ticker.tick(len(contents.names))
            if limit is not None and sum(len(each.names) for each in done.values()) >= limit:
                return

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="aisnb-shards")
    try:
        async with Fetcher(policy=PLANNING) as fetcher, asyncio.TaskGroup() as workers:
            for _ in range(min(_AT_ONCE, len(found.shards))):
                workers.create_task(work(fetcher, pool))
    finally:
        ticker.close()
        pool.shutdown(wait=False, cancel_futures=True)
    return [done[position] for position in sorted(done)]


async def _read(
    shard: Shard, parts: ObjectParts | WebParts, pool: ThreadPoolExecutor, inside: str, limit: int | None
) -> Contents:
    """Return what is in one shard; an error of it, too."""

    def gather(reader: ArchiveReader) -> Contents:
        contents = Contents(shard.name)
        chosen = (member for member in reader.members() if member.name.startswith(inside))
        for name, size, offset in islice(chosen, limit):
            contents.names.append(name)
            contents.sizes.append(size)
            contents.offsets.append(offset)
        contents.passed_over = reader.passed_over
        return contents

    try:
        contents = await parse_shard(shard.name, parts, pool, gather)
    except AisnbError as exc:
        contents = Contents(shard.name, error=exc)
    contents.received, contents.came_whole = parts.received, parts.comes_whole
    return contents


def _missing(name: str, source: str) -> ObjectNotFound:
    return ObjectNotFound(f"'{name}' does not exist, and the template '{source}' names it.")


def _frame(source: str, contents: Sequence[Contents], limit: int | None) -> pd.DataFrame:
    from aisnb.client import tables

    columns = {
        "shard": tables.texts([name for each in contents for name in [each.shard] * len(each.names)]),
        "member": tables.texts([name for each in contents for name in each.names]),
        "size": tables.counts([size for each in contents for size in each.sizes]),
        "offset": tables.counts([offset for each in contents for offset in each.offsets]),
    }
    frame = tables.table(columns, bucket=without_secret(source))
    if limit is not None and len(frame) > limit:
        frame = frame.head(limit)
    frame.attrs["shards"] = sum(each.error is None for each in contents)
    frame.attrs["errors"] = [
        {"shard": each.shard, "reason": str(each.error)} for each in contents if each.error is not None
    ]
    frame.attrs["received"] = sum(each.received for each in contents)
    return frame


def _problems(failed: Sequence[Contents]) -> pd.DataFrame:
    from aisnb.client import tables

    reasons = [str(each.error) for each in failed]
    return tables.table({"name": tables.texts([each.shard for each in failed]), "reason": tables.texts(reasons)})


def _complaint(failed: Sequence[Contents], total: int) -> str:
    which = "" if len(failed) == 1 else "the first: "
    return f"{len(failed):,} of {plural(total, 'shard')} could not be read, {which}{failed[0].error}"


def _say(found: Found, contents: Sequence[Contents], failed: Sequence[Contents]) -> None:
    """Say what a reader of the table has to know, and would not see in it."""
    if failed:
        note(f"Warning: {_complaint(failed, len(contents))} The table's attrs['errors'] has each.")
    if passed_over := sum(each.passed_over for each in contents):
        note(f"Note: {plural(passed_over, 'entry')} left out: links, devices, or names that lead out of the shard.")
    if found.elsewhere:
        note(f"Note: {plural(found.elsewhere, 'shard')} left out: not in the cluster. Prefetch them to look inside.")
    if whole := [each for each in contents if each.came_whole]:
        size = human_size(sum(each.received for each in whole))
        note(f"Note: the server sends no parts of files, so {plural(len(whole), 'shard')} ({size}) went by as a whole.")
