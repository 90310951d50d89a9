"""Reads tars, compressed or not, by the standard library's parser."""

from __future__ import annotations

import gzip
import tarfile
from typing import TYPE_CHECKING, cast

from aisnb.archives.faults import archive_faults, no_member, too_many
from aisnb.archives.limits import GuardedFile
from aisnb.archives.members import Member, inner_name
from aisnb.errors import ArchiveInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from aisnb.archives.limits import Limits

_BLOCK = 512


class TarReader:
    """A tar, or a compressed one. See `reading.ArchiveReader`.

    Args:
        file: the archive.
        limits: what is read of it at most.
        packed: whether it is compressed (gzip).

    Attributes:
        passed_over: as for `reading.ArchiveReader`.
        end: the byte where the archive ends, unpacked, once all members were met: what is appended goes there.
    """

    def __init__(self, file: BinaryIO, limits: Limits, *, packed: bool) -> None:
        file.seek(0)
        unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=file, mode="rb")) if packed else file
        self._guarded = GuardedFile(unpacked, limits, file if packed else None)
        self._limits = limits
        self.passed_over = 0
        self.end = 0

    def members(self) -> Iterator[Member]:
        """Yield the files."""
        for member, _, _ in self._entries():
            yield member

    def open(self, name: str) -> tuple[Member, BinaryIO]:
        """Open the first file of this name."""
        wanted = inner_name(name)
        for member, archive, entry in self._entries():
            if member.name == wanted:
                return member, _content(archive, entry)
        raise no_member(name)

    def walk(self) -> Iterator[tuple[Member, BinaryIO]]:
        """Yield the files with their bytes."""
        for member, archive, entry in self._entries():
            yield member, _content(archive, entry)

    def _entries(self) -> Iterator[tuple[Member, tarfile.TarFile, tarfile.TarInfo]]:
        with archive_faults():
            self._guarded.seek(0)
            archive = tarfile.open(fileobj=self._guarded, mode="r:")  # noqa: SIM115  # its file is not its own
            for count in range(self._limits.members + 1):
                entry = archive.next()
                # It would remember all members, and ten million are too many.
                archive.members = []  # type: ignore[attr-defined]  # typeshed leaves it out
                if entry is None:
                    self._check_end(archive.offset)
                    return
                if entry.size < 0 or archive.offset <= entry.offset:
                    raise ArchiveInvalid(f"The archive is damaged at byte {entry.offset}. Pack it anew.")
                if count == self._limits.members:
                    break
                name = inner_name(entry.name) if entry.isreg() else ""
                if name:
                    yield Member(name, entry.size, None if entry.issparse() else entry.offset_data), archive, entry
                elif not entry.isdir():
                    self.passed_over += 1
        raise too_many(self._limits)

    def _check_end(self, offset: int) -> None:
        """See that the archive ends with zeros or the end of the file; tarfile takes a damaged header for an end."""
        self.end = offset
        self._guarded.seek(offset)
        if self._guarded.read(_BLOCK).strip(b"\0"):
            raise ArchiveInvalid(f"The archive is damaged at byte {offset}: no header is there. Pack it anew.")


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> BinaryIO:
    content = archive.extractfile(entry)
    assert content is not None  # it is a regular file
    return cast("BinaryIO", content)
