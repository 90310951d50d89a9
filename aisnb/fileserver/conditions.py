"""Conditional requests and ranges: RFC 9110, sections 8.8, 13 and 14. Pure."""

from __future__ import annotations

import calendar
import re
from email.utils import parsedate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The headers that this module looks at; a request without them gets the whole file.
CONDITIONAL_HEADERS = frozenset((b"if-match", b"if-unmodified-since", b"if-none-match", b"if-modified-since", b"range"))

_ENTITY_TAG = re.compile(rb'(?:W/)?"[^"]*"')
# A hundred digits are more than any file has, and few enough for int().
_SINGLE_RANGE = re.compile(rb"bytes=[ \t]*([0-9]{0,100})-([0-9]{0,100})[ \t]*", re.IGNORECASE)


class RangeNotSatisfiable(Exception):
    """A range that lies behind the end of the file."""


def failed_precondition(headers: Mapping[bytes, bytes], etag: bytes, modified: int) -> int:
    """Return 0 if the request is to be performed, else 304 or 412 (the order is that of RFC 9110, section 13.2.2).

    Args:
        headers: of the request, names in lower case.
        etag: the file's strong entity tag, quoted.
        modified: the file's modification time, whole seconds since 1970.

    Example:
        failed_precondition({b"if-none-match": b"*"}, b'"1"', 0)  # 304
    """
    if (listed := headers.get(b"if-match")) is not None:
        if not _matches(listed, etag, weak=False):
            return 412
    elif (since := _date(headers.get(b"if-unmodified-since"))) is not None and modified > since:
        return 412
    if (listed := headers.get(b"if-none-match")) is not None:
        return 304 if _matches(listed, etag, weak=True) else 0
    since = _date(headers.get(b"if-modified-since"))
    return 304 if since is not None and modified <= since else 0


def requested_range(headers: Mapping[bytes, bytes], etag: bytes, modified: int, size: int) -> tuple[int, int] | None:
    """Return ``(start, stop)`` of the one range that a GET asks for, or None if it gets the whole file.

    Several ranges, and what is no range, are ignored, as section 14.2 allows; so is any range when ``If-Range`` names
    another state of the file (section 13.1.5).

    Args:
        headers: of the request, names in lower case.
        etag: the file's strong entity tag, quoted.
        modified: the file's modification time, whole seconds since 1970.
        size: of the file, bytes.

    Raises:
        RangeNotSatisfiable: no byte of the file is in the range.

    Example:
        requested_range({b"range": b"bytes=-10"}, b'"1"', 0, 100)  # (90, 100)
    """
    match = _SINGLE_RANGE.fullmatch(headers.get(b"range", b""))
    if match is None:
        return None
    state = headers.get(b"if-range")
    if state is not None and not _is_state(state.strip(), etag, modified):
        return None
    first, last = match.groups()
    if not first:
        return _suffix(last, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return start, min(int(last) + 1, size) if last else size


def _suffix(length: bytes, size: int) -> tuple[int, int] | None:
    if not length:
        return None
    if int(length) == 0:
        raise RangeNotSatisfiable
    # The last bytes of an empty file are the whole file, and no Content-Range can say so.
    return (max(0, size - int(length)), size) if size else None


def _is_state(state: bytes, etag: bytes, modified: int) -> bool:
    if state.endswith(b'"'):
        return state == etag
    return _date(state) == modified


def _matches(listed: bytes, etag: bytes, *, weak: bool) -> bool:
    if listed.strip() == b"*":
        return True
    tags = _ENTITY_TAG.findall(listed)
    return etag in tags or (weak and b"W/" + etag in tags)


def _date(value: bytes | None) -> int | None:
    """Return the seconds since 1970 of an HTTP date in any of its three forms (section 5.6.7); None if it is none."""
    parsed = parsedate(value.decode("latin-1")) if value else None
    if parsed is None:
        return None
    try:
        return calendar.timegm(parsed)
    except (ValueError, OverflowError):
        return None
