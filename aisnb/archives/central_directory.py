"""How large a zip's central directory is, before it is read at once (PKWARE's APPNOTE, sections 4.3.12 to 4.3.16)."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from aisnb.errors import ArchiveInvalid

if TYPE_CHECKING:
    from typing import BinaryIO

    from aisnb.archives.limits import Limits

_END = b"PK\x05\x06"
_END_RECORD = struct.Struct("<4s4HLLH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64_RECORD = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65_535
_IN_64 = 0xFFFFFFFF


def check_central_directory(file: BinaryIO, limits: Limits) -> None:
    """Refuse a zip whose central directory is larger than the limits allow.

    Raises:
        ArchiveInvalid: it is, or there is none.
    """
    length = file.seek(0, os.SEEK_END)
    start = max(0, length - _LONGEST_COMMENT - _END_RECORD.size)
    file.seek(start)
    tail = file.read(length - start)
    found = tail.rfind(_END)
    if found < 0 or len(tail) - found < _END_RECORD.size:
        raise ArchiveInvalid("The archive is damaged, or no zip: its end is missing. Pack it anew.")
    size = _END_RECORD.unpack_from(tail, found)[5]
    if size == _IN_64 and start + found >= _END64_LOCATOR.size:
        file.seek(start + found - _END64_LOCATOR.size)
        file.seek(_END64_LOCATOR.unpack(file.read(_END64_LOCATOR.size))[2])
        size = _END64_RECORD.unpack(file.read(_END64_RECORD.size))[8]
    if size > limits.index_bytes:
        raise ArchiveInvalid(
            f"The archive is refused: its list of members has {size} bytes, and {limits.index_bytes} is the limit. "
            "Pack it as several."
        )
