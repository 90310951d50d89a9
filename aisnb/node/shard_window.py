"""Objects and members of shards as files, opened one after the other: of the same shard it is looked at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Self

from aisnb.archives import Format, archive_faults, archive_format, open_archive
from aisnb.errors import ObjectNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from aisnb.archives import ArchiveReader, Member
    from aisnb.store import Store
    from aisnb.uris import Bucket

_AT_ONCE = 1 << 20


class Window:
    """Some bytes of a file, read from their beginning to their end.

    Args:
        file: where they are; it stays the caller's.
        offset: the first of them, None where the file stands now and cannot be moved.
        size: how many.
    """

    def __init__(self, file: BinaryIO, offset: int | None, size: int) -> None:
        self._file = file
        self._left = size
        self.size = size
        if offset is not None:
            file.seek(offset)

    def read(self, size: int) -> bytes:
        """Return the next bytes, b"" at the end."""
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def part(self, start: int, length: int) -> Window:
        """Return the bytes from `start` on, `length` of them; nothing must have been read."""
        while start:
            passed = self.read(min(start, _AT_ONCE))
            if not passed:
                break
            start -= len(passed)
        return Window(self._file, None, length)


class ShardWindow:
    """Opens objects, and members of shards. A context manager; not for two threads at once.

    Args:
        store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._key: tuple[Bucket, str] | None = None
        self._file: BinaryIO | None = None
        self._reader: ArchiveReader | None = None
        self._members: dict[str, Member] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @contextmanager
    def open(self, bucket: Bucket, name: str, member: str) -> Iterator[Window]:
        """Open an object, or a member of it, in this block.

        Raises:
            ObjectNotFound: there is no such object, or member.
            ArchiveInvalid: the object is no shard.
        """
        if not member:
            record, file = self._store.open(bucket, name)
            with file:
                yield Window(file, 0, record.size)
            return
        file, reader = self._shard(bucket, name)
        known = self._members.get(member)
        if known is not None and known.offset is not None:
            yield Window(file, known.offset, known.size)
            return
        try:
            found, content = reader.open(member)
        except ObjectNotFound as exc:
            raise ObjectNotFound(f"'{member}' in archive {bucket / name} does not exist") from exc
        with content, archive_faults():
            yield Window(content, None, found.size)

    def _shard(self, bucket: Bucket, name: str) -> tuple[BinaryIO, ArchiveReader]:
        if self._key != (bucket, name) or self._file is None or self._reader is None:
            self._close()
            _, self._file = self._store.open(bucket, name)
            kind = archive_format(name, "", self._file)
            self._reader = open_archive(self._file, kind)
            if kind is Format.TAR:
                for member in self._reader.members():
                    self._members.setdefault(member.name, member)
            self._key = bucket, name
        return self._file, self._reader

    def _close(self) -> None:
        file, self._file, self._key = self._file, None, None
        self._members.clear()
        if file is not None:
            file.close()
