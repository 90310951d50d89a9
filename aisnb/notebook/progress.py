"""A job's progress as widgets: one bar for all of it, and the few files in flight.

A stored notebook has no kernel behind its widgets. So what stands in for them promises nothing, and at the end the
whole display is replaced by one line that says how the job ended.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from IPython.display import display

from aisnb.notebook import cards
from aisnb.protocol.extension import ABORTED, ENDED, FAILED, FINISHED, PAUSED
from aisnb.units import human_duration, human_size, plural

if TYPE_CHECKING:
    from aisnb.protocol.extension import FileProgress, JobSnapshot

PAINTS_PER_SECOND = 10
FILES_SHOWN = 4
CSS_CLASS = "aisnb-job"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_MARKS = {cards.SUCCESS: "✓ ", cards.DANGER: "✗ ", cards.WARNING: "! ", cards.INFO: ""}


class WidgetPainter:
    """Paints one job in the cell where the painter is made. `update` and `close` may come from any thread.

    Args:
        snapshot: the job as it is now.
    """

    def __init__(self, snapshot: JobSnapshot) -> None:
        from ipywidgets import HTML, FloatProgress, HBox, Layout, VBox

        self._lock = threading.Lock()
        self._painted = float("-inf")
        self._closed = False
        self._bar = FloatProgress(min=0, max=1, layout=Layout(width="16em", flex="0 0 auto"))
        self._text = HTML(layout=Layout(margin="0 0 0 0.8em"))
        self._files = HTML()
        self._box = VBox([HBox([self._bar, self._text], layout=Layout(align_items="center")), self._files])
        self._box.add_class(CSS_CLASS)
        self._paint(snapshot)
        self._display = display(_live_bundle(snapshot, self._box.model_id), raw=True, display_id=True)

    def update(self, snapshot: JobSnapshot) -> None:
        """Paint the job as it is now, at most ten times a second."""
        with self._lock:
            if not self._closed and time.monotonic() - self._painted >= 1 / PAINTS_PER_SECOND:
                self._paint(snapshot)

    def close(self, snapshot: JobSnapshot) -> None:
        """Replace the bars by one line that stays true; twice is harmless."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._paint(snapshot)
            self._display.update(summary_bundle(snapshot), raw=True)
            for widget in (self._files, self._text, self._bar, *self._box.children[:1], self._box):
                widget.close()

    def _paint(self, snapshot: JobSnapshot) -> None:
        self._painted = time.monotonic()
        self._bar.value = share_of(snapshot)
        self._bar.bar_style = tone_of(snapshot)
        self._text.value = cards.words(f"{snapshot.id}: {counts(snapshot)}")
        self._files.value = _files_table(snapshot)


def _live_bundle(snapshot: JobSnapshot, model_id: str) -> dict[str, object]:
    """Return the widgets' view, and what a page without a kernel shows in its place, whenever it was stored."""
    text = f"{snapshot.id}: started. '%ais show job {snapshot.id} --progress' shows how far it is."
    return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": model_id}, "text/plain": text}


def summary_bundle(snapshot: JobSnapshot) -> dict[str, str]:
    """Return the line that says how the job is, as text and as HTML."""
    tone = tone_of(snapshot)
    text = f"{_MARKS[tone]}{snapshot.id} {snapshot.state}: {counts(snapshot)}"
    if snapshot.state not in ENDED:
        text += f" so far. '%ais show job {snapshot.id} --progress' shows how far it is."
    return {"text/plain": text, "text/html": cards.line(text, tone, CSS_CLASS)}


def counts(snapshot: JobSnapshot) -> str:
    """Return the job's files, bytes, speed and time, as far as they are known."""
    total = f" of {plural(snapshot.total, 'file')}" if snapshot.total else ""
    parts = [f"{snapshot.done:,}{total}" if total else plural(snapshot.done, "file")]
    if snapshot.failed:
        parts.append(f"{snapshot.failed:,} failed")
    if snapshot.skipped:
        parts.append(f"{snapshot.skipped:,} unchanged")
    whole = f" of {human_size(snapshot.total_bytes)}" if snapshot.total_bytes and snapshot.state not in ENDED else ""
    parts.append(human_size(snapshot.bytes) + whole)
    return ", ".join(parts + _pace(snapshot))


def _pace(snapshot: JobSnapshot) -> list[str]:
    """Return how fast the job is and when it will be done; of one that ended, how long it took."""
    if snapshot.state in ENDED:
        began = snapshot.started_ns or snapshot.created_ns
        return [f"in {human_duration((snapshot.ended_ns - began) / 1e9)}"] if snapshot.ended_ns and began else []
    if not snapshot.rate:
        return []
    pace = [f"{human_size(snapshot.rate)}/s"]
    if snapshot.total_bytes:
        pace.append(f"{human_duration((snapshot.total_bytes - snapshot.bytes) / snapshot.rate)} left")
    return pace


def _files_table(snapshot: JobSnapshot) -> str:
    """Return the first few files in flight: name, bar, bytes."""
    rows = (
        (file.name, file.bytes / file.total_bytes if file.total_bytes else 0.0, _bytes_of(file))
        for file in snapshot.in_flight[:FILES_SHOWN]
    )
    return cards.bars(rows)


def _bytes_of(file: FileProgress) -> str:
    return human_size(file.bytes) + (f" of {human_size(file.total_bytes)}" if file.total_bytes else "")


def share_of(snapshot: JobSnapshot) -> float:
    """Return how much of the job is done, from 0 to 1: by bytes where their total is known, else by files."""
    if snapshot.total_bytes:
        return min(snapshot.bytes / snapshot.total_bytes, 1.0)
    return (snapshot.done + snapshot.failed) / snapshot.total if snapshot.total else 0.0


def tone_of(snapshot: JobSnapshot) -> str:
    """Return the colour that says how the job is."""
    if snapshot.state == FAILED or (snapshot.state == FINISHED and snapshot.failed):
        return cards.DANGER
    if snapshot.state in (ABORTED, PAUSED) or snapshot.failed:
        return cards.WARNING
    return cards.SUCCESS if snapshot.state == FINISHED else cards.INFO
