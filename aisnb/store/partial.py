"""Files on their way: written in ``partial/``, hashed as the bytes pass, taken up again after a pause or a crash."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext, suppress
from itertools import count
from typing import TYPE_CHECKING

import xxhash

from aisnb.errors import AisnbError
from aisnb.store.changes import Forget, Keep
from aisnb.store.cloning import Follower, Hasher, copied
from aisnb.store.durability import sync_descriptor
from aisnb.store.faults import file_fault, no_room
from aisnb.store.reserving import AHEAD, can_reserve, reserve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event
    from typing import BinaryIO

    from aisnb.uris import Bucket

#: Below this many bytes fetching again is cheaper than remembering.
WORTH_KEEPING = 1 << 20

#: Up to here an object waits in memory for the writer thread to make its file, off the way of those who receive.
IN_MEMORY = 256 * 1024

#: From here on a sync does not leave it to that thread: it would sync one after the other.
_WORTH_SYNCING = 64 * 1024

_READ_AT_ONCE = 1 << 20

#: From here on a single file is hashed beside its copying, by the second core; below that is not worth a thread.
_HASHED_BESIDE = 16 << 20


class PartialFiles:
    """The directory of partial files, and which of them may be taken up again.

    Args:
        directory: ``partial`` in the data root.
        kept: what the database knows of, by key.
        submit: hands a change to the writer thread.

    Attributes:
        reserves: room is to be reserved for what comes.
    """

    def __init__(self, directory: Path, kept: dict[str, Keep], submit: Callable[[Keep | Forget], None]) -> None:
        self.directory = directory
        self._kept = kept
        self._submit = submit
        self._claimed: set[str] = set()
        self._start = f"{directory}/{time.time_ns():x}-"
        self._numbers = count()
        self.reserves = can_reserve(str(directory))

    def fresh_path(self) -> str:
        """Return a path that no file had before."""
        return f"{self._start}{next(self._numbers)}"

    def claim(self, key: str) -> bool:
        """Return whether `key` is a key and nobody else is writing under it."""
        if not key or key in self._claimed:
            return False
        self._claimed.add(key)
        return True

    def release(self, key: str) -> None:
        """Let others write under `key`."""
        self._claimed.discard(key)

    def kept(self, key: str) -> Keep | None:
        """Return what is kept under `key`."""
        return self._kept.get(key)

    def keep(self, key: str, file: str, validator: str) -> None:
        """Remember, across crashes, that `file` holds bytes of what `validator` stands for."""
        entry = self._kept[key] = Keep(key, file, validator)
        self._submit(entry)

    def forget(self, key: str, file: str) -> None:
        """Remember it no longer."""
        self._kept.pop(key, None)
        self._submit(Forget(key, file))

    def forget_all(self, prefix: str) -> None:
        """Remove the files that are kept under keys with this prefix, but for those that are being written."""
        for key, entry in list(self._kept.items()):
            if key.startswith(prefix) and key not in self._claimed:
                with suppress(FileNotFoundError):
                    os.unlink(entry.file)  # noqa: PTH108  # paths are text in this module
                self.forget(key, entry.file)

    def committed(self, key: str) -> None:
        """Remember it no longer; the commit clears the row."""
        self._kept.pop(key, None)


class Partial:
    """One object on its way. Not for two threads at once.

    Made by `Store.begin`; ends with `Store.commit`, `close` (a pause) or `discard`. What is called after its end does
    nothing.

    Attributes:
        bucket: where it goes.
        bucket_id: the bucket's row when the writing began.
        name: the object's name.
        replaces: an object of that name was here when the writing began.
    """

    __slots__ = (
        "_descriptor", "_ended", "_file", "_files", "_hash", "_kept", "_key", "_position", "_reserved", "_size",
        "_spool", "_unread", "_validator", "bucket", "bucket_id", "name", "replaces",
    )  # fmt: skip

    def __init__(
        self, files: PartialFiles, bucket: Bucket, bucket_id: int, name: str, key: str, *, replaces: bool
    ) -> None:
        self.bucket = bucket
        self.bucket_id = bucket_id
        self.name = name
        self.replaces = replaces
        self._files = files
        self._key = key if files.claim(key) else ""
        self._file = self._validator = ""
        self._kept = self._ended = self._unread = False
        self._descriptor = -1
        self._position = self._reserved = self._size = 0
        self._spool = b""
        self._hash: xxhash.xxh64 | None = xxhash.xxh64()
        if self._key and (kept := files.kept(key)):
            self._take_up(kept)

    def _take_up(self, kept: Keep) -> None:
        with suppress(FileNotFoundError):  # removed by hand: begin anew
            self._position = os.stat(kept.file).st_size  # noqa: PTH116  # paths are text in this class
            self._file, self._validator, self._kept = kept.file, kept.validator, True
            self._hash = None  # these bytes are not hashed yet

    @property
    def position(self) -> int:
        """Bytes that are here."""
        return self._position

    def resume_point(self) -> tuple[int, str]:
        """Return how many bytes are here and the validator that they were stored under; ``(0, "")`` for none."""
        return (self._position, self._validator) if self._validator and self._position else (0, "")

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        """Begin to write, or go on.

        Args:
            offset: where the next byte belongs, at most `position`; 0 starts over. Bytes from before a pause are
                read and hashed here, at the speed of the disk.
            validator: what the source's answer is known by; "" if it cannot be known again.
            size: bytes of the whole object, None if unknown. Large and unknown ones survive a crash, given a key.

        Raises:
            DiskFull: `size` does not fit.
        """
        assert 0 <= offset <= self._position, "start beyond the bytes that are here"
        self._size, self._reserved = 0, offset
        if size is not None and size >= WORTH_KEEPING:
            self._check_room(size - offset)
            self._size = size if self._files.reserves else 0
        if offset == 0:
            self._start_over()
        elif self._hash is None or offset != self._position:
            self._go_back(offset)
        self._validator = validator
        if size is None or size >= WORTH_KEEPING:
            self._keep()

    def _check_room(self, needed: int) -> None:
        disk = os.statvfs(self._files.directory)
        free = disk.f_bavail * disk.f_frsize + self._room_here()
        if needed > free:
            raise no_room(f"'{self._uri}' cannot be stored: {needed} bytes are to come and {free} are free")

    def _room_here(self) -> int:
        """Return for how many bytes to come the file has room already, from before a pause."""
        try:
            return max(0, os.stat(self._file).st_blocks * 512 - self._position) if self._file else 0  # noqa: PTH116
        except FileNotFoundError:  # removed by hand
            return 0

    def _start_over(self) -> None:
        if self._position or self._file:
            self._remove()
        self._position = 0
        self._unread = False
        self._hash = xxhash.xxh64()

    def _go_back(self, offset: int) -> None:
        try:
            self._open()
            os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            self._hash = xxhash.xxh64()
            while chunk := os.read(self._descriptor, _READ_AT_ONCE):
                self._hash.update(chunk)
        except OSError as exc:
            raise file_fault(exc, self._uri) from exc
        self._position = offset

    def _keep(self) -> None:
        if self._key and self._validator and not self._ended:
            self._open()
            self._files.keep(self._key, self._file, self._validator)
            self._kept = True

    def _open(self) -> None:
        if self._descriptor >= 0:
            return
        flags = os.O_RDWR | os.O_CLOEXEC
        if not self._file:
            self._file = self._files.fresh_path()
            flags |= os.O_CREAT | os.O_EXCL
        try:
            self._descriptor = os.open(self._file, flags, 0o666)
        except OSError as exc:
            raise file_fault(exc, self._uri) from exc
        if self._spool:
            self._spill()

    def _spill(self) -> None:
        """Move what waits in memory to the file."""
        spool, self._spool = self._spool, b""
        written = 0
        try:
            while written < len(spool):
                written += os.write(self._descriptor, spool[written:])
        except OSError as exc:
            self._position, self._hash = written, None
            raise file_fault(exc, self._uri) from exc

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append `chunk`.

        Raises:
            DiskFull: no room is left; what was written before stays.
            NodeError: the disk failed otherwise.
        """
        assert self._hash is not None, "write before start"
        assert not self._ended, "write after the end"
        if not self._file and self._position + len(chunk) <= IN_MEMORY:
            self._spool += chunk
            self._position += len(chunk)
            self._hash.update(chunk)
            return
        self._open()
        if self._position + len(chunk) > self._reserved < self._size:
            self._reserve()
        rest: bytes | bytearray | memoryview = chunk
        while True:
            try:
                written = os.write(self._descriptor, rest)
            except OSError as exc:
                raise file_fault(exc, self._uri) from exc
            self._position += written
            if written == len(rest):
                self._hash.update(rest)
                return
            self._hash.update(memoryview(rest)[:written])
            rest = memoryview(rest)[written:]

    def _reserve(self) -> None:
        """Have room held for what comes next; from there on, where the last bytes that were written end."""
        start, self._reserved = self._reserved, min(self._size, self._position + AHEAD)
        reserve(self._descriptor, start, self._reserved - start)

    def take_file(
        self, source: int, size: int, *, checksum: bool = True, alone: bool = True, halt: Event | None = None
    ) -> bool:
        """Append a whole file, within the kernel where it can; return False if `halt` was set before its end.

        Args:
            source: descriptor of the file, at its first byte.
            size: its bytes, as far as is known.
            checksum: have the bytes read and hashed, also where they need not pass this process for being copied.
            alone: no other file is taken at the same time: a large one is hashed by the second core.
            halt: set it to break off.

        Raises:
            DiskFull: no room is left.
            NodeError: the disk failed.
        """
        assert self._position == 0, "take_file behind other bytes"
        try:
            if size > IN_MEMORY:
                self._copy_in_kernel(source, size, checksum=checksum, alone=alone, halt=halt)
            buffer = memoryview(bytearray(min(size + 1, _READ_AT_ONCE)))
            while halt is None or not halt.is_set():
                count = os.readv(source, [buffer])  # also behind what the kernel copied: it may have grown
                if not count:
                    return True
                self.write(buffer[:count])
        except AisnbError:  # of which some are OSErrors, too
            raise
        except OSError as exc:
            raise file_fault(exc, self._uri) from exc
        return False

    def _copy_in_kernel(self, source: int, size: int, *, checksum: bool, alone: bool, halt: Event | None) -> None:
        """Copy a file without its bytes passing here; nothing is copied where the kernel cannot."""
        self._open()
        descriptor = self._descriptor
        beside = alone and size >= _HASHED_BESIDE
        behind = (Follower if beside else Hasher)(descriptor) if checksum else None
        with behind.following() if behind else nullcontext(_nobody) as tell:
            for stop in copied(source, descriptor, hashed_between=checksum and not beside):
                self._position = stop
                tell(stop)
                if halt is not None and halt.is_set():
                    break
        self._hash = behind.hash if behind else self._hash
        self._unread = not checksum and self._position > 0

    def digest(self) -> str:
        """Return the XXH64 of all bytes so far, 16 hex digits; bytes from before a pause are read for it.

        It is "" for a file that was taken without one.
        """
        if self._unread:
            return ""
        if self._hash is None:
            self._go_back(self._position)
        assert self._hash is not None  # _go_back made it
        return self._hash.hexdigest()

    def sync(self) -> None:
        """Return once the bytes are on the disk itself; a few that are in memory get there by the commit.

        Raises:
            NodeError: the disk failed.
        """
        if len(self._spool) > _WORTH_SYNCING:
            self._open()
        if self._descriptor >= 0:
            try:
                sync_descriptor(self._descriptor)
            except OSError as exc:
                raise file_fault(exc, self._uri) from exc

    def reader(self) -> BinaryIO:
        """Return the bytes that are here as a file, to be closed by the caller.

        Raises:
            NodeError: the disk failed.
        """
        self._open()
        try:
            return open(self._file, "rb")  # noqa: PTH123  # paths are text in this class
        except OSError as exc:
            raise file_fault(exc, self._uri) from exc

    def seal(self) -> tuple[str, str, bytes | None]:
        """Close the file for good and hand it over.

        Returns:
            Its path, the key of its resume row ("" for none), and the bytes that are still to be written there; None
            if the file is there.

        Raises:
            DiskFull: the last bytes found no room (network file systems say so only now).
        """
        assert not self._ended, "commit after the end"
        body = None if self._file else self._spool
        if body is not None:
            self._file = self._files.fresh_path()
        self._give_room_back()
        try:
            self._close_descriptor()
        except OSError as exc:
            self.discard()
            raise file_fault(exc, self._uri) from exc
        self._end()
        if self._kept:
            self._files.committed(self._key)
        return self._file, self._key if self._kept else "", body

    def close(self) -> None:
        """Pause: keep the bytes for the next `Store.begin` with the same key, where they can be known again."""
        if self._ended:
            return
        if not (self._key and self._validator and self._position):
            self.discard()
            return
        if not self._kept:
            self._keep()
        self._give_room_back()
        self._close_descriptor()
        self._end()

    def _give_room_back(self) -> None:
        """Let others have the room that was held for bytes that did not come."""
        if self._reserved > self._position and self._descriptor >= 0:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._position)

    def discard(self) -> None:
        """Remove the bytes; twice, or after a commit, is harmless."""
        if not self._ended:
            self._remove()
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._files.release(self._key)

    def _remove(self) -> None:
        self._close_descriptor()
        if self._file:
            with suppress(OSError):  # gone already, or it is left for the next start to remove
                os.unlink(self._file)  # noqa: PTH108  # paths are text in this class
            if self._kept:
                self._files.forget(self._key, self._file)
        self._file, self._spool, self._kept = "", b"", False

    def _close_descriptor(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    @property
    def _uri(self) -> str:
        return self.bucket / self.name


def _nobody(_stop: int) -> None:
    """Take the place of who is told how far a copy is."""
