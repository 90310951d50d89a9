"""Objects that are here, found to be read: the record and the file fit together, whoever overwrites them meanwhile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from aisnb.errors import NodeError
from aisnb.store import index
from aisnb.store.commits import INODE_MASK
from aisnb.store.faults import file_gone, no_such_object
from aisnb.uris import check_object_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisnb.store.buckets import BucketTable
    from aisnb.store.database import Database
    from aisnb.store.records import ObjectRecord
    from aisnb.store.tree import Tree
    from aisnb.uris import Bucket


#: Records that are held in memory, 20 MiB at most: small objects are read again and again where models are trained.
_REMEMBERED = 16_384

_READ = os.O_RDONLY | os.O_CLOEXEC


class Sighting(Struct, frozen=True, gc=False):
    """An object that was read: it can be read again by this alone, as long as nothing at all is written.

    Attributes:
        record: the object's.
        path: of its file.
        changes: what `Database.changes` was before it was looked for.
    """

    record: ObjectRecord
    path: str
    changes: int


class ObjectFiles:
    """Finds objects.

    Args:
        database: with the index.
        tree: where the files are.
        table: the buckets.
    """

    def __init__(self, database: Database, tree: Tree, table: BucketTable) -> None:
        self._database = database
        self._tree = tree
        self._table = table
        self._remembered: dict[tuple[int, str], tuple[int, ObjectRecord]] = {}

    def stat(self, bucket: Bucket, name: str) -> ObjectRecord:
        """Return the object's record; see `Store.stat`."""
        number = self._table.number(bucket)
        with self._database.reading() as connection:
            record = index.find(connection, number, check_object_name(name))
        if record is None:
            raise no_such_object(bucket, name)
        return record

    def read(self, bucket: Bucket, name: str, most: int) -> tuple[Sighting, bytes] | None:
        """Return an object and all its bytes; see `Store.read`."""
        changes = self._database.changes
        record, path, descriptor = self.find(bucket, name)
        try:
            body = os.pread(descriptor, record.size, 0) if record.size <= most else b""
        finally:
            os.close(descriptor)
        return (Sighting(record, path, changes), body) if len(body) == record.size else None

    def read_again(self, seen: Sighting) -> bytes | None:
        """Return an object's bytes; see `Store.read_again`."""
        if seen.changes != self._database.changes:
            return None
        record = seen.record
        try:
            descriptor = os.open(seen.path, _READ)
            try:
                status = os.fstat(descriptor)
                body = os.pread(descriptor, record.size, 0)
            finally:
                os.close(descriptor)
        except OSError:  # whoever looks for it has the words for that
            return None
        return body if len(body) == record.size and _file_identity(status) == _identity(record) else None

    def find(self, bucket: Bucket, name: str) -> tuple[ObjectRecord, str, int]:
        """Return an object's record, the path of its file, and a descriptor of that, open to be read.

        Raises:
            BucketNotFound: the bucket is not here.
            ObjectNotFound: the object is not here, or its file was removed by hand.
            NodeError: its file was changed by hand.
        """
        number = self._table.number(bucket)
        path = self._tree.path(bucket, check_object_name(name))
        before = None
        while True:
            descriptor = self._open(bucket, name, path)
            try:
                status = os.fstat(descriptor)
                identity = _file_identity(status)
                found = self._recall(number, name)
                if found is not None and _identity(found) == identity:  # nearly always: no intent to be looked for
                    return found, path, descriptor
                with self._database.reading() as connection:
                    records = index.candidates(connection, number, name)
                for record in records:
                    if _identity(record) == identity:
                        return record, path, descriptor
                if before == (identity, records):  # nobody is overwriting it: so it is for good
                    return self._settled(bucket, name, records, status), path, descriptor
            except BaseException:
                os.close(descriptor)
                raise
            before = (identity, records)
            os.close(descriptor)

    def _recall(self, number: int, name: str) -> ObjectRecord | None:
        """Return the object's record; from memory, if nothing at all was written since it was read."""
        changes = self._database.changes  # before the reading: a change during it makes this memory void
        known = self._remembered.get((number, name))
        if known is not None and known[0] == changes:
            return known[1]
        with self._database.reading() as connection:
            record = index.find(connection, number, name)
        if record is not None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[number, name] = changes, record
        return record

    def _open(self, bucket: Bucket, name: str, path: str) -> int:
        try:
            return os.open(path, _READ)
        except OSError as exc:
            self.stat(bucket, name)
            raise file_gone(bucket, name, path) from exc

    def _settled(
        self, bucket: Bucket, name: str, records: Sequence[ObjectRecord], status: os.stat_result
    ) -> ObjectRecord:
        """Judge a file whose inode is not the record's: with size and time kept, the data root was copied."""
        for record in records:
            if (record.size, record.modified_ns) == (status.st_size, status.st_mtime_ns):
                return record
        if not records:
            raise no_such_object(bucket, name)
        raise NodeError(
            f"The file of '{bucket / name}', '{self._tree.path(bucket, name)}', was changed by hand and is not what "
            "was stored. Run 'node fsck' to accept it as it is, or store the object again."
        )


def _identity(record: ObjectRecord) -> tuple[int, int, int]:
    return record.size, record.modified_ns, record.inode


def _file_identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino & INODE_MASK
