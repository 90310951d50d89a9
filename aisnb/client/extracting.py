"""Members of a shard become bytes or files here, without the shard."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from aisnb.archives import archive_faults, member_matcher
from aisnb.client.local_files import target_faults
from aisnb.client.looking import PLANNING
from aisnb.client.parsing_shards import parse_shard
from aisnb.client.shards import find_shards
from aisnb.errors import AlreadyExists, ArchiveInvalid, ObjectNotFound, UsageError
from aisnb.transfer import Fetcher
from aisnb.transfer.links import without_secret
from aisnb.units import human_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO, TypeVar

    from aisnb.archives import ArchiveReader, Member
    from aisnb.client.connection import Connection
    from aisnb.client.shards import Shard

    T = TypeVar("T")

_AT_ONCE = 1 << 20
#: Bytes of a member that is read into memory.
_MOST_IN_MEMORY = 2 << 30


async def read_member(connection: Connection, source: str, member: str, headers: Mapping[str, str]) -> bytes:
    """Return one member's bytes; see `Client.member`.

    Raises:
        ObjectNotFound: there is no such member, or shard.
    """

    def read(reader: ArchiveReader) -> bytes:
        found, content = reader.open(member)
        if found.size > _MOST_IN_MEMORY:
            raise UsageError(f"'{member}' has {human_size(found.size)}, too much for memory. Extract it to a file.")
        with content:
            return b"".join(_pieces(found, content))

    return await _in_shard(connection, source, member, headers, read)


async def save_member(
    connection: Connection, source: str, member: str, path: Path, headers: Mapping[str, str], *, clobber: bool
) -> Path:
    """Write one member to the file `path`, or into the directory `path`, and return the file; see `Client.member`.

    Raises:
        ObjectNotFound: there is no such member, or shard.
        AlreadyExists: the file is there, and not to be replaced.
    """

    def write(reader: ArchiveReader) -> Path:
        found, content = reader.open(member)
        with target_faults(path):
            target = path / found.name.rpartition("/")[2] if path.is_dir() else path
        return write_member(found, content, target, clobber=clobber)

    return await _in_shard(connection, source, member, headers, write)


async def extract(
    connection: Connection,
    source: str,
    directory: Path,
    pattern: str,
    mode: str,
    headers: Mapping[str, str],
    *,
    clobber: bool,
) -> list[Path]:
    """Write members to files below a directory; see `Client.extract`.

    Raises:
        ObjectNotFound: there is no such shard, or nothing in it is meant.
        AlreadyExists: a file is there, and not to be replaced.
    """
    matches = member_matcher(pattern, mode)

    def write(reader: ArchiveReader) -> list[Path]:
        written = []
        for member, content in reader.walk():
            if matches(member.name):
                written.append(write_member(member, content, directory / member.name, clobber=clobber))
        return written

    if not (written := await _in_shard(connection, source, "", headers, write)):
        raise ObjectNotFound(
            f"Nothing in '{without_secret(source)}' matches '{pattern}' ({mode}). 'archive ls' shows what is there."
        )
    return written


async def _in_shard(
    connection: Connection, source: str, member: str, headers: Mapping[str, str], work: Callable[[ArchiveReader], T]
) -> T:
    """Return what `work` makes of the one shard that `source` names."""
    found = await find_shards(connection, source, "", headers)
    source = without_secret(source)
    if len(found.shards) != 1 or found.missing or found.inside:
        raise UsageError(f"'{source}' is not one shard, which is expected here. Name it: 'archive ls' shows which.")
    try:
        return await work_in(connection, found.shards[0], work)
    except ObjectNotFound as exc:
        if not member:
            raise
        raise ObjectNotFound(f"'{member}' is not in '{source}'. 'archive ls {source}' shows what is.") from exc


async def work_in(connection: Connection, shard: Shard, work: Callable[[ArchiveReader], T]) -> T:
    """Return what `work` makes of a shard, in a thread of its own; see `parse_shard`."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="aisnb-shard")
    try:
        async with Fetcher(policy=PLANNING) as fetcher:
            parts = shard.parts(connection, fetcher)
            try:
                return await parse_shard(shard.name, parts, pool, work)
            finally:
                parts.close()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def write_member(member: Member, content: BinaryIO, path: Path, *, clobber: bool) -> Path:
    """Write one member to the file `path`, which appears whole or not at all, and return it.

    Raises:
        AlreadyExists: the file is there, and not to be replaced.
    """
    with target_faults(path):
        if not clobber and path.exists():
            raise AlreadyExists(f"The file '{path}' exists. Leave out --no-clobber (clobber=False) to replace it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name[:64]}-{secrets.token_hex(4)}.part")
        try:
            with fresh.open("wb") as file, content:
                for piece in _pieces(member, content):
                    file.write(piece)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return path


def _pieces(member: Member, content: BinaryIO) -> Iterator[bytes]:
    """Yield a member's bytes, all that were announced and no more."""
    left = member.size
    while left:
        with archive_faults():
            piece = content.read(min(left, _AT_ONCE))
        if not piece:
            raise ArchiveInvalid(f"{left} of {member.size} bytes of '{member.name}' are missing. Pack it anew.")
        yield piece
        left -= len(piece)
