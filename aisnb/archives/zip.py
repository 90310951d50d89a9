"""Reads zips, by the standard library's parser."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING, cast

from aisnb.archives.central_directory import check_central_directory
from aisnb.archives.faults import archive_faults, no_member, too_many
from aisnb.archives.members import Member, inner_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from aisnb.archives.limits import Limits

_SIGNATURE = b"PK\x03\x04"
_LOCAL_HEADER = struct.Struct("<4s22xHH")


class ZipReader:
    """A zip. See `reading.ArchiveReader`.

    Args:
        file: the archive.
        limits: what is read of it at most.

    Attributes:
        passed_over: as for `reading.ArchiveReader`.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        check_central_directory(file, limits)
        self._file = file
        self._archive = zipfile.ZipFile(file)
        self.passed_over = 0
        if len(self._archive.infolist()) > limits.members:
            raise too_many(limits)

    def members(self) -> Iterator[Member]:
        """Yield the files."""
        for name, entry in self._entries():
            yield Member(name, entry.file_size, self._offset(entry))

    def open(self, name: str) -> tuple[Member, BinaryIO]:
        """Open the first file of this name."""
        wanted = inner_name(name)
        for found, entry in self._entries():
            if found == wanted:
                return self._open(found, entry)
        raise no_member(name)

    def walk(self) -> Iterator[tuple[Member, BinaryIO]]:
        """Yield the files with their bytes."""
        for name, entry in self._entries():
            yield self._open(name, entry)

    def _open(self, name: str, entry: zipfile.ZipInfo) -> tuple[Member, BinaryIO]:
        with archive_faults():
            return Member(name, entry.file_size, None), cast("BinaryIO", self._archive.open(entry))

    def _entries(self) -> Iterator[tuple[str, zipfile.ZipInfo]]:
        self.passed_over = 0
        for entry in self._archive.infolist():
            if entry.filename.endswith("/"):  # not is_dir(): that bears no empty name
                continue
            if name := inner_name(entry.filename):
                yield name, entry
            else:
                self.passed_over += 1

    def _offset(self, entry: zipfile.ZipInfo) -> int | None:
        """Return where the data of an entry begins: behind its local header, whose length only it knows."""
        with archive_faults():
            try:
                self._file.seek(entry.header_offset)
                signature, name_length, extra_length = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
            except io.UnsupportedOperation:  # it went by, see `aisnb.transfer.passing`
                return None
            offset: int = entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length
            if signature != _SIGNATURE or offset + entry.compress_size > self._archive.start_dir:
                raise ValueError(f"'{entry.filename}' is not where the list of members says")
        return offset
