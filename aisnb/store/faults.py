"""The one border where errors of the operating system and of SQLite become ours."""

from __future__ import annotations

import errno
import sqlite3
from typing import TYPE_CHECKING

from aisnb.errors import AlreadyExists, BucketNotFound, DiskFull, NameInvalid, NodeError, ObjectNotFound

if TYPE_CHECKING:
    from aisnb.errors import AisnbError
    from aisnb.uris import Bucket

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY)
_NOT_A_NAME = (errno.ENAMETOOLONG, errno.EILSEQ)

#: SQLite's words for an index that is none any more.
DAMAGE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def file_fault(exc: OSError, uri: str) -> AisnbError:
    """Return our error for what the file system said while `uri` was being stored."""
    if exc.errno in _NO_ROOM:
        return no_room(f"'{uri}' cannot be stored")
    if exc.errno in _IN_THE_WAY:
        return in_the_way(uri)
    if exc.errno in _NOT_A_NAME:
        return NameInvalid(f"'{uri}' cannot be stored: the file system refuses the name ({exc.strerror}). Shorten it.")
    return NodeError(f"'{uri}' cannot be stored: {exc}. Check the data root's disk, then try again.")


def database_fault(exc: sqlite3.Error, path: str) -> AisnbError:
    """Return our error for what SQLite said about the index at `path`."""
    code = getattr(exc, "sqlite_errorcode", 0)  # absent where the sqlite3 module itself objects
    if code == sqlite3.SQLITE_FULL:
        return no_room(f"The index '{path}' cannot be written")
    if code & 0xFF in DAMAGE:
        return NodeError(
            f"The index '{path}' is damaged ({exc}). Say 'node stop', move it away, say 'node fsck': objects "
            "are plain files and are indexed anew; jobs are lost."
        )
    return NodeError(
        f"The index '{path}' cannot be used: {exc}. Check the disk, and that no other program has it open."
    )


def no_room(what: str) -> DiskFull:
    """Return the error for a disk, quota or file size limit that is used up."""
    return DiskFull(f"{what}: no room is left. Free some space, or set AISNB_HOME to a larger disk, and try again.")


def in_the_way(uri: str) -> AlreadyExists:
    """Return the error for a name that a file tree cannot hold beside the others: ``a`` and ``a/b``."""
    return AlreadyExists(
        f"'{uri}' cannot be stored: a file cannot be a directory too, and another object is already on its path or "
        "below it. Remove that object, or choose another name."
    )


def stray_file(uri: str, path: str) -> AlreadyExists:
    """Return the error for a file that stands where an object should go and is not that object."""
    return AlreadyExists(
        f"'{uri}' cannot be stored: '{path}' is there and belongs to no object of exactly this name. Move that file "
        "away, or run 'node fsck' to take it in; where the disk ignores case, choose another name."
    )


def file_gone(bucket: Bucket, name: str, path: str) -> ObjectNotFound:
    """Return the error for an object that is in the index, and whose file is not there or not readable."""
    return ObjectNotFound(
        f"{bucket / name} does not exist: its file '{path}' cannot be read. Store it again, or run 'node fsck' to take "
        "it out of the listing."
    )


def no_such_bucket(bucket: Bucket) -> BucketNotFound:
    """Return the error for a bucket that is not here, worded as AIStore does."""
    return BucketNotFound(f'bucket "{bucket}" does not exist')


def no_such_object(bucket: Bucket, name: str) -> ObjectNotFound:
    """Return the error for an object that is not here, worded as AIStore does."""
    return ObjectNotFound(f"{bucket / name} does not exist")
