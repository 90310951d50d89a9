"""Pages of an object listing: what is asked, what comes back (msgpack, or JSON for those who ask)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PAGE = 10_000

CACHED_ONLY = 1 << 0
INSIDE_SHARDS = 1 << 3
NAME_ONLY = 1 << 4
NAME_SIZE = 1 << 5
NOT_CACHED = 1 << 9
NO_RECURSION = 1 << 11
DIFF = 1 << 12

ENTRY_CACHED = 1 << 6
ENTRY_IN_ARCHIVE = 1 << 7
ENTRY_DIRECTORY = 1 << 8
ENTRY_ARCHIVE = 1 << 9
ENTRY_CHANGED = 1 << 10
ENTRY_REMOVED = 1 << 11
ENTRY_CHUNKED = 1 << 13
#: Its source was asked in vain: the size is not known.
ENTRY_UNKNOWN = 1 << 12


class ListRequest(msgspec.Struct):
    """What a page of a listing is asked with (AIStore's LsoMsg); `flags` is a decimal text."""

    prefix: str = ""
    page_size: int = msgspec.field(name="pagesize", default=0)
    uuid: str = ""
    props: str = ""
    token: str = msgspec.field(name="continuation_token", default="")
    flags: str = "0"
    start_after: str = ""
    time_format: str = ""


class NameSize(msgspec.Struct, omit_defaults=True, gc=False):
    """What each object of a page tells, in msgpack's short keys.

    Of plain values only: no garbage to look through in a million.
    """

    name: str = msgspec.field(name="n")
    size: int = msgspec.field(name="s", default=0)
    flags: int = msgspec.field(name="f", default=0)


class Entry(NameSize, omit_defaults=True, gc=False):
    """One object of a page with all that can be asked for."""

    checksum: str = msgspec.field(name="cs", default="")
    accessed: str = msgspec.field(name="a", default="")
    version: str = msgspec.field(name="v", default="")
    location: str = msgspec.field(name="t", default="")
    custom: str = msgspec.field(name="m", default="")
    copies: int = msgspec.field(name="c", default=0)


class Columns(msgspec.Struct):
    """Names and sizes of objects that are all here, in the place of entries: at a million rows, entries are what costs.

    Each is a list as JSON has it, as a database makes it and a table takes it, without an object for a row between.
    """

    names: bytes
    sizes: bytes


class Page(msgspec.Struct):
    """One page: entries in the order of their names as UTF-8, and where to go on ("" at the end).

    The entries are a list as msgpack has it, or nil: who reads a page can ask for the next one before it decodes them.
    """

    uuid: str = msgspec.field(name="UUID", default="")
    token: str = msgspec.field(name="ContinuationToken", default="")
    flags: int = msgspec.field(name="Flags", default=0)
    entries: msgspec.Raw = msgspec.field(name="Entries", default=msgspec.Raw(b"\xc0"))
    columns: Columns | msgspec.UnsetType = msgspec.field(name="Columns", default=msgspec.UNSET)


def json_page(uuid: str, token: str, listed: Iterable[NameSize]) -> dict[str, object]:
    """Return a page under JSON's long keys, sizes as text (AIStore's ``json:",string"``)."""
    entries = []
    for entry in map(_whole, listed):
        full = {
            "name": entry.name,
            "size": str(entry.size),
            "checksum": entry.checksum,
            "atime": entry.accessed,
            "version": entry.version,
            "location": entry.location,
            "custom-md": entry.custom,
            "copies": entry.copies,
            "flags": entry.flags,
        }
        entries.append({key: value for key, value in full.items() if key in ("name", "size") or value})
    return {"uuid": uuid, "continuation_token": token, "flags": 0, "entries": entries}


def _whole(entry: NameSize) -> Entry:
    return entry if isinstance(entry, Entry) else Entry(entry.name, entry.size, entry.flags)
