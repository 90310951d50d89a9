"""The index of objects: the questions and changes that concern the table ``objects``, in SQL."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from aisnb.store.encoding import decode_custom, encode_custom
from aisnb.store.records import BriefPage, ObjectRecord, Page, Summary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_COLUMNS = "name, size, checksum, atime, version, custom, modified, inode"
_FIND = f"SELECT {_COLUMNS} FROM objects WHERE bucket=? AND name=?"  # noqa: S608  # a constant
#: SQLite takes 32,766 values in a statement, older builds 999.
_ROWS_AT_ONCE = (64, 8, 1)
_SURROGATES = range(0xD800, 0xE000)


def find(connection: sqlite3.Connection, bucket_id: int, name: str) -> ObjectRecord | None:
    """Return the object's record, None if it is not here."""
    row = connection.execute(_FIND, (bucket_id, name)).fetchone()
    return _record(row) if row else None


def candidates(connection: sqlite3.Connection, bucket_id: int, name: str) -> list[ObjectRecord]:
    """Return the records that the object's file may belong to just now: the one to come, the one that is."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM intents WHERE bucket=?1 AND name=?2 UNION ALL "  # noqa: S608  # a constant
        f"SELECT {_COLUMNS} FROM objects WHERE bucket=?1 AND name=?2",
        (bucket_id, name),
    )
    return [_record(row) for row in rows]


def _record(row: tuple[str, int, str, int, int, str, int, int]) -> ObjectRecord:
    name, size, checksum, atime, version, custom, modified, inode = row
    return ObjectRecord(name, size, checksum, atime, version, decode_custom(custom), modified, inode)


def known_versions(connection: sqlite3.Connection, bucket_id: int, names: Sequence[str]) -> dict[str, int]:
    """Return the version of each of these objects that is here, or just about to be."""
    rows = connection.execute(
        "SELECT value, version FROM json_each(?1) CROSS JOIN objects ON bucket=?2 AND name=value UNION ALL "
        "SELECT value, version FROM json_each(?1) CROSS JOIN intents ON bucket=?2 AND name=value",
        (msgspec.json.encode(names).decode(), bucket_id),
    )
    return dict(rows.fetchall())


def put(connection: sqlite3.Connection, bucket_id: int, records: Iterable[ObjectRecord]) -> None:
    """Write these records, in the place of those of the same name."""
    connection.executemany(
        f"INSERT OR REPLACE INTO objects (bucket, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)",  # noqa: S608  # a constant
        [
            (
                bucket_id,
                r.name,
                r.size,
                r.checksum,
                r.atime,
                r.version,
                encode_custom(r.custom),
                r.modified_ns,
                r.inode,
            )
            for r in records
        ],
    )


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[int | str, ...]]) -> None:
    """Write whole rows, in the place of those of the same key: many by one statement, which lets other threads run."""
    start = 0
    for count in _ROWS_AT_ONCE:
        while len(rows) - start >= count:
            connection.execute(_insertion(table, len(rows[0]), count), [*chain(*rows[start : start + count])])
            start += count


@cache
def _insertion(table: str, columns: int, rows: int) -> str:
    values = ",".join([f"({','.join('?' * columns)})"] * rows)
    return f"INSERT OR REPLACE INTO {table} VALUES {values}"  # noqa: S608  # our own tables, and question marks


def drop(connection: sqlite3.Connection, bucket_id: int, names: Iterable[str]) -> None:
    """Remove the records of these objects, with the intents that a failed commit may have left."""
    keys = [(bucket_id, name) for name in names]
    connection.executemany("DELETE FROM objects WHERE bucket=? AND name=?", keys)
    drop_intents(connection, keys)


def drop_intents(connection: sqlite3.Connection, keys: Iterable[tuple[int, str]]) -> None:
    """Remove the intents of these objects (bucket's row number, name)."""
    connection.executemany("DELETE FROM intents WHERE bucket=? AND name=?", keys)


def page(connection: sqlite3.Connection, bucket_id: int, prefix: str, after: str, limit: int) -> Page:
    """Return up to `limit` objects whose names begin with `prefix` and come after `after`, by one range scan."""
    rows = connection.execute(
        "SELECT name, size, checksum, atime, version, custom FROM objects "
        "WHERE bucket=? AND name>=? AND name<? ORDER BY name LIMIT ?",
        (bucket_id, _first(prefix, after), successor(prefix), limit + 1),
    ).fetchall()
    more = len(rows) > limit
    return Page(rows[:limit] if more else rows, more)


def brief_page(connection: sqlite3.Connection, bucket_id: int, prefix: str, after: str, limit: int) -> BriefPage:
    """Return the names and sizes of what `page` would return, column by column, at a third of its cost.

    SQLite makes one text of each column: to step from row to row, and to make Python objects of each, is what costs.
    """
    names, sizes, last = connection.execute(
        "SELECT CAST(json_group_array(name) AS BLOB), CAST(json_group_array(size) AS BLOB), "
        "(SELECT name FROM objects WHERE bucket=?1 AND name<beyond ORDER BY name DESC LIMIT 1) FROM "
        "(SELECT (SELECT name FROM objects WHERE bucket=?1 AND name>=?2 AND name<?3 ORDER BY name LIMIT 1 OFFSET ?4) "
        "AS beyond) CROSS JOIN objects WHERE bucket=?1 AND name>=?2 AND name<ifnull(beyond, ?3)",
        (bucket_id, _first(prefix, after), successor(prefix), limit),
    ).fetchone()
    return BriefPage(names, sizes, last or "")


def _first(prefix: str, after: str) -> str:
    return max(prefix, f"{after}\0" if after else "")  # nothing lies between a name and itself with a NUL behind


def summarize(connection: sqlite3.Connection, bucket_id: int, prefix: str) -> Summary:
    """Return what the objects whose names begin with `prefix` add up to."""
    row = connection.execute(
        "SELECT count(*), ifnull(sum(size), 0), ifnull(min(size), 0), ifnull(max(size), 0) FROM objects "
        "WHERE bucket=? AND name>=? AND name<?",
        (bucket_id, prefix, successor(prefix)),
    ).fetchone()
    return Summary(*row)


def successor(prefix: str) -> str | bytes:
    """Return the least text that is greater than all that begin with `prefix`, in the order of UTF-8 bytes.

    That order is the order of code points, so the last one that can be raised is raised. Where none can,
    the answer is an empty blob: SQLite sorts every blob after every text.

    Example:
        successor("ab")  # "ac"
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return b""
    point = ord(stem[-1]) + 1
    return stem[:-1] + chr(_SURROGATES.stop if point in _SURROGATES else point)
