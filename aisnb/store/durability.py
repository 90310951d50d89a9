"""Syncing: what has reached the disk itself, not only the system's memory, outlasts a power cut."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: macOS: fsync alone leaves the bytes in the drive's own memory (fcntl(2)).
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def sync_descriptor(descriptor: int) -> None:
    """Return once the bytes of an open file, or the entries of an open directory, are on the disk.

    Raises:
        OSError: the disk failed.
    """
    if _FULL_SYNC is not None:
        with suppress(OSError):  # not every file system knows it
            fcntl.fcntl(descriptor, _FULL_SYNC)
            return
    os.fsync(descriptor)


def sync(path: str) -> None:
    """Return once the file, or the directory with its entries, is on the disk.

    Raises:
        OSError: it is not there, or the disk failed.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync_descriptor(descriptor)
    finally:
        os.close(descriptor)


def sync_directories(paths: Iterable[str], top: str) -> None:
    """Sync the directories that hold these files, and those above them: new ones are entries there.

    Args:
        paths: files below `top`.
        top: the last directory to sync.

    Raises:
        OSError: the disk failed.
    """
    directories: set[str] = set()
    for path in paths:
        directory = os.path.dirname(path)  # noqa: PTH120  # paths are text in this room
        while directory not in directories and len(directory) >= len(top):
            directories.add(directory)
            directory = os.path.dirname(directory)  # noqa: PTH120  # as above
    for directory in sorted(directories, key=len, reverse=True):
        sync(directory)
