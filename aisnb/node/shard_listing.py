"""What is inside shards, as a part of a bucket's listing: ``shard.tar``, then ``shard.tar/train/cat.jpg`` and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from aisnb.archives import archive_format, is_archive, open_archive
from aisnb.errors import ArchiveInvalid, ObjectNotFound, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.store import Store
    from aisnb.uris import Bucket

    Row = tuple[str, int, str, int, int, str]

T = TypeVar("T")

#: Stands between shard and member where a listing is to be taken up again: no name has it.
_SEPARATOR = "\0"


@dataclass(frozen=True, slots=True)
class Shard:
    """An object of a listing that was looked into.

    Attributes:
        row: the object.
    """

    row: Row

    @property
    def token(self) -> str:
        """Where the listing goes on after it: with what is inside."""
        return f"{self.row[0]}{_SEPARATOR}"


@dataclass(frozen=True, slots=True)
class InShard:
    """A file in a shard.

    Attributes:
        shard: name of the object.
        member: name in it.
        size: bytes.
    """

    shard: str
    member: str
    size: int

    @property
    def name(self) -> str:
        """What it is called in a listing."""
        return f"{self.shard}/{self.member}"

    @property
    def token(self) -> str:
        """Where the listing goes on after it."""
        return f"{self.shard}{_SEPARATOR}{self.member}"


def outer(token: str) -> str:
    """Return the object that a listing goes on after, of a token that may name a file in it."""
    return token.partition(_SEPARATOR)[0]


def with_members(
    store: Store, bucket: Bucket, prefix: str, token: str, rows: Iterator[Row | T]
) -> Iterator[Row | T | Shard | InShard]:
    """Yield the rows, each shard with what is in it.

    A shard that is damaged is a row like any other, unless the listing asks for just that shard.

    Args:
        store: where the objects are.
        bucket: whose.
        prefix: of the listing; may lie inside a shard (``shard.tar/train/``).
        token: where the listing goes on after, "" at its start.
        rows: after the object that the token names.

    Raises:
        ArchiveInvalid: the one shard that was asked for is damaged.
    """
    shard, inside, after = token.partition(_SEPARATOR)
    if inside:
        yield from (member for member in _members(store, bucket, shard, prefix) if member.member > after)
    elif not token and (shard := _shard_around(store, bucket, prefix)):
        yield from _members(store, bucket, shard, prefix)
    for row in rows:
        if not isinstance(row, tuple) or not is_archive(row[0]):
            yield row
            continue
        try:
            found = _members(store, bucket, row[0], prefix)
        except (ArchiveInvalid, ObjectNotFound, Unsupported):
            if row[0] == prefix:
                raise
            yield row
        else:
            yield Shard(row)
            yield from found


def _shard_around(store: Store, bucket: Bucket, prefix: str) -> str:
    """Return the shard that a prefix lies inside of, "" if there is none."""
    for end in (position for position, letter in enumerate(prefix) if letter == "/"):
        if is_archive(prefix[:end]):
            try:
                return store.stat(bucket, prefix[:end]).name
            except ObjectNotFound:
                continue
    return ""


def _members(store: Store, bucket: Bucket, shard: str, prefix: str) -> list[InShard]:
    _, file = store.open(bucket, shard)
    with file:
        members = open_archive(file, archive_format(shard)).members()
        found = [InShard(shard, member.name, member.size) for member in members]
    return sorted((each for each in found if each.name.startswith(prefix)), key=lambda each: each.member)
