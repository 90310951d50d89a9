"""From page to page: two buttons, and where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, Layout

if TYPE_CHECKING:
    from collections.abc import Callable


class Pager:
    """Two buttons and a text, hidden while all fits one page.

    Attributes:
        box: its widgets.

    Args:
        size: rows of a page.
        nouns: what a row is, one and several.
        words: what the buttons say: backwards, forwards.
        turn: called with the offset of the page that is wanted; in any thread.
    """

    def __init__(self, size: int, nouns: tuple[str, str], words: tuple[str, str], turn: Callable[[int], None]) -> None:
        self._size = size
        self._nouns = nouns
        self._offset = 0
        shape = Layout(width="auto")
        back, forth = words
        self._back = Button(description=f"‹ {back}", tooltip=f"{back} {nouns[1]}", layout=shape)
        self._forth = Button(description=f"{forth} ›", tooltip=f"{forth} {nouns[1]}", layout=shape)
        self._back.on_click(lambda _button: turn(max(0, self._offset - size)))
        self._forth.on_click(lambda _button: turn(self._offset + size))
        self._where = HTML(layout=Layout(margin="0 8px"))
        self.box = HBox([self._where, self._back, self._forth], layout=Layout(align_items="center"))

    def show(self, offset: int, shown: int, total: int, *, more: bool = False) -> None:
        """Say which of how many rows are shown; with `more` nobody knows how many there are beyond `total`."""
        self._offset = offset
        span = f"{offset + 1:,}–{offset + shown:,} of {'more than ' if more else ''}" if more or shown < total else ""
        noun = self._nouns[0] if total == 1 else self._nouns[1]
        self._where.value = f'<span role="status">{span}{total:,} {noun}</span>' if total else ""
        self._back.disabled = offset <= 0
        self._forth.disabled = offset + shown >= total and not more
        for button in (self._back, self._forth):
            button.layout.display = "" if more or shown < total else "none"
