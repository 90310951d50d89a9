"""The buckets that are here: few, so they are held in memory and written through."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aisnb.errors import AlreadyExists, Unsupported
from aisnb.store.faults import file_fault, no_such_bucket
from aisnb.store.records import BucketRecord
from aisnb.store.renames import rename_directory
from aisnb.uris import Bucket, check_bucket_name

if TYPE_CHECKING:
    import sqlite3

    from aisnb.store.database import Database
    from aisnb.store.tree import Tree

#: Directories of removed buckets are called this and the bucket's row number.
REMOVED = "removed-"


class BucketTable:
    """Buckets and their row numbers. Changed in the writer thread only, read in any.

    Args:
        database: where they are kept.
        tree: where their directories are.
    """

    def __init__(self, database: Database, tree: Tree) -> None:
        self._database = database
        self._tree = tree
        self._ids: dict[Bucket, int] = {}
        self._records: dict[Bucket, BucketRecord] = {}
        with database.reading() as connection:
            for number, provider, name, created, extra in connection.execute(
                "SELECT id, provider, name, created, extra FROM buckets"
            ):
                bucket = Bucket(provider, name)
                self._ids[bucket] = number
                self._records[bucket] = BucketRecord(bucket, created, msgspec.json.decode(extra, type=dict[str, str]))

    def record(self, bucket: Bucket) -> BucketRecord:
        """Return the bucket's record.

        Raises:
            BucketNotFound: it is not here.
        """
        record = self._records.get(bucket)
        if record is None:
            raise no_such_bucket(bucket)
        return record

    def number(self, bucket: Bucket) -> int:
        """Return the bucket's row number; another one once it is removed and made anew.

        Raises:
            BucketNotFound: it is not here.
        """
        number = self._ids.get(bucket)
        if number is None:
            raise no_such_bucket(bucket)
        return number

    def by_number(self) -> dict[int, Bucket]:
        """Return the buckets by their row numbers."""
        return {number: bucket for bucket, number in self._ids.items()}

    def records(self, provider: str) -> list[BucketRecord]:
        """Return all buckets, or those of one provider, sorted."""
        found = [record for record in list(self._records.values()) if provider in ("", record.bucket.provider)]
        return sorted(found, key=lambda record: record.bucket)

    def create(self, bucket: Bucket, extra: dict[str, str], *, exist_ok: bool) -> BucketRecord:
        """Make a bucket.

        Raises:
            AlreadyExists: it is here, or one whose directory would be the same.
            NameInvalid: no bucket can be called that.
            Unsupported: it lies in a namespace.
        """
        self._check_new(bucket)
        if bucket in self._records:
            if exist_ok:
                return self._records[bucket]
            raise AlreadyExists(f'bucket "{bucket}" already exists')
        self._make_directory(bucket)
        record = BucketRecord(bucket, time.time_ns(), extra)
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO buckets (provider, name, created, extra) VALUES (?,?,?,?)",
                (bucket.provider, bucket.name, record.created_ns, msgspec.json.encode(extra).decode()),
            ).lastrowid
        assert number is not None  # an INSERT has one
        self._ids[bucket], self._records[bucket] = number, record
        return record

    @staticmethod
    def _check_new(bucket: Bucket) -> None:
        check_bucket_name(bucket.name, str(bucket))
        if bucket.namespace:
            raise Unsupported(f"'{bucket}' lies in a namespace; the embedded node has none. Use a cluster for it.")

    def _make_directory(self, bucket: Bucket) -> None:
        directory = Path(self._tree.directory(bucket))
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise file_fault(exc, str(bucket)) from exc
        for other in self._records:
            if other.name.lower() == bucket.name.lower() and other.provider == bucket.provider:
                twin = Path(self._tree.directory(other))
                if twin.exists() and directory.samefile(twin):
                    raise AlreadyExists(
                        f'bucket "{bucket}" cannot be made beside "{other}": this disk ignores case. '
                        "Choose another name."
                    )

    def set_extra(self, bucket: Bucket, extra: dict[str, str]) -> None:
        """Note `extra` with the bucket in place of what was there.

        Raises:
            BucketNotFound: it is not here.
        """
        record = BucketRecord(bucket, self.record(bucket).created_ns, extra)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE buckets SET extra=? WHERE id=?",
                (msgspec.json.encode(extra).decode(), self.number(bucket)),
            )
        self._records[bucket] = record

    def rename(self, bucket: Bucket, to: Bucket) -> BucketRecord:
        """Give the bucket another name.

        Raises:
            BucketNotFound: it is not here.
            AlreadyExists: a bucket, or something else on the disk, is called that.
            NameInvalid: no bucket can be called that.
            Unsupported: it would lie in a namespace.
        """
        number, before = self.number(bucket), self.record(bucket)
        self._check_new(to)
        if to in self._records:
            raise AlreadyExists(f'bucket "{to}" already exists')
        rename_directory(self._database, self._tree, number, bucket, to)
        del self._ids[bucket], self._records[bucket]
        self._ids[to], self._records[to] = number, BucketRecord(to, before.created_ns, before.extra)
        return self._records[to]

    def remove(self, bucket: Bucket, trash: Path) -> Path:
        """Remove the bucket's record and objects from the index, and its directory from the tree.

        The directory moves first: after a crash its name tells which rows are left to remove.

        Args:
            bucket: which.
            trash: the directory to move it into.

        Returns:
            Where the files are now; they are the caller's to delete.

        Raises:
            BucketNotFound: it is not here.
        """
        number = self.number(bucket)
        detached = trash / f"{REMOVED}{number}"
        self._tree.detach(bucket, detached)
        with self._database.transaction() as connection:
            forget_bucket(connection, number)
        del self._ids[bucket], self._records[bucket]
        return detached


def forget_bucket(connection: sqlite3.Connection, number: int) -> None:
    """Remove the rows of a bucket and its objects."""
    connection.execute("DELETE FROM intents WHERE bucket=?", (number,))
    connection.execute("DELETE FROM objects WHERE bucket=?", (number,))
    connection.execute("DELETE FROM buckets WHERE id=?", (number,))
