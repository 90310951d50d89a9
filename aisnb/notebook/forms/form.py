"""What all forms have: a frame with a title, the lines that it stands for, and a way to be shown on any page."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from ipywidgets import HTML, VBox

from aisnb.notebook import pieces
from aisnb.notebook.forms import style
from aisnb.notebook.forms.insertion import insertion
from aisnb.notebook.progress import WIDGET_VIEW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORM_CLASS = "aisnb-form"


class Form:
    """A form. Shown as widgets where there is a kernel and a page for them, else as text.

    Attributes:
        title: what it is for.

    Args:
        title: what it is for.
        names: what it is called in its CSS classes, ``aisnb-form-NAME``.
    """

    def __init__(self, title: str, names: Iterable[str]) -> None:
        self.title = title
        self._lock = threading.RLock()
        self._lines = HTML()
        self._box = VBox()
        for css_class in (FORM_CLASS, *(f"{FORM_CLASS}-{name}" for name in names)):
            self._box.add_class(css_class)
        self._insertion = insertion(self._box.model_id)

    @property
    def lines(self) -> list[str]:
        """The lines that do in cells what the form does. What is still to be filled in stands in capitals."""
        raise NotImplementedError

    def _arrange(self, *parts: Sequence[Any]) -> None:
        """Put parts of widgets below each other, with a rule between, and the lines at the end."""
        heading = HTML(f"{style.SHEET}<h4>{pieces.text(self.title)}</h4>")
        last = [self._lines, *filter(None, [self._insertion])]
        shown = [VBox(list(part)) for part in (*parts, last)]
        for part in shown:
            part.add_class(style.PART_CLASS)
        self._box.children = (heading, *shown)

    def _show_lines(self) -> None:
        lines = self.lines
        self._lines.value = style.lines(lines)
        if self._insertion is not None:
            self._insertion.text = "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        bundle: dict[str, object] = {"text/plain": repr(self)}
        if hasattr(get_ipython(), "kernel"):
            bundle[WIDGET_VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}
        return bundle

    def __repr__(self) -> str:
        return "\n".join(
            (
                f"Form: {self.title}.",
                "To fill it in and click, run its cell where a page shows widgets: JupyterLab, Notebook or Voila, with "
                "ipywidgets installed where Jupyter itself runs. The same in cells:",
                *(f"    {line}" for line in self.lines),
            )
        )
