"""Group commit: finished files become objects, so that a crash at any moment can be made good.

First the intents are written (what the objects will be, and from which files), then the files are renamed, then
the index and the jobs' counters follow in one transaction that also clears the intents. Whatever intents are found
when a store opens were in flight: `repair` ends what they began. Where one of a group is to be durable, each step is
on the disk itself before the next one, so that a power cut is as good as a crash.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError, BucketNotFound
from aisnb.store.changes import Commit, Complete, Forget, Keep
from aisnb.store.durability import sync, sync_directories
from aisnb.store.faults import file_fault, no_such_bucket, stray_file
from aisnb.store.index import drop_intents, insert, known_versions
from aisnb.store.records import ObjectRecord

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from aisnb.store.buckets import BucketTable
    from aisnb.store.changes import Change
    from aisnb.store.database import Database
    from aisnb.store.records import Completion
    from aisnb.store.tally import Tallies
    from aisnb.store.tree import Tree
    from aisnb.uris import Bucket

#: SQLite's integers are signed; some file systems number their inodes beyond.
INODE_MASK = (1 << 63) - 1


class Committer:
    """Makes groups of changes true. Used in the writer thread only.

    Args:
        database: index, intents and jobs.
        tree: where the files go.
        buckets: which are here.
        tallies: the jobs' counters.
    """

    def __init__(self, database: Database, tree: Tree, buckets: BucketTable, tallies: Tallies) -> None:
        self._database = database
        self._tree = tree
        self._buckets = buckets
        self._tallies = tallies
        self._void: list[tuple[int, str]] = []  # may be left among the intents, and must not become objects

    def apply(self, changes: Sequence[Change]) -> None:
        """Make `changes` true, in as few transactions as can be, and tell those who asked."""
        for group in _without_repeats(changes):
            commits = [change for change in group if isinstance(change, Commit)]
            failure = None
            try:
                self._apply(group, commits)
            except BaseException as exc:  # noqa: BLE001  # not swallowed: all who asked are told it
                self._tallies.forget()
                self._void += [(commit.bucket_id, commit.name) for commit in commits if not commit.placed]
                failure = exc
            for commit in commits:
                if commit.error or failure:
                    with suppress(OSError):  # gone already, or it is left for the next start to remove
                        os.unlink(commit.file)  # noqa: PTH108  # for each object
            _resolve(group, failure)

    def _apply(self, group: Sequence[Change], commits: Sequence[Commit]) -> None:
        self._clear_void()
        versions = self._versions(commits)
        for commit in commits:
            self._record(commit, versions)
        kept = [change for change in group if isinstance(change, Keep)]
        durable = any(change.durable for change in group if isinstance(change, Commit | Complete))
        if kept or commits:
            with self._database.transaction(durable=durable) as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO partials VALUES (?,?,?)",
                    [(k.key, k.file, k.validator) for k in kept],
                )
                insert(connection, "intents", [_intent(commit) for commit in commits if commit.error is None])
        for commit in commits:
            if commit.error is None:
                commit.error = self._place(commit, known=(commit.bucket_id, commit.name) in versions)
        self._sync_places(commits)
        ended = [change.completion for change in group if isinstance(change, Complete)]
        forgotten = [(change.key, change.file) for change in group if isinstance(change, Forget)]
        if commits or ended or forgotten:
            self._settle(commits, ended, forgotten, durable=durable)

    def _clear_void(self) -> None:
        if self._void:
            with self._database.transaction() as connection:
                drop_intents(connection, self._void)
            self._void = []

    def _versions(self, commits: Sequence[Commit]) -> dict[tuple[int, str], int]:
        names: dict[int, list[str]] = {}
        for commit in commits:
            names.setdefault(commit.bucket_id, []).append(commit.name)
        with self._database.reading() as connection:
            return {
                (number, name): version
                for number, wanted in names.items()
                for name, version in known_versions(connection, number, wanted).items()
            }

    def _record(self, commit: Commit, versions: dict[tuple[int, str], int]) -> None:
        """Give `commit` the record that it will be, or the error why it cannot."""
        try:
            if self._buckets.number(commit.bucket) != commit.bucket_id:
                raise no_such_bucket(commit.bucket)
            _write_out(commit)
            if commit.durable:
                sync(commit.file)
            modified_ns, inode = commit.identity or _identity(commit.file)
        except BucketNotFound as exc:
            commit.error = exc
        except OSError as exc:
            commit.error = file_fault(exc, commit.bucket / commit.name)
            commit.error.__cause__ = exc
        else:
            commit.record = ObjectRecord(
                name=commit.name,
                size=commit.size,
                checksum=commit.checksum,
                atime=time.time_ns(),
                version=versions.get((commit.bucket_id, commit.name), 0) + 1,
                custom=commit.custom,
                modified_ns=modified_ns,
                inode=inode & INODE_MASK,
            )

    def _place(self, commit: Commit, *, known: bool) -> AisnbError | None:
        try:
            place(self._tree, commit.file, commit.bucket, commit.name, known=known)
        except AisnbError as exc:
            return exc
        commit.placed = True
        return None

    def _sync_places(self, commits: Sequence[Commit]) -> None:
        """Have the new names of durable objects on the disk.

        Raises:
            NodeError: the disk failed. The next group indexes them all the same: they are in their places.
        """
        durable = [commit for commit in commits if commit.durable and commit.placed]
        try:
            sync_directories([self._tree.path(c.bucket, c.name) for c in durable], self._tree.top)
        except OSError as exc:
            raise file_fault(exc, durable[0].bucket / durable[0].name) from exc

    def _settle(
        self, commits: Sequence[Commit], ended: list[Completion], forgotten: list[tuple[str, str]], *, durable: bool
    ) -> None:
        dropped = [(commit.bucket_id, commit.name) for commit in commits if commit.error is not None]
        kept = [commit.completion for commit in commits if commit.error is None and commit.completion is not None]
        forgotten += [(commit.key, commit.file) for commit in commits if commit.key]
        with self._database.transaction(durable=durable) as connection:
            settle(connection, dropped)
            self._tallies.apply(connection, kept + ended)
            connection.executemany("DELETE FROM partials WHERE key=? AND file=?", forgotten)


def _identity(file: str) -> tuple[int, int]:
    status = os.stat(file)  # noqa: PTH116  # for each object
    return status.st_mtime_ns, status.st_ino


def _write_out(commit: Commit) -> None:
    """Make the file of a small object, whose bytes came along."""
    body, commit.body = commit.body, None
    if body is None:
        return
    descriptor = os.open(commit.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        while body:
            body = body[os.write(descriptor, body) :]
    finally:
        os.close(descriptor)


def place(tree: Tree, file: str, bucket: Bucket, name: str, *, known: bool) -> None:
    """Rename `file` into the object's place, unless something unknown stands there.

    Args:
        tree: where objects lie.
        file: the finished file.
        bucket: where to.
        name: the object.
        known: whether the index has an object of exactly this name, which may be replaced.

    Raises:
        AlreadyExists: a file that belongs to no object, or to one whose name differs by case, is there; or
            the tree cannot hold the name.
        DiskFull: no room for a directory entry.
        NodeError: the file system refused otherwise.
    """
    if not known and tree.occupant(bucket, name) is not None:
        raise stray_file(bucket / name, tree.path(bucket, name))
    tree.place(file, bucket, name)


def settle(connection: sqlite3.Connection, dropped: Iterable[tuple[int, str]]) -> None:
    """Turn the intents into objects, but for the `dropped` ones (bucket's row number, name)."""
    drop_intents(connection, dropped)
    connection.execute(
        "INSERT OR REPLACE INTO objects (bucket, name, size, checksum, atime, version, custom, modified, inode) "
        "SELECT bucket, name, size, checksum, atime, version, custom, modified, inode FROM intents"
    )
    connection.execute("DELETE FROM intents")


def _intent(commit: Commit) -> tuple[int | str, ...]:
    record = commit.record
    assert record is not None  # there is no error, so there is a record
    return (
        commit.bucket_id,
        record.name,
        record.size,
        record.checksum,
        record.atime,
        record.version,
        commit.custom_text,
        record.modified_ns,
        record.inode,
        commit.file,
        commit.completion_text,
    )


def _resolve(group: Sequence[Change], failure: BaseException | None) -> None:
    for change in group:
        if isinstance(change, Commit):
            error = change.error or failure
            change.then(None if error else change.record, error)
        elif isinstance(change, Complete):
            change.then(None, failure)


def _without_repeats(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Cut `changes` into groups in which no object is written twice: the order of overwrites must hold."""
    group: list[Change] = []
    seen: set[tuple[int, str]] = set()
    for change in changes:
        if isinstance(change, Commit):
            target = (change.bucket_id, change.name)
            if target in seen:
                yield group
                group, seen = [], set()
            seen.add(target)
        group.append(change)
    if group:
        yield group
