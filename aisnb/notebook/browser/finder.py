"""Which names are shown: those that begin with a text, or a search for it here and below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import Dropdown, HBox, Layout, Text

from aisnb.client import portal

if TYPE_CHECKING:
    from collections.abc import Callable

BEGINS, CONTAINS = "begins", "contains"
_SCOPES = {"names that begin so": BEGINS, "names with this in them, here and below": CONTAINS}
#: No name is longer.
_LONGEST = 1_024


class Finder:
    """A text to find, and where.

    Attributes:
        box: its widgets.

    Args:
        begins: what names begin with at first.
        find: called with the text and `BEGINS` or `CONTAINS` when somebody changes them; in any thread.
    """

    def __init__(self, begins: str, find: Callable[[str, str], None]) -> None:
        self._find = find
        self._text = Text(
            value=begins,
            description="Find",
            placeholder="all names",
            tooltip="shows the names that begin with this, or have it in them",
            style={"description_width": "4.5em"},
            layout=Layout(width="22em"),
        )
        self._scope = Dropdown(
            options=list(_SCOPES.items()),
            description="in",
            tooltip="where to find it",
            style={"description_width": "auto"},
            layout=Layout(width="27em"),
        )
        for each in (self._text, self._scope):
            each.observe(lambda _change: self._changed(), names="value")
        self.box = HBox([self._text, self._scope], layout=Layout(flex_flow="row wrap"))

    def show(self, text: str, scope: str) -> None:
        """Show what is found; on the portal's loop."""
        self._text.value, self._scope.value = text, scope

    def _changed(self) -> None:
        if not portal.is_inside():
            # Half a character, which a page can send, cannot be sent on.
            text = self._text.value[:_LONGEST].encode("utf-8", "replace").decode()
            self._find(text, self._scope.value)
