"""Index pages of web servers, read as entries: nginx's JSON (ours too), and the HTML of many. Pure."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes, urljoin

import msgspec

from aisnb.errors import AisnbError, SourceError
from aisnb.transfer.links import sendable, without_secret
from aisnb.uris import join_link, link_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

#: More files than this are named by a template, not by an index.
MOST_ENTRIES = 2_000_000

#: How bytes that are no UTF-8 come through text unharmed.
_RAW = "surrogateescape"

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, (\d\d [A-Z][a-z]{2} \d{4}) (\d\d):(\d\d):(\d\d) GMT")

#: How indexes call themselves: Python, nginx, Apache, Caddy, lighttpd and ours among them.
_TITLE = re.compile(
    r"<(?:title|h1|h2)(?:\s[^<>]{0,200})?>\s*(?:index of|directory (?:listing|index)|listing of|files within)",
    re.IGNORECASE,
)
#: Go's index has no title, and nothing before its list. Its links are not escaped for HTML: & is just that.
_GO = re.compile(r"\s*(?:<!doctype html>\s*)?(?:<meta [^<>]{0,200}>\s*){0,3}<pre>", re.IGNORECASE)
_HEAD = 64 * 1024

# No part of these can match in two ways, and each ends at the next "<a": a page of any shape is read in one pass.
_ANCHOR = re.compile(r"<a\s([^<>]{1,8192})>([^<]*(?:<(?!/a>|a\s)[^<]*)*)</a>", re.IGNORECASE)
_TARGET = re.compile(r"""(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>|&nbsp;")
_PLAIN = re.compile(r"(?:\./)?([A-Za-z0-9_~!$&'()*+,;=@%-][A-Za-z0-9_.~!$&'()*+,;=@%-]*)")
#: One below the page, and no hidden one: those are not listed everywhere.
_DIRECTORY = re.compile(r"[^./?][^/?]*/")
_CUT_SHORT = re.compile(r"\.\.[.>]?$|…$")
_TAIL = 400
#: What nginx and Apache write behind a link. A size in digits alone is exact; 1.2K is not, and neither matches.
_FACTS = re.compile(
    r"\s*(?:(\d\d-[A-Z][a-z]{2}-\d{4}) (\d\d):(\d\d)|\d{4}-\d\d-\d\d \d\d:\d\d)(?:\s+(\d{1,18})(?=\s|$))?", re.ASCII
)
#: Apache's links for sorting; its dates are local time, of a place that it does not name.
_SORTING = "?C="


class IndexEntry(msgspec.Struct, gc=False):
    """A file that an index names.

    Attributes:
        name: decoded; what is not UTF-8 in it is shown as U+FFFD.
        size: bytes, None if the index does not say so exactly.
        modified: seconds since 1970, None if the index does not say.
        href: the last part of its link, where that is not just the name with what has to be encoded.
    """

    name: str
    size: int | None = None
    modified: int | None = None
    href: str = ""


class _Row(msgspec.Struct, gc=False):
    """A row of nginx's ``autoindex_format json``; `href` is our file server's, for names that are no text."""

    name: str
    type: str = "file"
    size: int | None = None
    mtime: str = ""
    href: str = ""


class _Anchor(NamedTuple):
    """A link of a page: what it points to and says, both as they stand there, and the text up to the next one."""

    target: str
    text: str
    tail: str


def parse_index(body: bytes | bytearray, link: str) -> tuple[str, list[IndexEntry], int]:
    """Return the link that entries are below, the files that an index names, sorted by name, and how many directories.

    Links that leave the directory are left out.

    Args:
        body: the page.
        link: where it came from in the end.

    Raises:
        SourceError: it is no index, or has more than `MOST_ENTRIES` files.
    """
    place = sendable(link_directory(without_secret(link)))
    found = _from_json(body, place) if body[:_HEAD].lstrip()[:1] in (b"[", b"{") else _from_page(body, place)
    entries: list[IndexEntry] = []
    directories = set[str]()
    for entry in found:
        if isinstance(entry, str):
            directories.add(entry)
            continue
        entries.append(entry)
        if len(entries) > MOST_ENTRIES:
            raise SourceError(f"The index '{place}' names more than {MOST_ENTRIES:,} files. Name them by a template.")
    entries.sort(key=_key)
    return place, [next(same) for _, same in groupby(entries, _key)], len(directories)


def http_seconds(date: str) -> int | None:
    """Return an HTTP date as seconds since 1970, None if it is none (RFC 9110 section 5.6.7).

    Example:
        http_seconds("Sun, 06 Nov 1994 08:49:37 GMT")  # 784111777
    """
    match = _HTTP_DATE.fullmatch(date)
    if match is not None and (midnight := _midnight(match[1])) is not None:
        return midnight + int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, OverflowError):
        return None


@lru_cache
def _midnight(day: str) -> int | None:
    """Return the beginning of ``06 Nov 1994`` or ``06-Nov-1994`` (in UTC)."""
    try:
        date = datetime(int(day[7:]), _MONTHS.index(day[3:6]) + 1, int(day[:2]), tzinfo=UTC)
    except ValueError:
        return None
    return int(date.timestamp())


def _key(entry: IndexEntry) -> tuple[str, str]:
    return entry.name, entry.href


def _no_index(place: str, reason: str) -> SourceError:
    return SourceError(
        f"'{place}' shows no index of its files: {reason}. Name the files by links or a template, or have the server "
        "list the directory."
    )


def _from_json(body: bytes | bytearray, place: str) -> Iterator[IndexEntry | str]:
    """Yield the files, and the names of the directories."""
    try:
        rows = _rows(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise _no_index(place, f"its JSON is not a list of files ({exc})") from exc
    for row in rows:
        if row.type == "file":
            last = _last_part(row.href, place) if row.href else quote(row.name, safe="!$&'()*+,;=:@~/", errors=_RAW)
            if entry := _entry(last):
                entry.size = row.size if row.size is None or row.size >= 0 else None
                entry.modified = http_seconds(row.mtime)
                yield entry
        elif row.type == "directory":
            yield row.name


def _rows(body: bytes | bytearray) -> list[_Row]:
    """Return the rows of a JSON index. nginx copies names that are not UTF-8 as they are, which is no JSON."""
    try:
        return msgspec.json.decode(body, type=list[_Row])
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.convert(json.loads(body.decode(errors=_RAW)), list[_Row])


def _from_page(body: bytes | bytearray, place: str) -> Iterator[IndexEntry | str]:
    """Yield the files and directories that a page links to, right below its own address, if it looks like an index."""
    text = body.decode(errors=_RAW)
    if not _is_index(text, place):
        title = re.search(r"<title[^<>]*>([^<]*)", text[:_HEAD], re.IGNORECASE)
        said = " ".join(html.unescape(title[1]).split())[:80] if title else ""
        raise _no_index(place, f"it is a page called {said!a}" if said else "what came is something else")
    dated = _SORTING not in text
    read = str if _GO.match(text) else html.unescape
    for anchor in _anchors(text):
        last = _last_part(read(anchor.target), place)
        if last and _DIRECTORY.fullmatch(last):
            yield last
        entry = _entry(last)
        if entry is None:
            continue
        if facts := _FACTS.match(_TAG.sub(" ", anchor.tail)):
            entry.size = int(facts[4]) if facts[4] else None
            midnight = _midnight(facts[1]) if facts[1] and dated else None
            entry.modified = midnight + int(facts[2]) * 3600 + int(facts[3]) * 60 if midnight is not None else None
        yield entry


def _anchors(text: str) -> Iterator[_Anchor]:
    last, rest = None, 0
    for match in _ANCHOR.finditer(text):
        if last is not None:
            yield _anchor(last, text[rest : min(match.start(), rest + _TAIL)])
        last, rest = match, match.end()
    if last is not None:
        yield _anchor(last, text[rest : rest + _TAIL])


def _anchor(match: re.Match[str], tail: str) -> _Anchor:
    target = _TARGET.search(match[1])
    return _Anchor(target[1] or target[2] or target[3] or "" if target else "", match[2], tail)


def _is_index(text: str, place: str) -> bool:
    """Return whether a page is an index: it says so, or its links say the names of what they point to."""
    head = text[:_HEAD]
    if _TITLE.search(head) or _GO.match(head):
        return True
    anchors = list(_anchors(head))
    here = [(anchor, _last_part(html.unescape(anchor.target).removesuffix("/"), place)) for anchor in anchors]
    named = [_says_name(anchor.text, last) for anchor, last in here if last not in ("", None)]
    return bool(named) and all(named) and 2 * len(named) >= len(anchors)


def _says_name(text: str, last: str | None) -> bool:
    name = unquote_to_bytes(last or "").decode(errors="replace")
    said = html.unescape(_TAG.sub("", text)).strip().removesuffix("/")
    start = _CUT_SHORT.sub("", said)
    return said == name or (start != said and bool(start) and name.startswith(start))


def _last_part(target: str, place: str) -> str | None:
    """Return what is behind `place` in the link that `target` stands for there, None if it is not right below."""
    plain = _PLAIN.fullmatch(target)
    if plain is not None:
        return plain[1]
    try:
        link = sendable(urljoin(place, target))
    except AisnbError:  # mailto:, javascript: and the like
        return None
    except ValueError:  # what urljoin does not take, such as http://[
        return None
    return link[len(place) :] if link.startswith(place) else None


def _entry(last: str | None) -> IndexEntry | None:
    """Return the file at the end of a link, None if that is none: a directory, a query, or something above."""
    if not last or "/" in last or "?" in last:
        return None
    raw = unquote_to_bytes(last)
    if raw in (b".", b"..") or b"/" in raw or b"\0" in raw:
        return None
    name = raw.decode(errors="replace")
    return IndexEntry(name, href="" if join_link("", name) == last else last)
