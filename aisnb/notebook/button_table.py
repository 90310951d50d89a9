"""A table to choose from: each row is a button, and what is to be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ipywidgets import HTML, Button, ButtonStyle, GridBox, Layout
from ipywidgets.widgets.widget_string import HTMLStyle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RULE = "1px solid var(--jp-border-color2, rgba(127, 127, 127, 0.3))"


class Row(NamedTuple):
    """A row.

    Attributes:
        label: what the button says.
        tooltip: what it does.
        cells: what stands beside it, as HTML.
        chosen: whether it is the one that is shown elsewhere.
        css_class: what kind of row it is, to the style sheet.
    """

    label: str
    tooltip: str
    cells: str
    chosen: bool = False
    css_class: str = ""


class ButtonTable:
    """As many rows as a page has, used again for every page: the widgets are made once, and share their layouts.

    Attributes:
        box: its widgets.

    Args:
        rows: how many there are at most.
        heads: HTML over the buttons, and over what stands beside them.
        columns: how wide both are, in CSS.
        css_class: of the table; with ``-chosen`` that of the chosen row's button.
        choose: called with the number of the row whose button is pressed; in any thread.
    """

    def __init__(
        self, rows: int, heads: tuple[str, str], columns: str, css_class: str, choose: Callable[[int], None]
    ) -> None:
        self._chosen_class = f"{css_class}-chosen"
        self._count = 0
        as_text = {"layout": Layout(width="auto", min_width="0"), "style": HTMLStyle()}
        as_button = {"layout": Layout(width="auto"), "style": ButtonStyle()}
        self._heads = [HTML(head, **as_text) for head in heads]
        self._buttons = [Button(**as_button) for _ in range(rows)]
        self._cells = [HTML(**as_text) for _ in range(rows)]
        for number, button in enumerate(self._buttons):
            button.on_click(lambda _button, number=number: choose(number) if number < self._count else None)
        self.box = GridBox(layout=Layout(grid_template_columns=columns, width="100%", grid_gap="0 8px"))
        self.box.add_class(css_class)

    @property
    def widgets(self) -> list[Any]:
        """The widgets of all rows, in use or not."""
        return [*self._heads, *self._buttons, *self._cells]

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows; what did not change is not sent again."""
        for row, button, cells in zip(rows, self._buttons, self._cells, strict=False):
            with button.hold_sync():
                button.description = row.label
                button.tooltip = row.tooltip
                button._dom_classes = (*filter(None, [row.css_class]), *[self._chosen_class] * row.chosen)
            cells.value = row.cells
        self._count = len(rows)
        pairs = zip(self._buttons[: len(rows)], self._cells, strict=False)
        children: list[Any] = [each for pair in (self._heads, *pairs) for each in pair] if rows else []
        if len(children) != len(self.box.children):
            self.box.children = children

    def focus(self, number: int) -> None:
        """Have the keyboard act on the button of a row."""
        if number < self._count:
            self._buttons[number].focus()


def sheet(css_class: str) -> str:
    """Return the styles of a table of this class."""
    return f"""
.{css_class} {{ border-top: {_RULE}; border-bottom: {_RULE}; overflow: hidden; container-type: inline-size; }}
.{css_class} > * {{ margin: 0; }}
.{css_class} button.widget-button {{
  width: auto; height: 26px; line-height: 24px; margin: 0; padding: 0 8px; text-align: left; background: transparent;
  border-radius: 3px; box-shadow: none; overflow: hidden; text-overflow: ellipsis;
  color: var(--jp-ui-font-color1, inherit);
  font-family: var(--jp-code-font-family, monospace); font-size: 12px;
}}
.{css_class} button.widget-button:hover {{ background: var(--jp-layout-color2, rgba(127, 127, 127, 0.15)); }}
.{css_class} button.widget-button.{css_class}-chosen {{
  background: var(--jp-brand-color1, #1976d2); color: var(--jp-ui-inverse-font-color1, #fff);
}}
"""
