"""What kind of picture bytes are, and how large, by their first bytes: nothing is decoded here. Pure.

Only formats made of pixels count. SVG and HTML can hold scripts, and are text here.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))


class Picture(NamedTuple):
    """A picture.

    Attributes:
        kind: its MIME type.
        width: in pixels.
        height: in pixels.
    """

    kind: str
    width: int
    height: int


def picture_of(data: bytes) -> Picture | None:
    """Return what picture `data` (its beginning is enough) is; None for all else, and for what is damaged.

    Example:
        picture_of(Path("cat.png").read_bytes())  # Picture("image/png", 640, 480)
    """
    try:
        for magic, read in _READERS:
            if data.startswith(magic):
                found = read(data)
                return found if found is not None and found.width > 0 and found.height > 0 else None
    except (struct.error, IndexError):
        pass  # it ends before it says
    return None


def _png(data: bytes) -> Picture | None:
    return Picture("image/png", *struct.unpack_from(">II", data, 16)) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> Picture:
    return Picture("image/gif", *struct.unpack_from("<HH", data, 6))


def _bmp(data: bytes) -> Picture:
    width, height = struct.unpack_from("<ii", data, 18)
    return Picture("image/bmp", width, abs(height))


def _webp(data: bytes) -> Picture | None:
    """Read RFC 9649: lossy, lossless, or the extended header."""
    if data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Picture("image/webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Picture("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X" and len(data) >= 30:
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return Picture("image/webp", width, height)
    return None


def _jpeg(data: bytes) -> Picture | None:
    """Go from segment to segment (ITU T.81, B.1.1) to the one that begins the frame."""
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return Picture("image/jpeg", width, height)
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return None


_READERS = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"BM", _bmp),
    (b"RIFF", _webp),
    (b"\xff\xd8\xff", _jpeg),
)
