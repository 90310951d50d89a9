"""Opening a store whose index is lost or damaged: it is made anew from the files, and that is said."""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.store.faults import DAMAGE, file_fault
from aisnb.store.fsck import fsck
from aisnb.store.store import Store

if TYPE_CHECKING:
    from aisnb.store.fsck import FsckReport

#: Read at each opening: a look at the roots of the tables, which costs the same for ten objects and for ten million.
_TABLES = ("buckets", "objects", "intents", "partials", "jobs", "items", "errors", "servers", "state")

_log = logging.getLogger("aisnb.store")


def open_store(root: Path) -> Store:
    """Open the store at `root`. An index that is damaged is set aside; without one, all files become objects again.

    Objects, their sizes and checksums come back, for they are the files. What only the index knew does not: jobs,
    served directories, the sources of ``ht://`` buckets, ETags. All files are read for that, and the log tells so.

    Args:
        root: the data root; made if it is not there. No other process uses it.

    Raises:
        NodeError: the root cannot be used, or was written by a newer version.

    Example:
        store = open_store(Path("/tmp/data"))
    """
    index = root / "index.db"
    if damage := _damage(index):
        aside = _set_aside(index)
        _log.warning("The index '%s' is damaged (%s). It was set aside as '%s'.", index, damage, aside)
    store = Store(root)
    if not store.buckets() and any((root / "buckets").glob("*/*")):
        _log.warning("The index '%s' was lost: it is being made anew, and all files are read for that.", index)
        try:
            _tell(index, fsck(store))
        except BaseException:
            store.close()
            raise
    return store


def _damage(index: Path) -> str:
    """Return what SQLite says of an index that it cannot read any more, "" if it is sound or not there."""
    if not index.exists():
        return ""
    try:
        with closing(sqlite3.connect(index, timeout=20)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0]:
                for table in _TABLES:
                    connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()  # noqa: S608  # names of ours
    except sqlite3.Error as exc:
        if getattr(exc, "sqlite_errorcode", 0) & 0xFF in DAMAGE:
            return str(exc)
    return ""  # other faults are told by whoever opens it in earnest


def _set_aside(index: Path) -> Path:
    """Move the index and its logs away; return where to."""
    aside = index.with_name(f"{index.name}.damaged-{time.time_ns()}")
    for suffix in ("-wal", "-shm", "-journal", ""):  # the index last: a crash on the way is followed by another try
        try:
            Path(f"{index}{suffix}").rename(f"{aside}{suffix}")
        except FileNotFoundError:
            continue
        except OSError as exc:
            raise file_fault(exc, str(index)) from exc
    return aside


def _tell(index: Path, report: FsckReport) -> None:
    _log.warning(
        "The index '%s' was made anew: %d objects, %d bytes. Jobs, served directories and the sources of ht:// buckets "
        "are lost; serve and start them again.",
        index,
        report.objects,
        report.bytes,
    )
    if report.unusable:
        _log.warning(
            "%d files cannot be objects and were left alone, such as '%s'.", len(report.unusable), report.unusable[0]
        )
