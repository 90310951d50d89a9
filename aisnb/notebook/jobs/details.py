"""The job that was chosen: its progress, what can be done about it, its limits, the files that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, Layout, VBox

from aisnb.client.going_on import rest_text
from aisnb.client.snapshots import has_ended, seconds_run
from aisnb.notebook import cards, pieces
from aisnb.notebook.jobs.errors import ErrorTable
from aisnb.notebook.jobs.limits import LimitSliders
from aisnb.notebook.jobs.style import DETAILS_CLASS
from aisnb.protocol.extension import PAUSED
from aisnb.units import human_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.client.job_pages import JobPages
    from aisnb.protocol.downloads import Limits
    from aisnb.protocol.extension import JobSnapshot

#: What the buttons are called, what they do, and their look.
_BUTTONS = {
    "pause": ("Pause", "pause the job; files on their way are kept for later", ""),
    "resume": ("Resume", "go on with the paused job", "primary"),
    "stop": ("Stop", "end the job for good; what it has brought stays", "danger"),
    "retry": ("Retry failed", "start a new job of the files that failed", "warning"),
}


class Details:
    """Shows one job after another. All but the constructor is called on the portal's loop.

    Attributes:
        box: its widgets, hidden while there is no job.
        limits: its sliders.

    Args:
        act: called with ``pause``, ``resume``, ``stop`` or ``retry`` when that button is pressed; in any thread.
        limit: called with the limits that a slider asks for; in any thread.
        pages: where the failed files are asked for.
    """

    def __init__(self, act: Callable[[str], None], limit: Callable[[Limits], None], pages: JobPages) -> None:
        self._title = HTML()
        self._progress = HTML()
        self._progress.add_class(cards.JOB_CLASS)
        self._buttons = {what: _button(what, act) for what in _BUTTONS}
        self._busy = ""
        self.limits = LimitSliders(limit)
        self._errors = ErrorTable(pages)
        buttons = HBox(list(self._buttons.values()), layout=Layout(flex_flow="row wrap"))
        parts = [self._title, self._progress, buttons, self.limits.box, self._errors.box]
        self.box = VBox(parts, layout=Layout(display="none"))
        self.box.add_class(DETAILS_CLASS)

    def show(self, snapshot: JobSnapshot | None, *, of_cluster: bool = False) -> None:
        """Show how the job is now; None hides all of this."""
        self.box.layout.display = "" if snapshot else "none"
        if snapshot is None:
            return
        self._title.value = title_html(snapshot)
        rest = rest_text(snapshot)
        self._progress.value = cards.progress_card(snapshot) + (pieces.hint(f"{rest}.") if rest else "")
        self.limits.show(snapshot, of_cluster=of_cluster)
        self._errors.follow(snapshot)
        possible = possible_for(snapshot, of_cluster=of_cluster)
        for what, button in self._buttons.items():
            button.disabled = what not in possible or what == self._busy
            button.tooltip = f"{_BUTTONS[what][1]}: %ais {what} {snapshot.id}"

    def keep(self, what: str) -> None:
        """Keep the button of `what` from being pressed again until this is called with ""."""
        self._busy = what
        if what:
            self._buttons[what].disabled = True


def possible_for(snapshot: JobSnapshot, *, of_cluster: bool) -> set[str]:
    """Return what can be done about a job now."""
    ended = has_ended(snapshot)
    stop = set() if ended else {"stop"}
    if of_cluster:
        return stop
    if snapshot.state == PAUSED:
        return stop | {"resume"}
    return ({"retry"} if snapshot.failed > 0 else set()) if ended else stop | {"pause"}


def title_html(snapshot: JobSnapshot) -> str:
    """Return which job it is, what it does, and for how long it has run."""
    kind = snapshot.kind.partition("-")[0]
    ran = human_duration(seconds_run(snapshot))
    for_how_long = "" if not snapshot.started_ns else f"ran {ran}" if has_ended(snapshot) else f"begun {ran} ago"
    shown = " · ".join(pieces.text(fact) for fact in (snapshot.description, for_how_long) if fact)
    return f'<div><b>{pieces.text(f"{kind} {snapshot.id}")}</b> <span class="aisnb-jobs-quiet">{shown}</span></div>'


def _button(what: str, act: Callable[[str], None]) -> Button:
    label, tooltip, kind = _BUTTONS[what]
    button = Button(description=label, tooltip=tooltip, button_style=kind, layout=Layout(width="auto"))
    button.on_click(lambda _button: act(what))
    return button
