"""The store: buckets of objects under one directory. Everything else in this room is a part of it."""

from __future__ import annotations

import functools
import os
import shutil
from concurrent.futures import Future
from typing import TYPE_CHECKING

from msgspec import structs

from aisnb.errors import NodeError
from aisnb.store import index
from aisnb.store.buckets import BucketTable
from aisnb.store.changes import Commit, Complete, telling
from aisnb.store.commits import Committer
from aisnb.store.database import Database
from aisnb.store.durability import sync, sync_directories
from aisnb.store.encoding import encode_completion, encode_custom
from aisnb.store.faults import file_gone, stray_file
from aisnb.store.files import ObjectFiles
from aisnb.store.jobs import JobTable
from aisnb.store.partial import Partial, PartialFiles
from aisnb.store.renames import finish_renames
from aisnb.store.repair import finish_intents, finish_removals, sweep_partials
from aisnb.store.servers import ServerTable
from aisnb.store.tally import Tallies
from aisnb.store.tree import Tree
from aisnb.store.writer import Writer
from aisnb.uris import check_object_name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from aisnb.store.changes import Then
    from aisnb.store.files import Sighting
    from aisnb.store.records import BriefPage, BucketRecord, Completion, ObjectRecord, Page, Summary
    from aisnb.uris import Bucket

_REMOVED_AT_ONCE = 1_000


class Store:
    """Objects as plain files, ``root/buckets/PROVIDER/BUCKET/OBJECT``, and an index of them in one database.

    Safe in any thread. One process at a time: whoever opens a store sees to that. Opening ends what was in flight
    when the last process died, and never walks the tree.

    Args:
        root: the data root; made, for its owner only, if it is not there.

    Attributes:
        root: the data root.
        jobs: the jobs.
        servers: the directories that are served.
        database: for the modules of this room.
        tree: for the modules of this room.
        writer: for the modules of this room.
        table: the buckets, for the modules of this room.
        partials: files on their way, for the modules of this room.

    Raises:
        NodeError: the root cannot be used, or was written by a newer version.

    Example:
        store = Store(Path("/tmp/data"))
        store.create_bucket(Bucket("ais", "abc"))
        partial = store.begin(Bucket("ais", "abc"), "train/shard-001.tar")
        partial.start(offset=0, validator="", size=5)
        partial.write(b"hello")
        store.commit(partial).result()
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = Tree(root / "buckets")
        partials = root / "partial"
        try:
            for directory in (root, root / "buckets", partials):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.database = Database(root / "index.db")
        except OSError as exc:
            raise NodeError(f"The data root '{root}' cannot be used: {exc}. Set AISNB_HOME to another.") from exc
        tallies = Tallies()
        finish_removals(self.database, partials)
        finish_renames(self.database, self.tree)
        self.table = BucketTable(self.database, self.tree)
        finish_intents(self.database, self.tree, self.table.by_number())
        kept = sweep_partials(self.database, partials)
        self.writer = Writer(self.database, Committer(self.database, self.tree, self.table, tallies).apply)
        self.partials = PartialFiles(partials, kept, self.writer.submit)
        self._files = ObjectFiles(self.database, self.tree, self.table)
        self.jobs = JobTable(self.database, self.writer, tallies)
        self.servers = ServerTable(self.database, self.writer)

    def close(self) -> None:
        """Finish what was asked and close the files; twice is harmless."""
        self.writer.close()
        self.database.close()

    def free_bytes(self) -> int:
        """Return the bytes that this user can still write on the root's disk."""
        disk = os.statvfs(self.root)
        return disk.f_bavail * disk.f_frsize

    def create_bucket(
        self, bucket: Bucket, *, extra: dict[str, str] | None = None, exist_ok: bool = False
    ) -> BucketRecord:
        """Make a bucket.

        Args:
            bucket: its identity.
            extra: what to note with it.
            exist_ok: return the one that is here, unchanged, instead of raising.

        Raises:
            AlreadyExists: it is here, or one whose directory would be the same.
            NameInvalid: no bucket can be called that.
            Unsupported: it lies in a namespace.
        """
        return self.writer.call(lambda: self.table.create(bucket, dict(extra or {}), exist_ok=exist_ok))

    def bucket(self, bucket: Bucket) -> BucketRecord:
        """Return the bucket's record.

        Raises:
            BucketNotFound: it is not here.
        """
        return self.table.record(bucket)

    def buckets(self, provider: str = "") -> list[BucketRecord]:
        """Return all buckets, or those of one provider, sorted."""
        return self.table.records(provider)

    def remove_bucket(self, bucket: Bucket) -> None:
        """Remove a bucket with all its objects. What is on its way into it fails.

        Raises:
            BucketNotFound: it is not here.
        """
        detached = self.writer.call(lambda: self.table.remove(bucket, self.partials.directory))
        shutil.rmtree(detached, ignore_errors=True)  # what is left is tried again at the next start

    def rename_bucket(self, bucket: Bucket, to: Bucket) -> BucketRecord:
        """Give a bucket another name, in one step however many objects it has. What is on its way into it fails.

        Raises:
            BucketNotFound: it is not here.
            AlreadyExists: a bucket, or something else on the disk, is called that.
            NameInvalid: no bucket can be called that.
            Unsupported: it would lie in a namespace.
        """
        return self.writer.call(lambda: self.table.rename(bucket, to))

    def set_extra(self, bucket: Bucket, extra: dict[str, str]) -> None:
        """Note `extra` with the bucket in place of what was there.

        Raises:
            BucketNotFound: it is not here.
        """
        self.writer.call(lambda: self.table.set_extra(bucket, dict(extra)))

    def summary(self, bucket: Bucket, prefix: str = "") -> Summary:
        """Return what the objects whose names begin with `prefix` add up to.

        Raises:
            BucketNotFound: the bucket is not here.
        """
        with self.database.reading() as connection:
            return index.summarize(connection, self.table.number(bucket), prefix)

    def stat(self, bucket: Bucket, name: str) -> ObjectRecord:
        """Return the object's record.

        Raises:
            BucketNotFound: the bucket is not here.
            ObjectNotFound: the object is not here.
        """
        return self._files.stat(bucket, name)

    def known(self, bucket: Bucket, names: Sequence[str]) -> Container[str]:
        """Return which of these objects are here, or just about to be.

        Raises:
            BucketNotFound: the bucket is not here.
        """
        number = self.table.number(bucket)
        with self.database.reading() as connection:
            return index.known_versions(connection, number, names)

    def open(self, bucket: Bucket, name: str) -> tuple[ObjectRecord, BinaryIO]:
        """Open an object: its record, and its file at the first byte; they fit together, whoever overwrites it.

        Raises:
            BucketNotFound: the bucket is not here.
            ObjectNotFound: the object is not here, or its file was removed by hand.
            NodeError: its file was changed by hand.
        """
        record, path, descriptor = self._files.find(bucket, name)
        return record, open(path, "rb", opener=lambda *_: descriptor)  # the caller closes it

    def read(self, bucket: Bucket, name: str, most: int) -> tuple[Sighting, bytes] | None:
        """Return an object and all its bytes, None if those are more than `most`. Raises what `open` does."""
        return self._files.read(bucket, name, most)

    def read_again(self, seen: Sighting) -> bytes | None:
        """Return all bytes of an object that was read; None if anything at all was changed since: look for it anew."""
        return self._files.read_again(seen)

    def page(self, bucket: Bucket, *, prefix: str = "", after: str = "", limit: int = 10_000) -> Page:
        """Return a stretch of the bucket's listing.

        Args:
            bucket: which.
            prefix: only names that begin with this.
            after: only names after this one, in the order of their UTF-8 bytes.
            limit: how many at most.

        Raises:
            BucketNotFound: the bucket is not here.
        """
        with self.database.reading() as connection:
            return index.page(connection, self.table.number(bucket), prefix, after, limit)

    def brief_page(self, bucket: Bucket, *, prefix: str = "", after: str = "", limit: int = 10_000) -> BriefPage:
        """Return the names and sizes of what `page` returns; to read the rest costs more than these."""
        with self.database.reading() as connection:
            return index.brief_page(connection, self.table.number(bucket), prefix, after, limit)

    def remove(self, bucket: Bucket, names: Sequence[str]) -> int:
        """Remove objects, and the directories that they leave empty; those that are not here are passed over.

        Returns:
            How many were here.

        Raises:
            BucketNotFound: the bucket is not here.
        """
        return sum(
            self.writer.transact(functools.partial(self._remove, bucket, names[start : start + _REMOVED_AT_ONCE]))
            for start in range(0, len(names), _REMOVED_AT_ONCE)
        )

    def _remove(self, bucket: Bucket, names: Sequence[str], connection: sqlite3.Connection) -> int:
        number = self.table.number(bucket)
        here = list(index.known_versions(connection, number, names))
        self.tree.remove(bucket, here)
        index.drop(connection, number, here)
        return len(here)

    def set_custom(self, bucket: Bucket, name: str, custom: dict[str, str], *, replace: bool = False) -> ObjectRecord:
        """Add words to the object's custom ones, or put them in their place; return its new record.

        Raises:
            BucketNotFound: the bucket is not here.
            ObjectNotFound: the object is not here.
        """

        def work(connection: sqlite3.Connection) -> ObjectRecord:
            record = self.stat(bucket, name)
            words = custom if replace else {**record.custom, **custom}
            changed = structs.replace(record, custom=dict(words))
            index.put(connection, self.table.number(bucket), [changed])
            return changed

        return self.writer.transact(work)

    def begin(self, bucket: Bucket, name: str, *, key: str = "", look: bool = True) -> Partial:
        """Begin to write an object.

        Args:
            bucket: where to.
            name: the object.
            key: what the partial file will be asked for by after a pause or a crash; "" if it will not be.
            look: see what stands in its place; else the commit is the first to see it, and `replaces` says nothing.

        Raises:
            BucketNotFound: the bucket is not here.
            NameInvalid: no object can be called that.
            AlreadyExists: a file tree cannot hold the name beside what is there, or a file that is no object of
                exactly this name stands in its place.
        """
        number = self.table.number(bucket)
        check_object_name(name)
        replaces = look and self._is_there(bucket, number, name)
        return Partial(self.partials, bucket, number, name, key, replaces=replaces)

    def _is_there(self, bucket: Bucket, number: int, name: str) -> bool:
        """Return whether an object of this name would be replaced, on the disk.

        Raises:
            AlreadyExists: as for `begin`.
        """
        before = None
        while (found := self.tree.occupant(bucket, name)) is not None:
            with self.database.reading() as connection:
                if index.known_versions(connection, number, [name]):
                    return True
            if found == before:
                raise stray_file(bucket / name, self.tree.path(bucket, name))
            before = found  # it may just have been removed: look again
        return False

    def commit(
        self,
        partial: Partial,
        *,
        custom: Mapping[str, str] | None = None,
        completion: Completion | None = None,
        durable: bool = False,
    ) -> Future[ObjectRecord]:
        """Make the partial an object, and count it for a job in the same step.

        Args:
            partial: all its bytes are written. If the commit fails, they are removed.
            custom: words to keep with the object.
            completion: what it means to a job.
            durable: file, directories and index are on the disk itself first, so that it outlasts a power cut. Large
                partials are better synced before (`Partial.sync`): the writer thread waits for the disk.

        Returns:
            The object's record, once it is there for good. It fails with BucketNotFound if the bucket went away,
            AlreadyExists as for `begin`, DiskFull or NodeError.

        Raises:
            DiskFull: the last bytes found no room.
            NameInvalid: the words are not valid text; the partial is still there.
        """
        future: Future[ObjectRecord] = Future()
        self.hand_in(partial, custom or {}, completion, telling(future), durable=durable)
        return future

    def hand_in(
        self,
        partial: Partial,
        custom: Mapping[str, str],
        completion: Completion | None,
        then: Then,
        *,
        durable: bool = False,
    ) -> None:
        """Make the partial an object as `commit` does, and have `then` told in the writer thread: for very many."""
        words, completion_text = encode_custom(custom), encode_completion(completion)
        checksum = partial.digest()
        file, key, body = partial.seal()
        self.writer.submit(
            Commit(
                bucket=partial.bucket,
                bucket_id=partial.bucket_id,
                name=partial.name,
                file=file,
                body=body,
                key=key,
                size=partial.position,
                checksum=checksum,
                custom=dict(custom),
                custom_text=words,
                completion=completion,
                completion_text=completion_text,
                durable=durable,
                then=then,
            )
        )

    def complete(self, completion: Completion, *, durable: bool = False) -> Future[None]:
        """Count a file that ended without an object: skipped or failed.

        Args:
            completion: what to count.
            durable: once the count, and all that was asked before, is on the disk itself.

        Raises:
            NameInvalid: a part of its error is not valid text.
        """
        future: Future[None] = Future()
        self.note(completion, telling(future), durable=durable)
        return future

    def note(self, completion: Completion, then: Then, *, durable: bool = False) -> None:
        """Count a file as `complete` does, and have `then` told in the writer thread."""
        encode_completion(completion)  # so that it cannot spoil the transaction of others
        self.writer.submit(Complete(completion, then, durable))

    def sync(self, bucket: Bucket, name: str) -> None:
        """Return once the file of an object that is here, and its directories, are on the disk itself.

        Raises:
            ObjectNotFound: its file is not here.
        """
        path = self.tree.path(bucket, check_object_name(name))
        try:
            sync(path)
            sync_directories([path], self.tree.top)
        except OSError as exc:
            raise file_gone(bucket, name, path) from exc

    def discard(self, partial: Partial) -> None:
        """Remove the partial's bytes; after a commit, or twice, is harmless."""
        partial.discard()

    def discard_kept(self, prefix: str) -> None:
        """Remove the bytes that paused or crashed writers left under keys with this prefix."""
        self.partials.forget_all(prefix)

    def get_state(self, key: str) -> str:
        """Return the small value kept under `key`, "" if there is none."""
        with self.database.reading() as connection:
            row = connection.execute("SELECT value FROM state WHERE key=?", (key,)).fetchone()
        return row[0] if row else ""

    def set_state(self, key: str, value: str) -> None:
        """Keep a small value under `key`."""
        self.writer.transact(
            lambda connection: connection.execute("INSERT OR REPLACE INTO state VALUES (?,?)", (key, value))
        )
