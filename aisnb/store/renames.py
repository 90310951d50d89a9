"""Renames a bucket: its directory in one step, its row in another, and a crash between them is made good.

Each step is synced before the next: else a power cut could leave the objects of durable writes under another name.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.errors import AlreadyExists
from aisnb.store.durability import sync_directories
from aisnb.store.faults import file_fault
from aisnb.uris import Bucket

if TYPE_CHECKING:
    from aisnb.store.database import Database
    from aisnb.store.tree import Tree

#: The key, among the small values, of a rename in flight; the bucket's row number follows. The value is the new name.
_INTENT = "bucket.rename."


def rename_directory(database: Database, tree: Tree, number: int, bucket: Bucket, to: Bucket) -> None:
    """Give a bucket's row and directory another name. For the writer thread.

    Args:
        database: with the row.
        tree: with the directory.
        number: the bucket's row.
        bucket: as it is called now.
        to: as it is to be called; no bucket is called that.

    Raises:
        AlreadyExists: a directory that belongs to no bucket has that name.
        NodeError: the file system refused.
    """
    with suppress(OSError):  # one that is not empty stays, and is in the way
        Path(tree.directory(to)).rmdir()
    if Path(tree.directory(to)).exists():
        raise AlreadyExists(
            f"bucket \"{to}\" cannot be made: '{tree.directory(to)}' is there and belongs to no bucket, or the disk "
            "ignores case. Move it away, or choose another name."
        )
    with database.transaction(durable=True) as connection:
        connection.execute("INSERT OR REPLACE INTO state VALUES (?,?)", (f"{_INTENT}{number}", to.name))
    try:
        tree.move(bucket, to)
    except OSError as exc:
        with database.transaction() as connection:
            connection.execute("DELETE FROM state WHERE key=?", (f"{_INTENT}{number}",))
        raise file_fault(exc, str(bucket)) from exc
    with suppress(OSError):  # it has happened, and a disk that fails will say so at the next write
        sync_directories([tree.directory(to)], tree.top)
    _note(database, number, to.name)


def finish_renames(database: Database, tree: Tree) -> None:
    """End the renames that were in flight when the last process did."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT buckets.id, provider, name, value FROM state JOIN buckets ON key = ? || buckets.id", (_INTENT,)
        ).fetchall()
    for number, provider, name, new_name in rows:
        before, after = Bucket(provider, name), Bucket(provider, new_name)
        if not os.path.lexists(tree.directory(after)):
            with suppress(FileNotFoundError):  # removed by hand: the row follows all the same
                tree.move(before, after)
        _note(database, number, new_name)


def _note(database: Database, number: int, name: str) -> None:
    with database.transaction(durable=True) as connection:
        connection.execute("UPDATE buckets SET name=? WHERE id=?", (name, number))
        connection.execute("DELETE FROM state WHERE key=?", (f"{_INTENT}{number}",))
