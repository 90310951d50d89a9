"""openat2(2): a whole path opened by one call, with no symbolic link anywhere in it (Linux 5.6 and later)."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: The same on all of Linux's architectures that are younger than Alpha.
_OPENAT2 = ctypes.c_long(437)
_AT_FDCWD = ctypes.c_int(-100)
_RESOLVE_NO_SYMLINKS = 0x04


class _OpenHow(ctypes.Structure):
    """``struct open_how`` of <linux/openat2.h>."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


@lru_cache(maxsize=4)
def linkless_opener(flags: int) -> Callable[[bytes], int] | None:
    """Return a function that opens an absolute path without links in it; None where the system has none.

    The function returns the descriptor, or -1 if the path has a link in it or cannot be opened: why is for the caller
    to find out, component by component.

    Args:
        flags: for open(2).
    """
    if sys.platform != "linux":
        return None
    syscall = ctypes.CDLL(None).syscall
    how = ctypes.byref(_OpenHow(flags, 0, _RESOLVE_NO_SYMLINKS))
    size = ctypes.c_size_t(ctypes.sizeof(_OpenHow))

    def open_linkless(path: bytes) -> int:
        descriptor: int = syscall(_OPENAT2, _AT_FDCWD, path, how, size)
        return descriptor

    root = open_linkless(b"/")
    if root < 0:  # an older kernel, or a sandbox that does not let the call through
        return None
    os.close(root)
    return open_linkless
