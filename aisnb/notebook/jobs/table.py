"""A page of jobs, a row each: a button that chooses the job, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Button, ButtonStyle, GridBox, Layout
from ipywidgets.widgets.widget_string import HTMLStyle

from aisnb.notebook.jobs.rows import HEADS, JOB_HEAD, row
from aisnb.notebook.jobs.style import CHOSEN_CLASS, GRID_CLASS
from aisnb.units import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.protocol.extension import JobSnapshot

ROWS = 20


class Table:
    """As many rows as a page has, used again for every page: the widgets are made once, and share their layouts.

    Attributes:
        box: its widgets.

    Args:
        choose: called with the id of the job whose button is pressed; in any thread.
    """

    def __init__(self, choose: Callable[[str], None]) -> None:
        self._choose = choose
        self._ids: list[str] = []
        as_text = {"layout": Layout(width="auto", min_width="0"), "style": HTMLStyle()}
        as_button = {"layout": Layout(width="auto"), "style": ButtonStyle()}
        self._heads = [HTML(JOB_HEAD, **as_text), HTML(HEADS, **as_text)]
        self._buttons = [Button(**as_button) for _ in range(ROWS)]
        self._cells = [HTML(**as_text) for _ in range(ROWS)]
        for number, button in enumerate(self._buttons):
            button.on_click(lambda _button, number=number: self._pressed(number))
        self.box = GridBox(layout=Layout(grid_template_columns="9.5em minmax(0, 1fr)", width="100%", grid_gap="0 8px"))
        self.box.add_class(GRID_CLASS)

    @property
    def widgets(self) -> list[Any]:
        """The widgets of all rows, in use or not."""
        return [*self._heads, *self._buttons, *self._cells]

    def show(self, jobs: list[JobSnapshot], chosen: str) -> None:
        """Show these jobs; what did not change is not sent again."""
        self._ids = [job.id for job in jobs]
        for job, button, cells in zip(jobs, self._buttons, self._cells, strict=False):
            button.description = printable(job.id)
            button.tooltip = f"{'shown below' if job.id == chosen else 'show'}: {printable(job.id)}"
            (button.add_class if job.id == chosen else button.remove_class)(CHOSEN_CLASS)
            cells.value = row(job)
        self._have(len(jobs))

    def _have(self, count: int) -> None:
        pairs = zip(self._buttons[:count], self._cells[:count], strict=True)
        children: list[Any] = [each for pair in (self._heads, *pairs) for each in pair]
        if len(children) != len(self.box.children):
            self.box.children = children if count else []

    def _pressed(self, number: int) -> None:
        if number < len(self._ids):
            self._choose(self._ids[number])
