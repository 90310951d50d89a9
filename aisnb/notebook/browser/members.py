"""The files in a shard, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, VBox

from aisnb.client import portal
from aisnb.notebook import pieces
from aisnb.notebook.browser.rows import heads, member_row
from aisnb.notebook.browser.style import MEMBERS_CLASS
from aisnb.notebook.button_table import ButtonTable
from aisnb.notebook.pager import Pager

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.archives import Member
    from aisnb.client.glimpses import Inside

_ROWS = 10
#: Files that are listed of a shard; of millions one looks at the first.
MOST_MEMBERS = 1_000


class MemberTable:
    """A table of files to choose from. All but the constructor is called on the portal's loop.

    Attributes:
        box: its widgets, hidden while there is no shard.

    Args:
        choose: called with the file whose button is pressed; in any thread.
    """

    def __init__(self, choose: Callable[[Member], None]) -> None:
        self._choose = choose
        self._members: list[Member] = []
        self._offset = 0
        self._chosen = ""
        columns = "minmax(12em, 1.2fr) minmax(0, 1fr)"
        self._table = ButtonTable(_ROWS, heads("In the shard", "Size"), columns, MEMBERS_CLASS, self._pressed)
        self._pager = Pager(_ROWS, ("file", "files"), ("Previous", "Next"), lambda to: portal.launch(self._turn(to)))
        self._said = HTML()
        self.box = VBox([self._pager.box, self._table.box, self._said])
        self.show(None)

    @property
    def widgets(self) -> list[Any]:
        """The widgets of all rows, in use or not."""
        return self._table.widgets

    def show(self, inside: Inside | None) -> None:
        """Show what is in a shard; None hides all of this."""
        self._members, self._offset, self._chosen = list(inside.members) if inside else [], 0, ""
        self.box.layout.display = "" if inside else "none"
        said = []
        if inside and not inside.members:
            said.append("No file is in it.")
        if inside and inside.more:
            said.append(f"Only the first {len(inside.members):,} are listed: '%ais archive ls' lists all.")
        if inside and inside.passed_over:
            said.append(f"Left out: {inside.passed_over:,} links, devices, or names that cannot be trusted.")
        self._said.value = pieces.hint(" ".join(said))
        self._paint()

    def choose(self, name: str) -> None:
        """Show which file is shown elsewhere."""
        self._chosen = name
        self._paint()

    async def _turn(self, offset: int) -> None:
        self._offset = offset
        self._paint()

    def _paint(self) -> None:
        shown = self._members[self._offset : self._offset + _ROWS]
        self._pager.show(self._offset, len(shown), len(self._members))
        self._table.show([member_row(each, chosen=each.name == self._chosen) for each in shown])

    def _pressed(self, number: int) -> None:
        if self._offset + number < len(self._members):
            self._choose(self._members[self._offset + number])
