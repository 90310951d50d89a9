"""Tables as they were asked for: themselves, as a file, or as something to play with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.commands.results import Message
from aisnb.errors import UsageError
from aisnb.units import plural

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context
    from aisnb.explore.interactive import InteractiveTable


def one_more(limit: int) -> int:
    """Return how many rows to ask for, so that `first_rows` knows whether there are more than the limit; 0 for all."""
    return limit + 1 if limit else 0


def first_rows(context: Context, table: DataFrame, limit: int) -> DataFrame:
    """Return at most so many rows (0: all), and say it if there are more: a cut table looks like a whole one."""
    if not limit or len(table) <= limit:
        return table
    context.note(f"Only the first {plural(limit, 'row')} as the limit says; there are more.")
    return table.head(limit)


def handed_over(table: DataFrame, units: str, to: str, *, interactive: bool) -> DataFrame | Message | InteractiveTable:
    """Return a table to be shown with sizes in `units`; written to the file `to`; or to sort and search.

    Raises:
        UsageError: both a file and an interactive table are wanted.
    """
    from aisnb.explore.tables import mark

    if to and interactive:
        raise UsageError("'--to' and '--interactive' each give another value. Say one of them.")
    marked = mark(table, units)
    if to:
        from aisnb.explore.export import write_table

        path = write_table(marked, to)
        return Message(f"Wrote {plural(len(table), 'row')} to {path}", path=path, value=len(table))
    if interactive:
        from aisnb.explore.interactive import InteractiveTable

        return InteractiveTable(marked)
    return marked
