"""Which format an archive has: by what the caller says, by its name, by its first bytes (AIStore: ``mime.go``)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from aisnb.errors import ArchiveInvalid, Unsupported

if TYPE_CHECKING:
    from typing import BinaryIO


class Format(StrEnum):
    """The formats of archives that can be read and written here."""

    TAR = "tar"
    TGZ = "tgz"
    ZIP = "zip"


_EXTENSIONS = {".tar": Format.TAR, ".tgz": Format.TGZ, ".tar.gz": Format.TGZ, ".zip": Format.ZIP}
_LZ4 = ".tar.lz4"
_MAGIC_BYTES = 512


def is_archive(name: str) -> bool:
    """Return whether a file of this name is taken for an archive that can be read here."""
    return name.endswith(tuple(_EXTENSIONS))


def archive_format(name: str, mime: str = "", file: BinaryIO | None = None) -> Format:
    """Return the format of an archive.

    Args:
        name: its name; its ending decides if `mime` is "".
        mime: what the caller says, like ``application/x-tar``, ``.tgz`` or ``zip``.
        file: its bytes; the first of them decide where neither name nor mime does. Left at its start.

    Raises:
        ArchiveInvalid: nobody knows which it is.
        Unsupported: it is compressed with LZ4.

    Example:
        archive_format("shard-001.tar.gz")  # Format.TGZ
    """
    if _LZ4 in mime or "lz4" in mime or (not mime and name.endswith(_LZ4)):
        raise Unsupported(f"'{name}' is compressed with LZ4, which is not read here. Use tar, tgz or zip.")
    if mime:
        found = _by_mime(mime)
    else:
        found = next((kind for ending, kind in _EXTENSIONS.items() if name.endswith(ending)), None)
    if found is None and file is not None and not mime:
        found = _by_magic(file)
    if found is None:
        said = f"the MIME type '{mime}'" if mime else "its name"
        raise ArchiveInvalid(f"'{name}' is not an archive by {said}. Archives are {', '.join(_EXTENSIONS)}.")
    return found


def _by_mime(mime: str) -> Format | None:
    if "tar.gz" in mime or "tgz" in mime or "gzip" in mime:
        return Format.TGZ
    return next((kind for kind in Format if kind.value in mime), None)


def _by_magic(file: BinaryIO) -> Format | None:
    file.seek(0)
    start = file.read(_MAGIC_BYTES)
    file.seek(0)
    if start[257:262] == b"ustar":
        return Format.TAR
    if start[:2] == b"\x1f\x8b":
        return Format.TGZ
    return Format.ZIP if start[:2] == b"PK" else None
