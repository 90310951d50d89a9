"""The index page of a directory on the web, as a DataFrame: nginx's JSON, or a page of links."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from aisnb.errors import SourceError, SourceRefused
from aisnb.explore.tables import mark
from aisnb.uris import check_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

_SECONDS = 30.0
_MOST_BYTES = 256 << 20


class IndexEntry(NamedTuple):
    """A file that an index names.

    Attributes:
        name: without percent signs.
        url: where it is.
        size: bytes, None if the index does not say so exactly.
        modified: text of an HTTP date, "" if the index does not say.
    """

    name: str
    url: str
    size: int | None = None
    modified: str = ""


def read_index(link: str) -> DataFrame:
    """Return the files that the index page of a directory on the web names.

    Args:
        link: the directory, with or without its last slash.

    Returns:
        A row per file, sorted by name: ``name`` (string), ``size`` (bytes, int64, or Int64 with NA where the page
        does not say),
        ``modified`` (datetime64[ns, UTC]), ``url`` (string). Directories are left out.

    Raises:
        SourceRefused: the server answered with an error.
        SourceError: the server does not answer.

    Example:
        read_index("http://localhost:8000/shards/")
    """
    directory = check_link(link).split("#")[0].split("?")[0].rstrip("/") + "/"
    kind, place, body = _fetch(directory)
    found = sorted(dict.fromkeys(_from_json(body, place) if kind == "application/json" else _from_page(body, place)))
    return _table(found)


def _fetch(link: str) -> tuple[str, str, bytes]:
    """Return the media type, the address in the end, and the body."""
    request = urllib.request.Request(link, headers={"Accept": "application/json, text/html;q=0.9"})  # noqa: S310  # checked to be a web link
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # as above
            return answer.headers.get_content_type(), answer.url, answer.read(_MOST_BYTES)
    except urllib.error.HTTPError as exc:
        with exc:
            raise SourceRefused(
                f"The directory {link} answered with HTTP status {exc.code} ({exc.reason}). Check the address.",
                exc.code,
            ) from exc
    except (OSError, http.client.HTTPException) as exc:
        reason = getattr(exc, "reason", exc)
        raise SourceError(f"The directory {link} cannot be read: {reason}. Check host, port and path.") from exc


def _from_json(body: bytes, place: str) -> Iterator[IndexEntry]:
    """Yield the files of nginx's ``autoindex_format json``."""
    try:
        rows: list[dict[str, Any]] = json.loads(body)
        for row in rows:
            if row["type"] == "file":
                name = str(row["name"])
                link = urljoin(place, str(row.get("href") or "./" + urllib.request.pathname2url(name)))
                yield IndexEntry(name, link, row.get("size"), str(row.get("mtime", "")))
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise SourceError(f"The directory {place} has no index that makes sense ({exc}). List it elsewhere.") from exc


def _from_page(body: bytes, place: str) -> Iterator[IndexEntry]:
    """Yield the files that a page links to, right below its own address."""
    page = _Links()
    page.feed(body.decode("utf-8", "replace"))
    base = urlsplit(place)
    for href in page.links:
        link = urljoin(place, href)
        parts = urlsplit(link)
        below = parts.path.removeprefix(base.path)
        is_here = parts.netloc == base.netloc and parts.path.startswith(base.path)
        if is_here and re.fullmatch("[^/]+", below) and not parts.query:
            yield IndexEntry(unquote(below), link.split("#")[0])


class _Links(HTMLParser):
    """Collects what the anchors of a page point to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the target of an anchor."""
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]


def _table(entries: list[IndexEntry]) -> DataFrame:
    from aisnb.client import tables

    columns = {
        "name": tables.texts([entry.name for entry in entries]),
        "size": tables.counts([entry.size for entry in entries]),
        "modified": tables.moments([_iso(entry.modified) for entry in entries]),
        "url": tables.texts([entry.url for entry in entries]),
    }
    return mark(tables.table(columns))


def _iso(date: str) -> str:
    """Return an HTTP date as RFC 3339, "" if it is none."""
    try:
        return parsedate_to_datetime(date).isoformat() if date else ""
    except ValueError:
        return ""
