"""``plan``, and the ``--dry-run`` of downloads: what would be brought, before any byte is copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import read_headers
from aisnb.commands.options import HEADER, TEMPLATE, UNITS
from aisnb.commands.words import table_in
from aisnb.errors import UsageError
from aisnb.templates import Template, bounded
from aisnb.uris import is_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pandas import DataFrame

    from aisnb.commands.context import Context

DRY_RUN = Option("only say what would be brought, and how long it would take")

_SOURCE = Argument(
    "link, template of links, directory's link, ht:// bucket, or table with a column url",
    completes=("link", "bucket"),
    table=True,
)
_DESTINATION = Argument("bucket or bucket/directory/; what is there unchanged is not counted", completes=("bucket",))

_LEFT_OUT = re.compile(r" \(directories left out: ([\d,]+)\)$")


@command("plan")
def plan(
    context: Context,
    source: Annotated[str, _SOURCE],
    destination: Annotated[str, _DESTINATION] = "",
    *,
    template: Annotated[str, TEMPLATE] = "",
    header: Annotated[tuple[str, ...], HEADER] = (),
    no_sample: Annotated[bool, Option("read no files to measure how fast they come")] = False,
    units: Annotated[str, UNITS] = "iec",
) -> DataFrame:
    """Say what a download would bring, before any byte is copied.

    Asks every name for its size, validator and date, from this machine. Returns a row per file: name, url, size,
    status, etag, modified, and here (in the bucket already, and unchanged). Says how many are missing or of odd size,
    and how long the rest would take, measured on a few of the files for at most a second.

    A size is odd if it is more than twice, or less than half, the median, and far from it compared with the others
    (six robust standard deviations of the logarithms).

    Example:
        %ais plan http://localhost:8000/shard-{001..999}.tar ais://abc
        df = %ais plan http://localhost:8000/
        %ais plan ht://MzU3MTg4YTc1M2VlZTJhZA --template 'shard-{001..999}.tar'
    """
    if template and is_link(source):
        raise UsageError(f"'--template' chooses objects of a bucket. Of '{source}' write the range in the link itself.")
    names = names_of(template) if template else None
    headers = read_headers(header)
    return planned(
        context, table_in(source), destination, names=names, headers=headers, sample=not no_sample, units=units
    )


def planned(
    context: Context,
    source: Any,
    destination: str,
    *,
    names: Sequence[str] | None = None,
    headers: Mapping[str, str] | None = None,
    sample: bool = True,
    units: str = "iec",
) -> DataFrame:
    """Return the plan for `source`, and note what it comes to."""
    from aisnb.explore.planning import describe
    from aisnb.explore.tables import mark

    found = context.client().plan(source, destination, object_names=names, headers=headers, sample=sample)
    context.note(describe(found))
    note_directories(context, found.attrs.get("directories", 0))
    found.attrs["brief"] = True
    return mark(found, units)


def names_of(template: str) -> list[str]:
    """Return the names that a template stands for.

    Raises:
        TemplateError: they are too many, or have no end.
    """
    parsed = Template(template)
    bounded(parsed)
    return list(parsed)


def note_directories(context: Context, count: int) -> None:
    """Say of the files of a web directory that there are directories beside them, which nobody looked into."""
    if count:
        beside = "1 directory" if count == 1 else f"{count:,} directories"
        context.note(f"{beside} beside them left out. Name each that you want, with its slash at the end.")


def left_out(description: str) -> tuple[str, int]:
    """Return a job's description without what the node adds to it of directories left out, and how many these are.

    Example:
        left_out("http://h/d/ -> ais://abc (directories left out: 2)")  # ("http://h/d/ -> ais://abc", 2)
    """
    found = _LEFT_OUT.search(description)
    return (description[: found.start()], int(found[1].replace(",", ""))) if found else (description, 0)
