"""A job's progress in a cell: a widget that any page of the notebook shows, and beside it what is stored.

Pages forget: one that is loaded again gets the widget from the kernel, one that is opened elsewhere or later has only
what was stored. So there are two displays. The first is the widget, which ends with the line that says how the job
ended, and is not closed; that line also takes the widget's place. The second is the same as HTML and text, with the
time, brought up to date now and then and emptied at the end. The widget hides it; where there is no widget (stored
pages, front ends without widgets, GitHub) it is what one reads.
"""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from aisnb.client.notes import note
from aisnb.client.snapshots import final_line, has_ended, progress_text
from aisnb.notebook import cards, pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.client import Job
    from aisnb.client.progress import Painter
    from aisnb.protocol.extension import JobSnapshot

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

#: What is stored is brought up to date so often; in between only the widget moves.
_STORE_SECONDS = 1.0
_STORED_CLASS = "aisnb-stored"
#: Of a stored widget that no kernel knows, JupyterLab says "Loading widget" or "model not found"; what was stored says
#: more.
_STYLE = (
    f"<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child .{_STORED_CLASS}) > "
    f".jp-OutputArea-output:not(:has(.{cards.JOB_CLASS})){{display:none}}</style>"
)
_NO_WIDGETS = (
    "Note: this page shows no widgets, so progress moves once a second. For smoother bars, pip install ipywidgets "
    "where Jupyter itself runs, and load the page again."
)


def widget_painter(job: Job) -> Painter | None:
    """Return a widget display of `job` in the current cell; None where widgets cannot be, so text is used."""
    if not hasattr(get_ipython(), "kernel") or not _has_widgets():
        return None
    return WidgetPainter(job.last)


@functools.cache
def _has_widgets() -> bool:
    try:
        import ipywidgets  # noqa: F401  # whether it is there is the question
    except ImportError:
        note("Note: this kernel has no ipywidgets, so progress is shown as text. To have bars: pip install ipywidgets")
        return False
    return True


class WidgetPainter:
    """Paints one job in the cell where the painter is made. `update` and `close` come from the portal's thread.

    From there it only sets a trait and updates displays by their ids: both find their cell from any thread.

    Args:
        snapshot: the job as it is now.
    """

    _noted = False

    def __init__(self, snapshot: JobSnapshot) -> None:
        from ipywidgets import HTML

        self._widget = HTML()
        self._widget.add_class(cards.JOB_CLASS)
        self._widget.comm.on_close(self._say_that_the_page_has_no_widgets)
        self._paint(cards.progress_card(snapshot))
        self._snapshot: JobSnapshot | None = snapshot
        self._note = ""
        self._stored_at = time.monotonic()
        view = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        self._view = _display({WIDGET_VIEW: view, "text/plain": ""})
        self._stored = _display(self._to_store())

    def update(self, snapshot: JobSnapshot) -> None:
        """Show how the job is now."""
        self._snapshot = snapshot
        self._paint(cards.progress_card(snapshot))
        if time.monotonic() - self._stored_at >= _STORE_SECONDS:
            self._stored_at = time.monotonic()
            self._stored.update(self._to_store(), raw=True)

    def close(self, snapshot: JobSnapshot) -> None:
        """Leave one line that stays true, in the place of the bar."""
        self._snapshot = None
        bundle = summary_bundle(snapshot)
        self._paint(bundle["text/html"])
        self._view.update(bundle, raw=True)
        self._stored.update(self._to_store(), raw=True)

    def _paint(self, page: str) -> None:
        self._widget.value = f"<style>.{self._class}{{display:none}}</style>{page}"

    @property
    def _class(self) -> str:
        return f"{_STORED_CLASS}-{self._widget.model_id}"

    def _to_store(self) -> dict[str, str]:
        """Return what is read where no widget is: how far the job is, and when that was; and a note if there is one."""
        card, text, below = "", list[str](), [self._note] if self._note else []
        if self._snapshot is not None:
            identity = self._snapshot.id
            card = _STYLE + cards.progress_card(self._snapshot, "")
            text = [f"{identity}: {progress_text(self._snapshot)}"]
            below.insert(0, f"as of {cards.clock()}; '%ais show job {identity} --progress' shows how far it is now")
        lines = (f"<div>{pieces.text(line)}</div>" for line in below)
        return {
            "text/html": pieces.block(card, *lines, css_class=f"{_STORED_CLASS} {self._class}"),
            "text/plain": "\n".join(text + below),
        }

    def _say_that_the_page_has_no_widgets(self, _message: object) -> None:
        """Add a note, once in a session: the page refused a widget, as only one without support for widgets does."""
        if not WidgetPainter._noted:
            WidgetPainter._noted = True
            self._note = _NO_WIDGETS
            self._stored.update(self._to_store(), raw=True)


def summary_bundle(snapshot: JobSnapshot) -> dict[str, str]:
    """Return the line that says how the job is, as text and as HTML."""
    text = final_line(snapshot)
    if not has_ended(snapshot):
        text += f". '%ais show job {snapshot.id} --progress' shows how far it is."
    return {"text/plain": text, "text/html": pieces.line(text, cards.tone_of(snapshot), cards.JOB_CLASS)}


def _display(bundle: Mapping[str, object]) -> Any:
    """Show a bundle of MIME types and return the handle that replaces it."""
    return display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's has no types
