"""The index of a directory: a page for people, nginx's autoindex JSON for programs."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import stat
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from aisnb.fileserver.files import open_below
from aisnb.fileserver.responses import http_date
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .15rem .75rem; text-align: left; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent) }
td:first-child { overflow-wrap: anywhere }
td:nth-child(n+2), th:nth-child(n+2) { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
"""  # noqa: E501 (a style sheet, hashed as it stands)

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest())

#: What the page may do: nothing, but for its own style sheet.
CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; style-src 'sha256-%b'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    % _STYLE_HASH
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Index of {place}</title><style>{style}</style></head>
<body><h1>Index of <bdi>{place}</bdi></h1>
<table><thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr></thead>
<tbody>
{rows}
</tbody></table>
<p>{count}</p>
</body></html>
"""

_to_json = json.JSONEncoder(ensure_ascii=False).encode

_PREFERENCE = re.compile(r"\s*([^;,\s]+)\s*((?:;[^,]*)?)")
_QUALITY = re.compile(r";\s*q\s*=\s*([0-9.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory in a directory.

    Attributes:
        name: as the file system has it.
        is_directory: a directory, else a regular file.
        size: bytes.
        modified: seconds since 1970.
    """

    name: bytes
    is_directory: bool
    size: int
    modified: int

    @property
    def href(self) -> str:
        """The relative link: percent-encoded, never mistaken for a scheme, a query or an absolute path."""
        return f"./{quote_from_bytes(self.name)}" + ("/" if self.is_directory else "")


def render_index(root: bytes, components: Sequence[bytes], *, as_json: bool) -> bytes:
    """Return the index of a directory. Blocks as long as the file system does: call it in a thread.

    Args:
        root: the served directory.
        components: the names that lead from there to the directory.
        as_json: nginx's autoindex JSON instead of HTML.

    Raises:
        OSError: the directory cannot be read.
    """
    # Rendered while reading: a thread that makes a system call at each entry leaves the event loop its turns.
    render = _json_row if as_json else _html_row
    # Latin-1 keeps the order of bytes, and text is sorted faster.
    rows = sorted((entry.name.decode("latin-1"), render(entry)) for entry in _entries(root, components))
    if as_json:
        return ("[\n" + ",\n".join([row for _, row in rows]) + "\n]\n").encode()
    place = "/" + "".join(_shown(component) + "/" for component in components)
    up = ['<tr><td><a href="../">../</a></td><td></td><td></td></tr>'] if components else []
    return _PAGE.format(
        place=html.escape(place),
        style=_STYLE,
        rows="\n".join(up + [row for _, row in rows]),
        count=plural(len(rows), "name"),
    ).encode()


def prefers_json(accept: bytes) -> bool:
    """Return whether an ``Accept`` header names ``application/json``, and does not rank ``text/html`` above it.

    Example:
        prefers_json(b"application/json, */*;q=0.5")  # True
    """
    ranks = {}
    for kind, parameters in _PREFERENCE.findall(accept.decode("latin-1")):
        quality = _QUALITY.search(parameters)
        try:
            ranks[kind.lower()] = float(quality[1]) if quality else 1.0
        except ValueError:
            ranks[kind.lower()] = 0.0
    rank = ranks.get("application/json", 0.0)
    return rank > 0 and rank >= ranks.get("text/html", 0.0)


def _entries(root: bytes, components: Sequence[bytes]) -> Iterator[Entry]:
    """Yield what can be fetched, in no order: no dot files, no devices, no links out of `root`."""
    with _directory(root, components) as descriptor, os.scandir(descriptor) as found:
        for item in found:
            name = os.fsencode(item.name)
            if name.startswith(b"."):
                continue
            try:
                status = item.stat(follow_symlinks=False)
                if stat.S_ISLNK(status.st_mode):
                    status = _status_of_target(root, [*components, name])
            except OSError:
                continue  # gone since, a dangling link, or one that leads out
            if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
                yield Entry(name, stat.S_ISDIR(status.st_mode), status.st_size, int(status.st_mtime))


@contextmanager
def _directory(root: bytes, components: Sequence[bytes]) -> Iterator[int]:
    descriptor, _ = open_below(root, components)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _status_of_target(root: bytes, components: Sequence[bytes]) -> os.stat_result:
    descriptor, status = open_below(root, components)
    os.close(descriptor)
    return status


def _json_row(entry: Entry) -> str:
    row: dict[str, str | int] = {
        "name": _shown(entry.name),
        "type": "directory" if entry.is_directory else "file",
        "mtime": http_date(entry.modified).decode(),
    }
    if not entry.is_directory:
        row["size"] = entry.size
    if not _is_text(entry.name):
        row["href"] = entry.href
    return _to_json(row)


def _html_row(entry: Entry) -> str:
    shown = html.escape(_shown(entry.name)) + ("/" if entry.is_directory else "")
    size = "" if entry.is_directory else human_size(entry.size)
    modified = time.strftime("%Y-%m-%d %H:%M", time.gmtime(entry.modified))
    return f'<tr><td><a href="{entry.href}"><bdi>{shown}</bdi></a></td><td>{size}</td><td>{modified}</td></tr>'


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
