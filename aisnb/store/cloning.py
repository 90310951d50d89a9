"""Copies a file within the kernel: blocks are shared where the file system can, else no byte passes this process."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: One call lasts as long as its bytes take: a slice bounds how long a copy that is to stop goes on.
_SLICE_BYTES = 4 << 20
#: Who hashes between the slices finds their bytes in a core's own cache: an eighth less work than with large ones.
_HASHED_SLICE_BYTES = 512 << 10
_READ_AT_ONCE = 256 << 10

#: Linux' ioctl(2) that shares a file's blocks: ``_IOW(0x94, 9, int)``, the same on all architectures of Python's wheels
#: (``linux/fs.h``; the module fcntl does not know it).
_FICLONE = 0x40049409

#: What a kernel or file system says that cannot copy so, or not between these two.
_CANNOT = (
    errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EPERM, errno.EBADF, errno.ETXTBSY,
)  # fmt: skip


def copied(source: int, target: int, *, hashed_between: bool = False) -> Iterator[int]:
    """Copy `source` to the empty file `target`, and yield how many bytes are there, again and again.

    Both files stand behind what was copied. Yields nothing where the kernel or the file system cannot copy so.

    Args:
        source: descriptor to read from, at its first byte.
        target: descriptor to write to.
        hashed_between: the same thread hashes what is there before it asks for more.

    Raises:
        OSError: it could be done and failed, like for want of room.
    """
    if sys.platform != "linux":
        return
    slice_bytes = _HASHED_SLICE_BYTES if hashed_between else _SLICE_BYTES
    position = 0
    try:
        if size := _clone(source, target):
            yield size
            return
        while count := os.copy_file_range(source, target, slice_bytes):
            position += count
            yield position
    except OSError as exc:
        if position or exc.errno not in _CANNOT:
            raise


def _clone(source: int, target: int) -> int:
    """Make `target` share all blocks of `source`; return its size, 0 where that cannot be."""
    import fcntl  # not everywhere

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as exc:
        if exc.errno in _CANNOT:
            return 0
        raise
    os.lseek(source, 0, os.SEEK_END)
    return os.lseek(target, 0, os.SEEK_END)


class Hasher:
    """Hashes a file behind who writes it, slice by slice, while its bytes are in the processor's cache.

    Args:
        descriptor: of the file; read by position, so that its writer is not in the way.
    """

    def __init__(self, descriptor: int) -> None:
        self.hash = xxhash.xxh64()
        self._descriptor = descriptor
        self._position = 0
        self._buffer = memoryview(bytearray(_READ_AT_ONCE))

    @contextmanager
    def following(self) -> Iterator[Callable[[int], None]]:
        """Lend a function that says up to where the bytes are there; at the end all of them are in `hash`.

        Raises:
            OSError: they cannot be read.
        """
        yield self._reach

    def _reach(self, stop: int) -> None:
        while self._position < stop:
            count = os.preadv(self._descriptor, [self._buffer[: stop - self._position]], self._position)
            if not count:
                raise OSError(errno.EIO, "the file became shorter while it was read")
            self.hash.update(self._buffer[:count])
            self._position += count


class Follower(Hasher):
    """Hashes a file in a thread of its own, by another core than its writer's."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor)
        self._stops: SimpleQueue[int] = SimpleQueue()
        self._error: OSError | None = None
        self._thread = Thread(target=self._follow, name="aisnb hash", daemon=True)

    @contextmanager
    def following(self) -> Iterator[Callable[[int], None]]:
        """Lend a function as `Hasher` does; it returns at once."""
        self._thread.start()
        try:
            yield self._stops.put
        finally:
            self._stops.put(-1)
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _follow(self) -> None:
        try:
            while (stop := self._stops.get()) >= 0:
                self._reach(stop)
        except OSError as exc:
            self._error = exc
