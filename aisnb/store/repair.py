"""What opening a store makes good: everything that was in flight when the last process ended."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from aisnb.errors import AisnbError
from aisnb.store.buckets import REMOVED, forget_bucket
from aisnb.store.changes import Keep
from aisnb.store.commits import INODE_MASK, settle
from aisnb.store.records import Completion
from aisnb.store.tally import Tallies

if TYPE_CHECKING:
    from aisnb.store.database import Database
    from aisnb.store.tree import Tree
    from aisnb.uris import Bucket


class _Intent(NamedTuple):
    bucket: int
    name: str
    size: int
    modified: int
    inode: int
    file: str
    completion: str


def finish_intents(database: Database, tree: Tree, buckets: dict[int, Bucket]) -> None:
    """End the commits that were in flight: rename what is not renamed yet, index it, count it.

    Args:
        database: with the intents.
        tree: where the files go.
        buckets: by row number.
    """
    with database.transaction() as connection:
        intents = [
            _Intent(*row)
            for row in connection.execute("SELECT bucket, name, size, modified, inode, file, completion FROM intents")
        ]
        dropped, completions = [], []
        for intent in intents:
            bucket = buckets.get(intent.bucket)
            known = connection.execute(
                "SELECT 1 FROM objects WHERE bucket=? AND name=?", (intent.bucket, intent.name)
            ).fetchone()
            if bucket is None or not _finish(tree, bucket, intent, known=known is not None):
                dropped.append((intent.bucket, intent.name))
            elif intent.completion:
                completions.append(msgspec.json.decode(intent.completion, type=Completion))
        settle(connection, dropped)
        Tallies().apply(connection, completions)


def _finish(tree: Tree, bucket: Bucket, intent: _Intent, *, known: bool) -> bool:
    """Return whether the intent's object is in its place now."""
    if Path(intent.file).exists():
        try:
            tree.place(intent.file, bucket, intent.name, known=known)
        except AisnbError:
            return False  # never acknowledged, and it cannot be: the file is removed with the other leftovers
        return True
    try:
        found = os.lstat(tree.path(bucket, intent.name))
    except OSError:
        return False  # neither here nor there: someone removed it by hand
    wanted = (intent.size, intent.modified, intent.inode)
    return (found.st_size, found.st_mtime_ns, found.st_ino & INODE_MASK) == wanted


def finish_removals(database: Database, directory: Path) -> None:
    """End the removals of buckets that were in flight. Their files go in the background: they may be many.

    Args:
        database: the index.
        directory: ``partial``, where removed buckets' directories lie.
    """
    detached = list(directory.glob(f"{REMOVED}*"))
    with database.transaction() as connection:
        for path in detached:
            forget_bucket(connection, int(path.name.removeprefix(REMOVED)))
    for path in detached:
        threading.Thread(target=shutil.rmtree, args=(path, True), daemon=True).start()


def sweep_partials(database: Database, directory: Path) -> dict[str, Keep]:
    """Remove the partial files that nobody will ask for again; return those that may be taken up, by key.

    Args:
        database: with the resume rows.
        directory: ``partial``.
    """
    with database.transaction() as connection:
        rows = connection.execute("SELECT key, file, validator FROM partials").fetchall()
        kept = {key: Keep(key, file, validator) for key, file, validator in rows if Path(file).exists()}
        connection.executemany("DELETE FROM partials WHERE key=?", [(row[0],) for row in rows if row[0] not in kept])
    wanted = {entry.file for entry in kept.values()}
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.path not in wanted and not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink(missing_ok=True)
    return kept
