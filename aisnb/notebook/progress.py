"""A job's progress as widgets: one bar for all of it, and the few files in flight.

A stored notebook has no kernel behind its widgets. So what stands in for them promises nothing, and at the end the
whole display is replaced by one line that says how the job ended.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython
from IPython.display import display

from aisnb.client.notes import note
from aisnb.client.painters import time_left
from aisnb.client.snapshots import bytes_text, faults_text, files_text, final_line, has_ended
from aisnb.notebook import cards, pieces
from aisnb.protocol.extension import RUNNING
from aisnb.units import human_duration, human_size

if TYPE_CHECKING:
    from aisnb.client import Job
    from aisnb.client.progress import Painter
    from aisnb.protocol.extension import FileProgress, JobSnapshot

FILES_SHOWN = 4
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


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

    From there it only sets traits and updates a display by its id: both find their cell from any thread.

    Args:
        snapshot: the job as it is now.
    """

    def __init__(self, snapshot: JobSnapshot) -> None:
        from ipywidgets import HTML, FloatProgress, HBox, Layout, VBox

        self._bar = FloatProgress(min=0, max=1, layout=Layout(width="16em", flex="0 0 auto"))
        self._text = HTML(layout=Layout(margin="0 0 0 0.8em"))
        self._files = HTML()
        self._line = HBox([self._bar, self._text], layout=Layout(align_items="center"))
        self._box = VBox([self._line, self._files])
        self._box.add_class(cards.JOB_CLASS)
        self.update(snapshot)
        view = _live_bundle(snapshot, self._box.model_id)
        self._display = display(view, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython's has no types

    def update(self, snapshot: JobSnapshot) -> None:
        """Show how the job is now."""
        self._bar.value = cards.share_of(snapshot)
        tone = cards.tone_of(snapshot)
        self._bar.bar_style = "" if tone == pieces.INFO else tone
        self._text.value = pieces.words(f"{snapshot.id}: {details(snapshot)}")
        self._files.value = _files_in_flight(snapshot)

    def close(self, snapshot: JobSnapshot) -> None:
        """Replace the bars by one line that stays true."""
        self.update(snapshot)
        self._display.update(summary_bundle(snapshot), raw=True)
        for widget in (self._files, self._text, self._bar, self._line, self._box):
            widget.close()


def details(snapshot: JobSnapshot) -> str:
    """Return what stands beside the bar: files, bytes, speed, time left, faults."""
    left = time_left(snapshot)
    parts = (
        "" if snapshot.state == RUNNING else snapshot.state,
        files_text(snapshot),
        bytes_text(snapshot),
        f"{human_size(snapshot.rate)}/s" if snapshot.rate > 0 else "",
        f"{human_duration(left)} left" if left is not None else "",
        faults_text(snapshot),
    )
    return ", ".join(part for part in parts if part)


def summary_bundle(snapshot: JobSnapshot) -> dict[str, str]:
    """Return the line that says how the job is, as text and as HTML."""
    text = final_line(snapshot)
    if not has_ended(snapshot):
        text += f". '%ais show job {snapshot.id} --progress' shows how far it is."
    return {"text/plain": text, "text/html": pieces.line(text, cards.tone_of(snapshot), cards.JOB_CLASS)}


def _live_bundle(snapshot: JobSnapshot, model_id: str) -> dict[str, object]:
    """Return the widgets' view, and what a page without a kernel shows in its place, whenever it was stored."""
    text = f"{snapshot.id}: started. '%ais show job {snapshot.id} --progress' shows how far it is."
    return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": model_id}, "text/plain": text}


def _files_in_flight(snapshot: JobSnapshot) -> str:
    rows = (
        (file.name, file.bytes / file.total_bytes if file.total_bytes else 0.0, _bytes_of(file))
        for file in snapshot.in_flight[:FILES_SHOWN]
    )
    return pieces.bars(rows)


def _bytes_of(file: FileProgress) -> str:
    return human_size(file.bytes) + (f" of {human_size(file.total_bytes)}" if file.total_bytes else "")
