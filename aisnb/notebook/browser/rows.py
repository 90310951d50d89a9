"""Names of a level, and files of a shard, as rows of a table. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aisnb.archives import is_archive
from aisnb.notebook import pieces
from aisnb.notebook.browser.style import CELLS_CLASS, HEADS_CLASS, KIND_CLASS, NUMBER_CLASS
from aisnb.notebook.button_table import Row
from aisnb.units import human_size, plural, printable

if TYPE_CHECKING:
    from aisnb.archives import Member
    from aisnb.client.levels import Entry, Place, Sum


def heads(first: str, *others: str) -> tuple[str, str]:
    """Return what stands over the buttons, and over the cells beside them."""
    cells = "".join(f'<span class="{NUMBER_CLASS}">{other}</span>' for other in others)
    return (
        f'<div class="{HEADS_CLASS} {HEADS_CLASS}-first">{first}</div>',
        f'<div class="{CELLS_CLASS} {HEADS_CLASS}">{cells}</div>',
    )


def entry_row(entry: Entry, place: Place, sums: Sum | None, *, chosen: bool) -> Row:
    """Return a bucket, a folder or an object.

    Args:
        entry: it.
        place: where one looks; what is below shows without its name.
        sums: of a bucket or a folder what is in it; None as long as that is not known.
        chosen: whether it is shown below.
    """
    name = printable(entry.name.removeprefix(place.folder))
    holds = place.holds(entry)
    size = sums.size if holds and sums else entry.size
    count = plural(sums.objects, "object") if sums else ""
    elsewhere = "" if entry.here else "only at its source"
    facts = ", ".join(filter(None, (count, human_size(size) if size is not None else "", elsewhere)))
    does = "open" if holds else "shown below:" if chosen else "show"
    cells = (human_size(size) if size is not None else "–", f"{sums.objects:,}" if sums else "–" if holds else "")
    label = f"{name}: {facts}" if facts else name
    return Row(name, f"{does} {label}", _cells(label, *cells, elsewhere), chosen, f"{KIND_CLASS}-{_kind(entry, place)}")


def _kind(entry: Entry, place: Place) -> str:
    if place.bucket is None:
        return "bucket"
    return "folder" if place.holds(entry) else "shard" if is_archive(entry.name) else "object"


def member_row(member: Member, *, chosen: bool) -> Row:
    """Return a file of a shard."""
    name, size = printable(member.name), human_size(member.size)
    label = f"{name}: {size}"
    does = "shown below:" if chosen else "show"
    return Row(name, f"{does} {label}", _cells(label, size), chosen, f"{KIND_CLASS}-object")


def _cells(label: str, *texts: str) -> str:
    cells = "".join(f'<span class="{NUMBER_CLASS}">{pieces.text(text) if text else ""}</span>' for text in texts)
    said = escape(label)
    return f'<div class="{CELLS_CLASS}" role="group" aria-label="{said}" title="{said}">{cells}</div>'
