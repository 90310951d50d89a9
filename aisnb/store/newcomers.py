"""Files that are made and named for each object, by as few system calls as can be."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Made once: converting them again would cost a third of the call.
_AT_FDCWD = ctypes.c_int(-100)
_RENAME_NOREPLACE = ctypes.c_uint(1)
#: What a file system says that does not know of it, or a sandbox that does not let the call through.
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.EPERM)


def write_new(file: str | bytes, body: bytes | bytearray | memoryview) -> tuple[int, int]:
    """Make a file of these bytes; return its modification time (Unix nanoseconds) and inode.

    Raises:
        OSError: it is there, no room is left, or the disk failed.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        while body:
            body = body[os.write(descriptor, body) :]
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return status.st_mtime_ns, status.st_ino


def rename_new(source: str, target: str) -> None:
    """Rename a file, unless something stands at its new path.

    Where the system cannot do both in one step, something may come to stand there between the look and the renaming.

    Raises:
        FileExistsError: something does, be it a directory or a link to nowhere.
        OSError: as for `os.rename`.
    """
    rename = _renameat2()
    if rename is not None:
        if not rename(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), _RENAME_NOREPLACE):
            return
        number = ctypes.get_errno()
        if number not in _UNKNOWN:
            raise OSError(number, os.strerror(number), source, None, target)
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target)
    os.rename(source, target)  # noqa: PTH104  # for each object: a Path costs more than the rename


@lru_cache(maxsize=1)
def _renameat2() -> Callable[..., int] | None:
    """Return the C library's function, None where there is none."""
    return getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
