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
from aisnb.store.faults import file_fault, no_such_bucket
from aisnb.store.index import drop_intents, insert, known_versions
from aisnb.store.newcomers import write_new
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
        completes = [change for change in group if isinstance(change, Complete)]
        durable = any(commit.durable for commit in commits) or any(complete.durable for complete in completes)
        if kept or commits:
            with self._database.transaction(durable=durable) as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO partials VALUES (?,?,?)",
                    [(k.key, k.file, k.validator) for k in kept],
                )
                insert(connection, "intents", [_intent(commit) for commit in commits if commit.error is None])
        for commit in commits:
            if commit.error is None:
                commit.error = self._place(commit)
        self._sync_places(commits)
        ended = [complete.completion for complete in completes]
        forgotten = [(change.key, change.file) for change in group if isinstance(change, Forget)]
        if commits or ended or forgotten:
            self._settle(commits, ended, forgotten, durable=durable)

    def _clear_void(self) -> None:
        if self._void:
            with self._database.transaction() as connection:
                drop_intents(connection, self._void)
            self._void = []

    def _versions(self, commits: Sequence[Commit]) -> dict[int, dict[str, int]]:
        """Return the versions of the objects that are to be replaced, by bucket and name."""
        names: dict[int, list[str]] = {}
        for commit in commits:
            names.setdefault(commit.bucket_id, []).append(commit.name)
        with self._database.reading(as_writer=True) as connection:
            return {number: known_versions(connection, number, wanted) for number, wanted in names.items()}

    def _record(self, commit: Commit, versions: dict[int, dict[str, int]]) -> None:
        """Give `commit` the record that it will be, or the error why it cannot."""
        try:
            if self._buckets.number(commit.bucket) != commit.bucket_id:
                raise no_such_bucket(commit.bucket)
            modified_ns, inode = _have_file(commit)
            if commit.durable:
                sync(commit.file)
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
                version=versions[commit.bucket_id].get(commit.name, 0) + 1,
                custom=commit.custom,
                modified_ns=modified_ns,
                inode=inode & INODE_MASK,
            )

    def _place(self, commit: Commit) -> AisnbError | None:
        assert commit.record is not None  # there is no error, so there is a record
        try:
            self._tree.place(commit.file, commit.bucket, commit.name, known=commit.record.version > 1)
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


def _have_file(commit: Commit) -> tuple[int, int]:
    """Return modification time and inode of the commit's file; that of a small object is made here.

    Raises:
        OSError: no room is left, or the disk failed.
    """
    if commit.body is not None:
        body, commit.body = commit.body, None
        return write_new(commit.file, body)
    if commit.identity is not None:
        return commit.identity
    status = os.stat(commit.file)  # noqa: PTH116  # for each object
    return status.st_mtime_ns, status.st_ino


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
