"""How much of an archive is read before it counts as an attack: archives of strangers are opened in the node itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisnb.errors import ArchiveInvalid

if TYPE_CHECKING:
    from typing import BinaryIO

_STEP = 4 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read of one archive at most.

    Attributes:
        members: entries that are looked at.
        index_bytes: size of a zip's central directory, which is read at once.
        header_bytes: size of one header that is read at once (long names, pax records).
        unpacked_bytes: bytes out of a compressed tar from which on `ratio` is judged.
        ratio: bytes out for one byte in; deflate reaches 1032, real data hardly ever 100 over a gigabyte.
    """

    members: int = 1_000_000
    index_bytes: int = 256 << 20
    header_bytes: int = 8 << 20
    unpacked_bytes: int = 1 << 30
    ratio: int = 200


class GuardedFile(io.RawIOBase):
    """A file that refuses reads which only a hostile archive asks for. Closing it leaves the file open.

    Args:
        file: an archive, or what a decompressor makes of it.
        limits: what is read at most.
        packed: the compressed file that `file` comes from, None if it is not compressed.
    """

    def __init__(self, file: BinaryIO, limits: Limits, packed: BinaryIO | None = None) -> None:
        self._file = file
        self._limits = limits
        self._packed = packed

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read from."""
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes."""
        if size is None or not 0 <= size <= self._limits.header_bytes:
            raise ArchiveInvalid(
                f"The archive is refused: {size} bytes of it would be read at once, and {self._limits.header_bytes} "
                "is the limit. Pack it anew."
            )
        data = self._file.read(size)
        self._judge()
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; in what is compressed step by step, so that a bomb is noticed on the way."""
        if whence != io.SEEK_SET or offset < 0:
            raise ArchiveInvalid(f"The archive is damaged: a header of it points to byte {offset}. Pack it anew.")
        if self._packed is None:
            return self._file.seek(offset)
        while (here := self._file.tell()) < offset and self._file.read(min(_STEP, offset - here)):
            self._judge()
        return self._file.seek(offset)

    def _judge(self) -> None:
        if self._packed is None:
            return
        unpacked = self._file.tell()
        if unpacked > self._limits.unpacked_bytes and unpacked > self._limits.ratio * self._packed.tell():
            raise ArchiveInvalid(
                f"The archive is refused as a bomb: {self._packed.tell()} bytes of it became {unpacked}. Pack it "
                "anew if that is really what is in it."
            )
