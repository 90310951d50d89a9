"""tar, tgz, zip: list the members, read one, append; without unpacking. Knows no HTTP and no store.

Everything works on any file object that can `read`, `seek` and `tell`, so a reader over HTTP ranges will do.
"""

from __future__ import annotations

from aisnb.archives.faults import archive_faults
from aisnb.archives.formats import Format, archive_format, is_archive
from aisnb.archives.limits import Limits
from aisnb.archives.matching import MODES, member_matcher
from aisnb.archives.members import Member, inner_name
from aisnb.archives.reading import ArchiveReader, open_archive
from aisnb.archives.writing import ArchiveWriter

__all__ = [
    "MODES",
    "ArchiveReader",
    "ArchiveWriter",
    "Format",
    "Limits",
    "Member",
    "archive_faults",
    "archive_format",
    "inner_name",
    "is_archive",
    "member_matcher",
    "open_archive",
]
