"""Showing a listing of a million objects in a cell: what IPython makes of it, as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.measuring import interleaved, seconds, table

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 1_000_000
SHORT = {"COUNT": 1_000}
GOAL = 0.05


def run(_folder: Path, rounds: int) -> None:
    """Print the table, pandas' own display beside it."""
    from IPython.core.interactiveshell import InteractiveShell

    import aisnb
    from aisnb.client import tables

    columns = {
        "name": tables.texts([f"train/shard-{number:06d}.tar" for number in range(COUNT)]),
        "size": tables.counts(list(range(COUNT))),
    }
    ours = tables.table(columns, bucket="ais://many")
    theirs = ours.copy()
    theirs.attrs.clear()
    shell = InteractiveShell.instance()
    aisnb.load_ipython_extension(shell)
    show = shell.display_formatter.format
    assert f"{COUNT:,} objects" in show(ours)[0]["text/html"]
    works = {
        "aisnb": lambda: seconds(lambda: show(ours)),
        "pandas, without human sizes and totals": lambda: seconds(lambda: show(theirs)),
    }
    table(f"{COUNT:,} rows displayed (goal: {GOAL} s)", interleaved(works, rounds), "aisnb")
    InteractiveShell.clear_instance()
