"""Widgets that stay up to date until they are closed, or the cell that shows them is run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from aisnb.client import portal
from aisnb.notebook.cells import take_place
from aisnb.notebook.progress import WIDGET_VIEW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Panel:
    """A frame of widgets with a life of its own, on the portal's loop.

    Args:
        box: the frame.
        spare: widgets that are not always in it.
    """

    def __init__(self, box: Any, spare: Iterable[Any] = ()) -> None:
        self._box = box
        self._spare = tuple(spare)
        self._closed = False
        box.observe(lambda _change: self.close(), names="comm")  # somebody else has closed it
        box.comm.on_close(lambda _message: self.close())  # the page cannot show it

    def close(self) -> None:
        """Keep nothing up to date any more, and take the widgets off the page. Twice is harmless."""
        if not self._closed:
            self._closed = True
            portal.launch(self._end())
            for each in (self._box, *self._spare):
                for widget in _inside(each):
                    widget.close()

    def view(self) -> dict[str, object]:
        """Return what shows it in the current cell, and keep it up to date from now on; {} where no page is."""
        if self._closed or not hasattr(get_ipython(), "kernel"):
            return {}
        take_place(self)
        portal.launch(self._begin())
        return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}}

    async def _begin(self) -> None:
        """Start what keeps it up to date, whenever a page shows it; on the portal's loop."""
        raise NotImplementedError

    async def _end(self) -> None:
        """End that; on the portal's loop."""
        raise NotImplementedError


def _inside(widget: Any) -> Iterator[Any]:
    """Return a widget, and all that belongs to it."""
    yield widget
    for belonging in ("layout", "style"):
        if hasattr(widget, belonging):
            yield getattr(widget, belonging)
    for child in getattr(widget, "children", ()):
        yield from _inside(child)
