"""A look at one object, or at one file in a shard: its first bytes, what is in it, and all of it as a file here."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from aisnb.client.extracting import work_in, write_member
from aisnb.client.fetching import materialize
from aisnb.client.local_files import local_path
from aisnb.client.looking import PLANNING
from aisnb.client.objects import Target, save_object
from aisnb.client.shards import Shard
from aisnb.client.web_buckets import directory_of, resolve
from aisnb.errors import BucketNotFound, Unsupported
from aisnb.transfer import Fetcher
from aisnb.uris import join_link

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aisnb.archives import ArchiveReader, Member
    from aisnb.client.connection import Connection
    from aisnb.client.levels import Entry
    from aisnb.uris import Bucket


class Inside(NamedTuple):
    """What is in a shard.

    Attributes:
        members: the first of them, in the order of the shard.
        more: whether there are more.
        passed_over: how many links, devices and names that cannot be trusted were met.
    """

    members: list[Member]
    more: bool
    passed_over: int


class Glimpse:
    """One object; and one file in it, if it is a shard. Nothing of it comes before it is asked for, or is kept.

    What an ``ht://`` bucket does not have here is read from its source, by ranges where that has them.

    Args:
        connection: to the endpoint.
        bucket: where it is.
        entry: the object, as a listing has it.
        member: the file in it; None for the object itself.
    """

    def __init__(self, connection: Connection, bucket: Bucket, entry: Entry, member: Member | None = None) -> None:
        self._connection = connection
        self._bucket = bucket
        self.entry = entry
        self.member = member

    def into(self, member: Member) -> Glimpse:
        """Return a look at a file in this shard."""
        return Glimpse(self._connection, self._bucket, self.entry, member)

    @property
    def path(self) -> str:
        """What commands call it: ``ais://abc/shard-001.tar``, ``ais://abc/shard-001.tar/000017.jpg``."""
        whole = self._bucket / self.entry.name
        return whole if self.member is None else f"{whole}/{self.member.name}"

    @property
    def file_name(self) -> str:
        """The last part of its name."""
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int | None:
        """Its bytes, None if they are not known."""
        return self.entry.size if self.member is None else self.member.size

    async def head(self, most: int) -> bytes:
        """Return its first bytes, `most` of them if there are as many.

        Raises:
            ObjectNotFound: it is not there any more.
            Unsupported: it lies in a cloud, and would have to be fetched.
            AisnbError: it cannot be read.
        """
        shard, member = await self._shard(), self.member
        if member is not None:

            def read(reader: ArchiveReader) -> bytes:
                with reader.open(member.name)[1] as content:
                    return content.read(min(most, member.size))

            return await work_in(self._connection, shard, read)
        async with Fetcher(policy=PLANNING) as fetcher:
            parts = shard.parts(self._connection, fetcher)
            try:
                return await parts.part(0, most)
            finally:
                parts.close()

    async def inside(self, most: int) -> Inside:
        """Return the first files in a shard.

        Raises:
            ArchiveInvalid: it is damaged, or no archive.
            AisnbError: as for `head`.
        """

        def read(reader: ArchiveReader) -> Inside:
            members = list(islice(reader.members(), most + 1))
            return Inside(members[:most], len(members) > most, reader.passed_over)

        return await work_in(self._connection, await self._shard(), read)

    async def save(self, path: str, *, clobber: bool, tick: Callable[[int], object]) -> Path:
        """Write all of it to a file, or into a directory, and return the file. It appears whole, or not at all.

        Args:
            path: the file or directory.
            clobber: replace a file that is there.
            tick: called with the bytes of an object that are here by now.

        Raises:
            AlreadyExists: the file is there, and not to be replaced.
            DirectoryNotFound: its directory is not there.
            AisnbError: it cannot be read.
        """
        target, name, member = local_path(path), self.file_name, self.member
        if member is None:
            place = await materialize(self._connection, Target(self._bucket, self.entry.name))
            return await save_object(self._connection, place, target, None, clobber=clobber, tick=tick)

        def write(reader: ArchiveReader) -> Path:
            found, content = reader.open(member.name)
            return write_member(found, content, target / name if target.is_dir() else target, clobber=clobber)

        return await work_in(self._connection, await self._shard(), write)

    async def _shard(self) -> Shard:
        """Return where its bytes are."""
        name = self.entry.name
        if self.entry.here:
            return Shard(name, Target(await resolve(self._connection, self._bucket), name), self.entry.size or 0)
        if self._bucket.provider != "ht":
            raise Unsupported(f"'{self.path}' is not in the cluster, only in the cloud. Prefetch it to look at it.")
        directory = await directory_of(self._connection, self._bucket)
        if not directory:
            raise BucketNotFound(f"Nobody knows where files of {self._bucket} come from. Get one by its link first.")
        return Shard(name, link=join_link(directory, name))
