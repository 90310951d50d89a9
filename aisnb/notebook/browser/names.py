"""A page of names, from page to page; what folders add up to is counted while one looks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, HBox, Layout, VBox

from aisnb.client.levels import Place, Stretch, sum_up
from aisnb.errors import AisnbError
from aisnb.notebook import pieces
from aisnb.notebook.browser.rows import entry_row, heads
from aisnb.notebook.browser.style import GRID_CLASS
from aisnb.notebook.button_table import ButtonTable
from aisnb.notebook.pager import Pager
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.client.connection import Connection
    from aisnb.client.levels import Entry, Sum

ROWS = 25
_COUNTED_AT_ONCE = 4
_MOST_KEPT = 5_000
_NOUNS = ("name", "names")


class NameTable:
    """The names of a page. All but the constructor is called on the portal's loop.

    Attributes:
        box: its widgets.
        stretch: what is shown.
        sums: what buckets and folders add up to, by their places, as far as they were counted.

    Args:
        connection: to the endpoint, for counting.
        choose: called with what is pressed; in any thread.
        turn: called with the offset of the page that is wanted; in any thread.
    """

    def __init__(self, connection: Connection, choose: Callable[[Entry], None], turn: Callable[[int], None]) -> None:
        self.stretch = Stretch(0, [], 0, more=False)
        self.sums: dict[Place, Sum] = {}
        self._connection = connection
        self._choose = choose
        self._place = Place()
        self._chosen = ""
        self._table = ButtonTable(
            ROWS,
            heads("Name", "Size", "Objects"),
            "minmax(12em, 1.2fr) minmax(0, 1fr)",
            GRID_CLASS,
            self._pressed,
        )
        self._pager = Pager(ROWS, _NOUNS, ("Previous", "Next"), turn)
        self._total = HTML()
        spread = Layout(justify_content="space-between", flex_flow="row wrap", min_height="32px")
        self.box = VBox([HBox([self._total, self._pager.box], layout=spread), self._table.box])

    @property
    def widgets(self) -> list[Any]:
        """The widgets of all rows, in use or not."""
        return self._table.widgets

    def show(self, place: Place, stretch: Stretch, chosen: str = "") -> None:
        """Show a page of a place, and which object of it is shown elsewhere."""
        self._place, self.stretch, self._chosen = place, stretch, chosen
        self._pager.show(stretch.offset, len(stretch.entries), stretch.known, more=stretch.more)
        self._paint()

    def choose(self, name: str) -> None:
        """Show that an object is shown elsewhere."""
        self._chosen = name
        self._paint()

    def focus(self) -> None:
        """Have the keyboard act on the first row."""
        self._table.focus(0)

    async def count(self) -> None:
        """Count what is in the place, and in each bucket and folder of the page, that was not counted yet.

        Where the endpoint does not say, that stays unknown.
        """
        place = self._place
        places = [place.below(each) for each in self.stretch.entries if place.holds(each)]
        todo = iter([each for each in (*places, place) if each.bucket and each not in self.sums])

        async def work() -> None:
            for place in todo:
                assert place.bucket is not None
                self.sums[place] = await sum_up(self._connection, place.bucket, place.folder)
                self._paint()

        while len(self.sums) > _MOST_KEPT:
            del self.sums[next(iter(self.sums))]
        workers = [asyncio.create_task(work()) for _ in range(_COUNTED_AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        except AisnbError:
            pass
        finally:
            for worker in workers:
                worker.cancel()

    def _paint(self) -> None:
        place = self._place
        self._table.show(
            [
                entry_row(
                    each,
                    place,
                    self.sums.get(place.below(each)) if place.holds(each) else None,
                    chosen=each.name == self._chosen,
                )
                for each in self.stretch.entries
            ]
        )
        total = self.sums.get(place)
        said = f"{plural(total.objects, 'object')}, {human_size(total.size)} here and below" if total else ""
        self._total.value = pieces.hint(said)

    def _pressed(self, number: int) -> None:
        if number < len(self.stretch.entries):
            self._choose(self.stretch.entries[number])
