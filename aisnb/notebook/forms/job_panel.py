"""A job in a form: its bar, what went wrong, and buttons to stop it, to go on, and to try again what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, HBox, Layout, VBox

from aisnb.client import portal
from aisnb.client.progress import follow
from aisnb.client.snapshots import has_ended
from aisnb.errors import AisnbError, JobAborted
from aisnb.notebook import cards, pieces
from aisnb.notebook.forms import style
from aisnb.notebook.forms.runner import run_words
from aisnb.protocol.extension import PAUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aisnb.client import Job
    from aisnb.commands import Context
    from aisnb.notebook.forms.runner import Outcome
    from aisnb.protocol.extension import JobSnapshot


class JobPanel:
    """Shows one job after another. It is a painter: the portal's loop feeds it.

    Attributes:
        job: the job that is shown; None before the first.
        box: its widgets, hidden before the first job.

    Args:
        context: what the buttons' commands run with.
        changed: called when a job begins or has ended; from any thread.
    """

    def __init__(self, context: Context, changed: Callable[[], None]) -> None:
        self.job: Job | None = None
        self._context = context
        self._changed = changed
        self._bar = HTML(layout=Layout(flex="1 1 auto"))
        self._bar.add_class(cards.JOB_CLASS)
        self._stop = self._button("Stop", "danger", "stop")
        self._resume = self._button("Resume", "primary", "resume")
        self._retry = self._button("Retry failed", "warning", "retry")
        self._said = HTML()
        buttons = HBox([self._stop, self._resume, self._retry], layout=Layout(flex="0 0 auto"))
        row = HBox([self._bar, buttons], layout=Layout(align_items="flex-start"))
        self.box = VBox([row, self._said], layout=Layout(display="none"))

    @property
    def is_busy(self) -> bool:
        """Whether the job that is shown has not ended."""
        return self.job is not None and not has_ended(self.job.last)

    def show(self, job: Job, warnings: Sequence[str] = ()) -> None:
        """Show this job from now on, and until it has ended the warnings that its start brought; return at once."""
        self.job = job
        self.say(style.hint(pieces.text(" ".join(warnings))) if warnings else "")
        self.update(job.last)
        self.box.layout.display = ""
        self._changed()
        portal.launch(self._follow(job))

    def update(self, snapshot: JobSnapshot) -> None:
        """Show how the job is now; a job that is not shown any more is ignored."""
        if self.job is None or snapshot.id != self.job.id:
            return
        self._bar.value = cards.progress_card(snapshot)
        ended = has_ended(snapshot)
        _offer(self._stop, offered=not ended)
        _offer(self._resume, offered=snapshot.state == PAUSED)
        _offer(self._retry, offered=ended and snapshot.failed > 0)

    def close(self, snapshot: JobSnapshot) -> None:
        """Show how it was at last."""
        self.update(snapshot)

    def say(self, html: str) -> None:
        """Put something below the bar."""
        self._said.value = html

    async def _follow(self, job: Job) -> None:
        error = ""
        try:
            await follow(job, self)
            await job.check_outcome()
        except JobAborted:
            error = ""  # who pressed Stop knows, and the bar says it
        except AisnbError as exc:
            error = str(exc)
        if self.job is job:
            self.say(style.failure(error))
            self._changed()

    def _button(self, label: str, kind: str, command: str) -> Button:
        button = Button(description=label, button_style=kind, layout=Layout(width="auto", display="none"))
        button.on_click(lambda _button: self._do(button, command))
        return button

    def _do(self, button: Button, command: str) -> None:
        if self.job is not None:
            button.disabled = True
            run_words([command, self.job.id], self._context, lambda outcome: self._done(button, outcome))

    def _done(self, button: Button, outcome: Outcome) -> None:
        button.disabled = False
        if outcome.error:
            self.say(style.failure(outcome.error))
        elif hasattr(outcome.value, "last") and (self.job is None or outcome.value.id != self.job.id):
            self.show(outcome.value, outcome.warnings)


def _offer(button: Button, *, offered: bool) -> None:
    button.layout.display = "" if offered else "none"
