"""The one SQLite database of a data root: its tables and its connections."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from aisnb.errors import NameInvalid, NodeError
from aisnb.store.faults import database_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aisnb.errors import AisnbError

SCHEMA_VERSION = 1

#: Names compare as UTF-8 bytes: SQLite's own order for text (BINARY) in a UTF-8 database.
_SCHEMA = """
CREATE TABLE buckets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again, so a late commit cannot hit a namesake
    provider TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, extra TEXT NOT NULL,
    UNIQUE (provider, name));
CREATE TABLE objects (
    bucket INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, checksum TEXT NOT NULL, atime INTEGER NOT NULL,
    version INTEGER NOT NULL, custom TEXT NOT NULL, modified INTEGER NOT NULL, inode INTEGER NOT NULL,
    PRIMARY KEY (bucket, name)) WITHOUT ROWID;
CREATE TABLE intents (
    bucket INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, checksum TEXT NOT NULL, atime INTEGER NOT NULL,
    version INTEGER NOT NULL, custom TEXT NOT NULL, modified INTEGER NOT NULL, inode INTEGER NOT NULL,
    file TEXT NOT NULL, completion TEXT NOT NULL,
    PRIMARY KEY (bucket, name)) WITHOUT ROWID;
CREATE TABLE partials (key TEXT PRIMARY KEY, file TEXT NOT NULL, validator TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, description TEXT NOT NULL, request BLOB NOT NULL,
    created INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, total INTEGER NOT NULL,
    total_bytes INTEGER, done INTEGER NOT NULL, skipped INTEGER NOT NULL, failed INTEGER NOT NULL,
    bytes INTEGER NOT NULL, ledger TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE items (
    job TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL,
    PRIMARY KEY (job, position)) WITHOUT ROWID;
CREATE TABLE errors (
    job TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL, status INTEGER NOT NULL,
    tries INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (job, position)) WITHOUT ROWID;
CREATE TABLE servers (
    directory TEXT PRIMARY KEY, port INTEGER NOT NULL, bind TEXT NOT NULL, secret TEXT NOT NULL, hosts TEXT NOT NULL,
    serving INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Database:
    """The database's connections: one that writes, and as many that read as there are readers at once.

    Where the disk gives no shared memory (network file systems), SQLite refuses its write-ahead log: then there is
    one connection, it keeps the file to itself, and readers take turns with the writer.

    Args:
        path: the database file; made if it is not there, readable by its owner only.

    Raises:
        NodeError: it is damaged, or was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._lock = threading.RLock()
        self._closed = False
        #: Grows with every transaction, and what is noted in memory with it, before who asked for it hears of its end:
        #: what was read since is still so.
        self.changes = 0
        self._idle: list[sqlite3.Connection] = []
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite would make it readable to all
        self._file = path.stat()
        with self._translated():
            self._writer = self._open()
            self._prepare()

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        try:
            self.shared = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal"
            connection.execute("SELECT count(*) FROM sqlite_schema")
        except sqlite3.OperationalError:
            self.shared = False
        if not self.shared:
            connection.close()
            connection = self._connect()
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=TRUNCATE")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: a sync reaches the disk, not only the drive's memory
        connection.execute("PRAGMA wal_autocheckpoint=4000")  # a checkpoint syncs; do it every 16 MiB
        connection.execute("PRAGMA cache_size=-16384")
        return connection

    def _connect(self) -> sqlite3.Connection:
        place = f"file:{quote(self._path)}?mode=rw"  # else a disk that is gone would get an empty database in its place
        return sqlite3.connect(place, uri=True, timeout=20, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> None:
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            self.close()
            raise NodeError(
                f"The index '{self._path}' was written by a newer aisnb (format {version}; this one knows "
                f"{SCHEMA_VERSION}). Upgrade aisnb, or set AISNB_HOME to another directory."
            )
        if version == 0:
            self._writer.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")

    @contextmanager
    def reading(self, *, as_writer: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read with, from any thread.

        Args:
            as_writer: the writer thread asks: the writing connection still holds the pages that it wrote last, and
                every other one has to read them again.

        Raises:
            NodeError: the database cannot be read.
        """
        try:
            if as_writer or not self.shared:
                with self._lock:
                    yield self._writer
                return
            connection = self._borrow()
            try:
                yield connection
            finally:
                self._give_back(connection)
        except (sqlite3.Error, UnicodeEncodeError) as exc:
            raise self._fault(exc) from exc

    def _borrow(self) -> sqlite3.Connection:
        if self._closed:
            raise NodeError("The store is closed. Open it again to read.")
        try:
            return self._idle.pop()
        except IndexError:  # all are lent
            return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection for one transaction: all of it happens, or nothing.

        Args:
            durable: its end, and that of all before it, is on the disk itself when the block has ended.

        Raises:
            DiskFull: no room for it.
            NodeError: the database cannot be written.
        """
        try:
            with self._lock:
                if durable:  # https://www.sqlite.org/pragma.html#pragma_synchronous
                    self._writer.execute("PRAGMA synchronous=FULL")
                try:
                    self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writer
                    self._writer.execute("COMMIT")
                    self.changes += 1
                except BaseException:
                    if self._writer.in_transaction:  # SQLite has rolled back by itself after some errors
                        self._writer.execute("ROLLBACK")
                    raise
                finally:
                    if durable:
                        self._writer.execute("PRAGMA synchronous=NORMAL")
        except (sqlite3.Error, UnicodeEncodeError) as exc:
            raise self._fault(exc) from exc

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeEncodeError) as exc:
            raise self._fault(exc) from exc

    def _fault(self, exc: sqlite3.Error | UnicodeEncodeError) -> AisnbError:
        if isinstance(exc, UnicodeEncodeError):
            return NameInvalid(f"The name {exc.object!r} is not valid text (UTF-8). Rename it.")
        return database_fault(exc, self._path)

    def check_place(self) -> None:
        """Make sure that the database is still where it was opened: its disk was not taken away, nor another put there.

        Raises:
            NodeError: it is not.
        """
        with suppress(OSError):
            if os.path.samestat(os.stat(self._path), self._file):  # noqa: PTH116  # paths are text in this room
                return
        raise NodeError(
            f"The index '{self._path}' is not there any more: its disk was removed, or the data root was moved. Put it "
            "back; or say 'node stop', and start anew with what is there."
        )

    def close(self) -> None:
        """Close all connections; twice is harmless."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        self._writer.close()
