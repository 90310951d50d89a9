"""Tables of ours as text and HTML: human sizes, totals, never more rows than a person reads.

Numbers stay numbers in the DataFrame; only what is shown is rounded. Both have the ``ais`` CLI's upper-case headers;
the text has its left-aligned columns, too.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from aisnb.protocol.extension import FINISHED
from aisnb.units import human_size, plural, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame, Series

#: Columns in bytes, and in bytes per second.
_BYTES = frozenset(("size", "bytes", "total_bytes", "free_bytes", "expected", "objsize_limit"))
_RATES = frozenset(("rate",))

#: The columns of a table that has a property in each row.
_PROPERTIES = ["property", "value"]

#: Rows that a person reads; more are cut in the middle.
MOST_ROWS = 60
_LONGEST = 120
_GAP = 4

#: Unicode's categories of marks upon letters, and of joiners between them.
_WITHOUT_WIDTH = ("Mn", "Me", "Cf")

#: numpy's letters for signed and unsigned whole numbers and for floats, which pandas' own types have, too.
_NUMBERS = "iuf"
#: Names keep their runs of spaces, and one that is written from right to left stays in place.
_CELL = '<td dir="auto" style="text-align:{}; white-space:pre">{}</td>'
_LONG = '<div style="white-space:pre-wrap; min-width:24em; max-width:48em; overflow-wrap:anywhere">{}</div>'
_SHORT_LENGTH = 48

#: Counts of a job, and the columns of what they are parts of.
_OF_TOTAL = (("done", "total"), ("bytes", "total_bytes"))

#: What a row is, by the columns that tell it; the first that fits.
_NOUNS = (
    ({"id", "state"}, "job"),
    ({"shard", "member"}, "member"),
    ({"shard", "key"}, "sample"),
    ({"name", "reason"}, "failed file"),
    ({"name", "problem"}, "problem"),
    ({"name", "provider"}, "bucket"),
    ({"bucket", "objects"}, "bucket"),
    ({"directory", "url"}, "server"),
    ({"name", "size", "url"}, "file"),
    ({"name", "size", "objects"}, "name"),
    ({"name"}, "object"),
    ({"property", "value"}, "property"),
)
_CLASSES = {"job": "aisnb-jobs", "name": "aisnb-browser"}


def is_ours(frame: DataFrame) -> bool:
    """Return whether `frame` is a table of ours, as far as its ``attrs`` and columns tell.

    Example:
        is_ours(client.ls("ais://abc").head())  # True
    """
    return "aisnb" in frame.attrs and bool(_noun(frame)) and frame.columns.is_unique


def mark(frame: DataFrame, units: str = "") -> DataFrame:
    """Return `frame`, known as ours from now on, to be shown with sizes in `units` ("": as the user likes)."""
    frame.attrs.update(aisnb=True, units=units)
    return frame


def render_text(frame: DataFrame, units: str = "", max_rows: int | None = MOST_ROWS) -> str:
    """Return a table as text: upper-case headers, human sizes, a line of totals.

    Args:
        frame: a listing, or a table of buckets, jobs or servers.
        units: ``iec``, ``si`` or ``raw``; default: as it was marked.
        max_rows: cut in the middle where there are more; None shows all.

    Example:
        print(render_text(client.ls("ais://abc")))
    """
    units = units or frame.attrs.get("units", "")
    totals = _totals(frame, units)
    if frame.empty:
        return totals
    head, tail = _cut(frame, max_rows)
    rows = [[column.title for column in _columns(head, units)], *_rows(head, units)]
    cut_at = len(rows)
    rows += _rows(tail, units)
    widths = [min(max(map(_width, column)), _LONGEST) for column in zip(*rows, strict=True)]
    lines = [(" " * _GAP).join(map(_left_aligned, row, widths)).rstrip() for row in rows]
    if len(tail):
        lines.insert(cut_at, f"... {len(frame) - len(head) - len(tail):,} more ...")
    return "\n".join([*lines, totals]).rstrip("\n")


def render_html(frame: DataFrame, units: str = "", max_rows: int | None = MOST_ROWS) -> str:
    """Return a table as HTML: escaped, human sizes, a line of totals. See `render_text`."""
    units = units or frame.attrs.get("units", "")
    noun = _noun(frame)
    totals = f"<p>{html.escape(_totals(frame, units))}</p>"
    if frame.empty:
        return f'<div class="{_CLASSES.get(noun, "aisnb-table")}">{totals}</div>'
    head, tail = _cut(frame, max_rows)
    columns = _columns(head, units)
    body = _html_rows(columns)
    if len(tail):
        more = f"… {len(frame) - len(head) - len(tail):,} more …"
        body += f'<tr><td colspan="{len(columns)}" style="text-align:left; opacity:0.7">{more}</td></tr>'
        body += _html_rows(_columns(tail, units))
    heads = "".join(f'<th style="text-align:{each.side}">{html.escape(each.title)}</th>' for each in columns)
    table = f'<table class="dataframe"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="{_CLASSES.get(noun, "aisnb-table")}">{table}{totals}</div>'


def _noun(frame: DataFrame) -> str:
    columns = set(frame.columns)
    return next((noun for telling, noun in _NOUNS if telling <= columns), "")


def _totals(frame: DataFrame, units: str) -> str:
    noun = _noun(frame)
    if noun == "property":
        return ""
    if noun == "problem":
        kinds = ", ".join(
            f"{count:,} {printable(str(kind))}" for kind, count in frame["problem"].value_counts().items()
        )
        return plural(len(frame), noun) + (f": {kinds}" if kinds else "")
    parts = [plural(len(frame), noun)]
    if "objects" in frame.columns and noun == "bucket":
        parts.append(plural(int(frame["objects"].fillna(0).sum()), "object"))
    if noun in ("member", "sample"):
        parts[0] += f" in {plural(frame['shard'].nunique(), 'shard')}"
    if "size" in frame.columns and len(frame) and _is_whole(frame["size"]):
        sizes = frame["size"].dropna()
        directories = _directories(frame)
        unknown = len(frame) - len(sizes) - directories
        if directories:
            beside = "1 directory" if directories == 1 else f"{directories:,} directories"
            parts[0] = f"{plural(len(frame) - directories, noun)}, {beside}"
        if len(sizes):
            parts.append(human_size(int(sizes.sum()), units))
        if unknown:
            parts.append(f"{unknown:,} of unknown size")
    return ", ".join(parts)


def _directories(frame: DataFrame) -> int:
    """Return how many rows of a listing are directories, as those of one by levels: they have no size to be known."""
    if "name" not in frame.columns or not frame["size"].hasnans:
        return 0
    return sum(str(name).endswith("/") for name in frame["name"][frame["size"].isna()])


def _is_whole(column: Series[Any]) -> bool:
    """Return whether a column has whole numbers: sizes that somebody made MiB of are no bytes any more."""
    return getattr(column.dtype, "kind", "") in "iu"


def _cut(frame: DataFrame, max_rows: int | None) -> tuple[DataFrame, DataFrame]:
    if max_rows is None or len(frame) <= max_rows:
        return frame, frame.iloc[:0]
    head = (max_rows + 1) // 2
    return frame.iloc[:head], frame.iloc[len(frame) - (max_rows - head) :]


class _Column(NamedTuple):
    """A column as it is shown: its title, where its values stand (left or right), and the values."""

    title: str
    side: str
    texts: list[str]


def _columns(frame: DataFrame, units: str) -> list[_Column]:
    """Return what is shown; a job's counts and their totals share a column, so that a table of jobs fits a page."""
    shown = {str(name): _column(str(name), frame[name], units) for name in frame.columns}
    if list(shown) == _PROPERTIES:
        names, values = frame["property"].tolist(), frame["value"].tolist()
        texts = [text for name, value in zip(names, values, strict=True) for text in _texts(name, [value], units)]
        return [shown["property"], _Column("VALUE", "left", texts)]
    if "here" in shown and frame.attrs.get("bucket") == "":
        shown["here"].texts[:] = ["-"] * len(frame)  # of a plan that has no bucket to look into
    if _noun(frame) == "job":
        for part, whole in _OF_TOTAL:
            if part in shown and whole in shown:
                pairs = zip(shown[part].texts, shown.pop(whole).texts, strict=True)
                shown[part].texts[:] = [one if all_ in ("-", one) else f"{one} of {all_}" for one, all_ in pairs]
        shown["state"].texts[:] = _states(frame)
    return list(shown.values())


def _states(frame: DataFrame) -> list[str]:
    """Return the states of jobs; one that is finished because every file of it has failed does not look well."""
    states = frame["state"].tolist()
    if not {"done", "failed"} <= set(frame.columns):
        return list(map(_text, states))
    counts = zip(states, frame["done"].tolist(), frame["failed"].tolist(), strict=True)
    return [f"{state}, all failed" if _is_nothing_done(state, *count) else _text(state) for state, *count in counts]


def _is_nothing_done(state: Any, done: Any, failed: Any) -> bool:
    known = isinstance(done, int) and isinstance(failed, int)
    return known and state == FINISHED and done == 0 and failed > 0


def _column(name: str, values: Series[Any], units: str) -> _Column:
    """Return one column; numbers stand below each other at the right, so that sizes compare."""
    side = "right" if getattr(values.dtype, "kind", "") in _NUMBERS else "left"
    return _Column(printable(name).upper(), side, _texts(name, values.tolist(), units))


def _rows(frame: DataFrame, units: str) -> list[list[str]]:
    return [list(row) for row in zip(*(column.texts for column in _columns(frame, units)), strict=True)]


def _html_rows(columns: Sequence[_Column]) -> str:
    sides = [column.side for column in columns]
    rows = zip(*(column.texts for column in columns), strict=True)
    return "".join(f"<tr>{''.join(map(_html_cell, sides, row))}</tr>" for row in rows)


def _html_cell(side: str, text: str) -> str:
    shown = html.escape(text)
    return _CELL.format(side, shown if len(text) <= _SHORT_LENGTH else _LONG.format(shown))


def _width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: two for an emoji or an ideograph, none for an accent."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(each) in _WITHOUT_WIDTH else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def _left_aligned(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _texts(name: str, values: Sequence[Any], units: str) -> list[str]:
    if name.rpartition(".")[2] in _BYTES:
        return [human_size(value, units) if isinstance(value, int) else _text(value) for value in values]
    if name in _RATES:
        return [human_size(value, units) + "/s" if isinstance(value, float) and value > 0 else "-" for value in values]
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return printable(value)
    if _is_missing(value):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S %Z").rstrip()
    if isinstance(value, Mapping):
        return printable(", ".join(f"{key}={item}" for key, item in value.items())) or "-"
    return printable(str(value))


def _is_missing(value: Any) -> bool:
    """Return whether `value` is None, NaN, NaT or pandas' NA, the last of which does not even equal itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, float | datetime) and value != value  # what only NaN and NaT do
