"""Writes an archive from its beginning to its end, or takes one over and adds to it; never seeks."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING, cast

from aisnb.archives.faults import archive_faults
from aisnb.archives.formats import Format
from aisnb.archives.limits import Limits
from aisnb.archives.members import inner_name
from aisnb.archives.tar import TarReader
from aisnb.archives.zip import ZipReader
from aisnb.errors import NameInvalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_AT_ONCE = 1 << 20
_COMPRESSION_LEVEL = 6


class _Output(io.RawIOBase):
    """What archives are written to: anything that takes bytes, counted."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: object) -> int:
        chunk = bytes(cast("bytes", data))
        self._write(chunk)
        self._position += len(chunk)
        return len(chunk)


class ArchiveWriter:
    """An archive that is being written. `close` ends it; without that it is none.

    Args:
        write: takes the bytes of the archive, in order.
        kind: its format.
        existing: an archive of the same format whose members come first; read here, and left open.

    Raises:
        ArchiveInvalid: `existing` is damaged, or not of this format.

    Example:
        with open("shard.tar", "wb") as file:
            writer = ArchiveWriter(file.write, Format.TAR)
            writer.add("cat.jpg", 3, io.BytesIO(b"cat"))
            writer.close()
    """

    def __init__(self, write: Callable[[bytes], object], kind: Format, existing: BinaryIO | None = None) -> None:
        output = _Output(write)
        self._sink: io.RawIOBase | gzip.GzipFile = output
        self._zip: zipfile.ZipFile | None = None
        if kind is Format.ZIP:
            self._zip = zipfile.ZipFile(cast("BinaryIO", output), "w", zipfile.ZIP_DEFLATED, allowZip64=True)
            if existing is not None:
                self._repack(existing)
            return
        if kind is Format.TGZ:
            self._sink = gzip.GzipFile(fileobj=cast("BinaryIO", output), mode="wb", compresslevel=_COMPRESSION_LEVEL)
        if existing is not None:
            self._take_over(existing, kind)

    def add(self, name: str, size: int, content: BinaryIO) -> None:
        """Append a file.

        Args:
            name: its path in the archive.
            size: bytes; `content` must have as many.
            content: read to its end.

        Raises:
            NameInvalid: no member can be called that.
            ArchiveInvalid: `content` ends too early.
        """
        if not name or inner_name(name) != name:
            raise NameInvalid(f"{name!r} cannot be a name in an archive. Use a path without '..', '//' or a '/' ahead.")
        with archive_faults():
            if self._zip is None:
                self._add_to_tar(name, size, content)
            else:
                self._add_to_zip(self._zip, name, size, content)

    def close(self) -> None:
        """Write the end of the archive."""
        with archive_faults():
            if self._zip is not None:
                self._zip.close()
                return
            self._sink.write(bytes(2 * tarfile.BLOCKSIZE))
            if isinstance(self._sink, gzip.GzipFile):
                self._sink.close()

    def _add_to_tar(self, name: str, size: int, content: BinaryIO) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = size
        entry.mtime = int(time.time())
        self._sink.write(entry.tobuf(tarfile.PAX_FORMAT))
        self._copy(content, size)
        self._sink.write(bytes(-size % tarfile.BLOCKSIZE))

    def _add_to_zip(self, archive: zipfile.ZipFile, name: str, size: int, content: BinaryIO) -> None:
        entry = zipfile.ZipInfo(name, time.localtime()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.file_size = size
        with archive.open(entry, "w") as target:
            _pour(content, size, target.write)

    def _copy(self, content: BinaryIO, size: int) -> None:
        _pour(content, size, self._sink.write)

    def _take_over(self, existing: BinaryIO, kind: Format) -> None:
        """Copy a tar up to its end, as it is."""
        reader = TarReader(existing, Limits(), packed=kind is Format.TGZ)
        for _ in reader.members():
            pass  # until the end is known
        existing.seek(0)
        with archive_faults():
            if kind is Format.TGZ:
                with gzip.GzipFile(fileobj=existing, mode="rb") as unpacked:
                    self._copy(cast("BinaryIO", unpacked), reader.end)
            else:
                self._copy(existing, reader.end)

    def _repack(self, existing: BinaryIO) -> None:
        for member, content in ZipReader(existing, Limits()).walk():
            with content:
                self.add(member.name, member.size, content)


def _pour(content: BinaryIO, size: int, write: Callable[[bytes], object]) -> None:
    left = size
    while left:
        chunk = content.read(min(left, _AT_ONCE))
        if not chunk:
            raise EOFError(f"{left} of {size} bytes are missing")
        write(chunk)
        left -= len(chunk)
