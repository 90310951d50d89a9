"""Where one is: the way there, step by step, and its path to copy or to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, Layout, Text, VBox

from aisnb.client import portal
from aisnb.notebook.browser.copying import copy_button
from aisnb.notebook.browser.style import CRUMBS_CLASS
from aisnb.units import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.client.levels import Place

#: Steps that are shown: all buckets, the bucket, and the last folders.
_STEPS = 6


class Address:
    """Buttons for the levels above, one to look again, and a field with the path of what is shown.

    Attributes:
        box: its widgets.
        said: below the field, what is wrong with the path that was typed.

    Args:
        go: called with the place of a button that is pressed; in any thread.
        type_path: called with what was typed into the field; in any thread.
    """

    def __init__(self, go: Callable[[Place], None], type_path: Callable[[str], None]) -> None:
        self._places: list[Place] = []
        self._type_path = type_path
        self._steps = [Button(layout=Layout(width="auto")) for _ in range(_STEPS)]
        for number, step in enumerate(self._steps):
            step.on_click(lambda _button, number=number: go(self._places[number]))
        up = Button(description="↑ Up", tooltip="open the level above", layout=Layout(width="auto"))
        up.on_click(lambda _button: go(self._places[-2] if len(self._places) > 1 else self._places[-1]))
        again = Button(description="↻ Refresh", tooltip="look again at this level", layout=Layout(width="auto"))
        again.on_click(lambda _button: go(self._places[-1]))
        self._crumbs = HBox()
        self._crumbs.add_class(CRUMBS_CLASS)
        self._path = Text(
            description="Path",
            tooltip="the path of what is shown; type another one and press Enter to go there",
            placeholder="ais://bucket/folder/",
            continuous_update=False,
            style={"description_width": "4.5em"},
            layout=Layout(flex="1 1 20em", width="auto"),
        )
        self._path.observe(lambda change: self._typed(change.new), names="value")
        self._copy = HTML()
        self.said = HTML()
        spread = Layout(justify_content="space-between", flex_flow="row wrap")
        head = HBox([self._crumbs, HBox([up, again])], layout=spread)
        self.box = VBox([head, HBox([self._path, self._copy], layout=Layout(align_items="center")), self.said])

    @property
    def spare(self) -> list[Button]:
        """The widgets of steps that are not there just now."""
        return self._steps

    def show(self, place: Place) -> None:
        """Show the way to a place; what lies between its bucket and its last folders is left out."""
        way = [place]
        while (above := way[0].parent) is not None:
            way.insert(0, above)
        left_out = len(way) > _STEPS
        self._places = [*way[:2], *way[2 - _STEPS :]] if left_out else way
        for number, (each, step) in enumerate(zip(self._places, self._steps, strict=False)):
            with step.hold_sync():
                step.description = ("… / " if left_out and number == 2 else "") + _name(each)
                step.tooltip = f"open {printable(str(each)) or 'the list of all buckets'}"
        shown = tuple(self._steps[: len(self._places)])
        if shown != self._crumbs.children:
            self._crumbs.children = shown
        self.show_path(str(place))

    def show_path(self, path: str) -> None:
        """Show the path of what is chosen."""
        self.said.value = ""
        self._path.value = path
        self._copy.value = copy_button("Copy path", path) if path else ""

    def _typed(self, text: str) -> None:
        if not portal.is_inside():
            # Half a character, which a page can send, cannot be sent on.
            self._type_path(text.strip().encode("utf-8", "replace").decode())


def _name(place: Place) -> str:
    if place.bucket is None:
        return f"{place.provider}://" if place.provider else "Buckets"
    return printable(place.folder.split("/")[-2] if place.folder else str(place.bucket))
