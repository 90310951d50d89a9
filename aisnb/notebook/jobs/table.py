"""A page of jobs, a row each: a button that chooses the job, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisnb.notebook.button_table import ButtonTable, Row
from aisnb.notebook.jobs.rows import HEADS, JOB_HEAD, row
from aisnb.notebook.jobs.style import GRID_CLASS
from aisnb.units import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.protocol.extension import JobSnapshot

ROWS = 20


class Table:
    """The rows of a page.

    Attributes:
        box: its widgets.

    Args:
        choose: called with the id of the job whose button is pressed; in any thread.
    """

    def __init__(self, choose: Callable[[str], None]) -> None:
        self._ids: list[str] = []
        self._table = ButtonTable(
            ROWS,
            (JOB_HEAD, HEADS),
            "9.5em minmax(0, 1fr)",
            GRID_CLASS,
            lambda number: choose(self._ids[number]) if number < len(self._ids) else None,
        )
        self.box = self._table.box

    @property
    def widgets(self) -> list[Any]:
        """The widgets of all rows, in use or not."""
        return self._table.widgets

    def show(self, jobs: list[JobSnapshot], chosen: str) -> None:
        """Show these jobs."""
        self._ids = [job.id for job in jobs]
        self._table.show([_row(job, chosen=job.id == chosen) for job in jobs])


def _row(job: JobSnapshot, *, chosen: bool) -> Row:
    name = printable(job.id)
    return Row(name, f"{'shown below' if chosen else 'show'}: {name}", row(job), chosen)
