"""Reads an archive of any format: its members one after the other, and the bytes of any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aisnb.archives.faults import archive_faults
from aisnb.archives.formats import Format
from aisnb.archives.limits import Limits
from aisnb.archives.tar import TarReader
from aisnb.archives.zip import ZipReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from aisnb.archives.members import Member

_DEFAULT_LIMITS = Limits()


class ArchiveReader(Protocol):
    """An archive that is being read. Not for two threads at once.

    Attributes:
        passed_over: entries met so far that are links, devices, or have names that cannot be trusted.
    """

    passed_over: int

    def members(self) -> Iterator[Member]:
        """Yield the files in the order of the archive.

        Raises:
            ArchiveInvalid: it is damaged, or beyond the limits.
        """

    def open(self, name: str) -> tuple[Member, BinaryIO]:
        """Open the first file of this name: the member, and its bytes, to be closed by the caller.

        Raises:
            ObjectNotFound: there is none.
            ArchiveInvalid: the archive is damaged, or beyond the limits.
            Unsupported: it is encrypted, or compressed in a way that is not known here.
        """

    def walk(self) -> Iterator[tuple[Member, BinaryIO]]:
        """Yield the files with their bytes, which are good until the next one is asked for.

        Raises:
            ArchiveInvalid, Unsupported: as for `open`.
        """


def open_archive(file: BinaryIO, kind: Format, limits: Limits = _DEFAULT_LIMITS) -> ArchiveReader:
    """Return a reader of the archive in `file`, which stays open and the caller's.

    Args:
        file: anything that can `read`, `seek` and `tell`.
        kind: its format; see `archive_format`.
        limits: what is read of it at most.

    Raises:
        ArchiveInvalid: it is no archive of that format.

    Example:
        with open("shard.tar", "rb") as file:
            print([member.name for member in open_archive(file, Format.TAR).members()])
    """
    with archive_faults():
        return ZipReader(file, limits) if kind is Format.ZIP else TarReader(file, limits, packed=kind is Format.TGZ)
