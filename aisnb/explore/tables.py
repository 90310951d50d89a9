"""Tables of ours as text and HTML: human sizes, totals, never more rows than a person reads.

Numbers stay numbers in the DataFrame; only what is shown is rounded.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame

#: Columns in bytes, and in bytes per second.
_BYTES = frozenset(("size", "bytes", "total_bytes", "free_bytes"))
_RATES = frozenset(("rate",))

#: The columns of a table that has a property in each row.
_PROPERTIES = ["property", "value"]

_LONGEST = 120
_GAP = 4

#: What a row is, by the columns that tell it; the first that fits.
_NOUNS = (
    ({"id", "state"}, "job"),
    ({"name", "reason"}, "failed file"),
    ({"name", "provider"}, "bucket"),
    ({"directory", "url"}, "server"),
    ({"name", "size", "url"}, "file"),
    ({"name"}, "object"),
    ({"property", "value"}, "property"),
)
_CLASSES = {"job": "aisnb-jobs"}


def is_ours(frame: DataFrame) -> bool:
    """Return whether `frame` is a table of ours, as far as its ``attrs`` and columns tell.

    Example:
        is_ours(client.ls("ais://abc").head())  # True
    """
    return bool({"bucket", "aisnb"} & frame.attrs.keys()) and bool(_noun(frame)) and frame.columns.is_unique


def mark(frame: DataFrame, units: str = "iec") -> DataFrame:
    """Return `frame`, known as ours from now on, to be shown with sizes in `units`."""
    frame.attrs.update(aisnb=True, units=units)
    return frame


def render_text(frame: DataFrame, units: str = "", max_rows: int | None = 60) -> str:
    """Return a table as text: upper-case headers, human sizes, a line of totals.

    Args:
        frame: a listing, or a table of buckets, jobs or servers.
        units: ``iec``, ``si`` or ``raw``; default: as it was marked.
        max_rows: cut in the middle where there are more; None shows all.

    Example:
        print(render_text(client.ls("ais://abc")))
    """
    units = units or frame.attrs.get("units", "iec")
    totals = _totals(frame, units)
    if frame.empty:
        return totals
    head, tail = _cut(frame, max_rows)
    rows = [[name.upper() for name in map(str, frame.columns)]]
    rows += _rows(head, units)
    cut_at = len(rows)
    rows += _rows(tail, units)
    widths = [min(max(map(len, column)), _LONGEST) for column in zip(*rows, strict=True)]
    lines = [(" " * _GAP).join(map(str.ljust, row, widths)).rstrip() for row in rows]
    if len(tail):
        lines.insert(cut_at, f"... {len(frame) - len(head) - len(tail):,} more ...")
    return "\n".join([*lines, totals]).rstrip("\n")


def render_html(frame: DataFrame, units: str = "", max_rows: int | None = 60) -> str:
    """Return a table as HTML: escaped, human sizes, a line of totals. See `render_text`."""
    units = units or frame.attrs.get("units", "iec")
    noun = _noun(frame)
    totals = f"<p>{html.escape(_totals(frame, units))}</p>"
    if frame.empty:
        return f'<div class="{_CLASSES.get(noun, "aisnb-table")}">{totals}</div>'
    head, tail = _cut(frame, max_rows)
    body = _html_rows(head, units)
    if len(tail):
        more = f"… {len(frame) - len(head) - len(tail):,} more …"
        body += f'<tr><td colspan="{len(frame.columns)}">{more}</td></tr>' + _html_rows(tail, units)
    heads = "".join(f'<th style="text-align:left">{html.escape(str(name))}</th>' for name in frame.columns)
    table = f'<table class="dataframe"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="{_CLASSES.get(noun, "aisnb-table")}">{table}{totals}</div>'


def printable(text: str) -> str:
    """Return `text` on one line, with control characters spelled out: a name must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _noun(frame: DataFrame) -> str:
    columns = set(frame.columns)
    return next((noun for telling, noun in _NOUNS if telling <= columns), "")


def _totals(frame: DataFrame, units: str) -> str:
    noun = _noun(frame)
    if noun == "property":
        return ""
    parts = [plural(len(frame), noun)]
    if "objects" in frame.columns and noun == "bucket":
        parts.append(plural(int(frame["objects"].fillna(0).sum()), "object"))
    if "size" in frame.columns and len(frame):
        sizes = frame["size"].dropna()
        unknown = len(frame) - len(sizes)
        if len(sizes):
            parts.append(human_size(int(sizes.sum()), units))
        if unknown:
            parts.append(f"{unknown:,} of unknown size")
    return ", ".join(parts)


def _cut(frame: DataFrame, max_rows: int | None) -> tuple[DataFrame, DataFrame]:
    if max_rows is None or len(frame) <= max_rows:
        return frame, frame.iloc[:0]
    head = (max_rows + 1) // 2
    return frame.iloc[:head], frame.iloc[len(frame) - (max_rows - head) :]


def _html_rows(frame: DataFrame, units: str) -> str:
    cell = '<td style="text-align:left">{}</td>'.format
    return "".join(f"<tr>{''.join(cell(html.escape(text)) for text in row)}</tr>" for row in _rows(frame, units))


def _rows(frame: DataFrame, units: str) -> list[list[str]]:
    if list(frame.columns) == _PROPERTIES:
        pairs = zip(frame["property"].tolist(), frame["value"].tolist(), strict=True)
        return [[name, *_texts(name, [value], units)] for name, value in pairs]
    columns = [_texts(str(name), frame[name].tolist(), units) for name in frame.columns]
    return [list(row) for row in zip_longest(*columns, fillvalue="")]


def _texts(name: str, values: Sequence[Any], units: str) -> list[str]:
    if name in _BYTES:
        return ["-" if _is_missing(value) else human_size(value, units) for value in values]
    if name in _RATES:
        return ["-" if _is_missing(value) or not value else human_size(value, units) + "/s" for value in values]
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return printable(value)
    if _is_missing(value):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return printable(", ".join(f"{key}={item}" for key, item in value.items())) or "-"
    return printable(str(value))


def _is_missing(value: Any) -> bool:
    """Return whether `value` is None, NaN, NaT or pandas' NA, the last of which does not even equal itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, float | datetime) and value != value  # what only NaN and NaT do
