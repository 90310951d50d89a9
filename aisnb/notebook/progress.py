"""A job's progress in a cell: one widget, which any page of the notebook shows, also one that is opened later.

Pages forget what they saw: who loads the notebook again, or opens it elsewhere, has only what the kernel keeps (the
widget) or what was stored (the display). So both say the same: the widget ends with the line that says how the job
ended and is not closed, and the display is brought up to date now and then, and replaced by that line at the end. What
is stored is what front ends without widgets show, too.
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
    from aisnb.client import Job
    from aisnb.client.progress import Painter
    from aisnb.protocol.extension import JobSnapshot

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

#: The display is replaced so often; in between only the widget moves.
_STORE_SECONDS = 1.0


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


@functools.cache
def _say_that_the_page_has_no_widgets() -> None:
    """Say so, once: the page refused a widget, which only one without support for widgets does."""
    note(
        "Note: this page shows no widgets, so progress moves once a second. For smoother bars install ipywidgets where "
        "Jupyter itself runs, and load the page again."
    )


class WidgetPainter:
    """Paints one job in the cell where the painter is made. `update` and `close` come from the portal's thread.

    From there it only sets a trait and updates a display by its id: both find their cell from any thread.

    Args:
        snapshot: the job as it is now.
    """

    def __init__(self, snapshot: JobSnapshot) -> None:
        from ipywidgets import HTML

        self._widget = HTML(cards.progress_card(snapshot))
        self._widget.add_class(cards.JOB_CLASS)
        self._widget.comm.on_close(lambda _message: _say_that_the_page_has_no_widgets())
        self._stored = time.monotonic()
        self._display: Any = display(self._live_bundle(snapshot), raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's has no types

    def update(self, snapshot: JobSnapshot) -> None:
        """Show how the job is now."""
        self._widget.value = cards.progress_card(snapshot)
        if time.monotonic() - self._stored >= _STORE_SECONDS:
            self._stored = time.monotonic()
            self._display.update(self._live_bundle(snapshot), raw=True)

    def close(self, snapshot: JobSnapshot) -> None:
        """Leave one line that stays true, in the place of the bar."""
        bundle = summary_bundle(snapshot)
        self._widget.value = bundle["text/html"]
        self._display.update(bundle, raw=True)

    def _live_bundle(self, snapshot: JobSnapshot) -> dict[str, object]:
        """Return the widget's view, and the same as HTML and text with the time: whoever reads it may read it later."""
        moment = f"as of {cards.clock()}; '%ais show job {snapshot.id} --progress' shows how far it is now"
        return {
            WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id},
            "text/html": pieces.block(cards.progress_card(snapshot), pieces.text(moment), css_class=cards.JOB_CLASS),
            "text/plain": f"{snapshot.id}: {progress_text(snapshot)}\n{moment}",
        }


def summary_bundle(snapshot: JobSnapshot) -> dict[str, str]:
    """Return the line that says how the job is, as text and as HTML."""
    text = final_line(snapshot)
    if not has_ended(snapshot):
        text += f". '%ais show job {snapshot.id} --progress' shows how far it is."
    return {"text/plain": text, "text/html": pieces.line(text, cards.tone_of(snapshot), cards.JOB_CLASS)}
