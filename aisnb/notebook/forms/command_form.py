"""The form of any one command, made from its definition."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from ipywidgets import HTML, Accordion, Button, Layout, VBox

from aisnb.client import Job
from aisnb.commands.lines import Variable, lines_for, missing, words_for
from aisnb.commands.options import HEADER, PROGRESS, TIMEOUT, WAIT
from aisnb.notebook.forms import style
from aisnb.notebook.forms.fields import Field
from aisnb.notebook.forms.foresight import Foresight
from aisnb.notebook.forms.form import Form
from aisnb.notebook.forms.job_panel import JobPanel
from aisnb.notebook.forms.runner import run_words

if TYPE_CHECKING:
    from aisnb.commands import Command, Context
    from aisnb.commands.lines import Value
    from aisnb.notebook.forms.runner import Outcome

#: Forms never wait, and show progress anyway; credentials would be stored with the page.
_LEFT_OUT = (WAIT, PROGRESS, TIMEOUT, HEADER)


class CommandForm(Form):
    """The form of one command.

    Attributes:
        value: what the command returned last; None before.

    Args:
        context: what the command runs with.
        command: its definition.
    """

    def __init__(self, context: Context, command: Command) -> None:
        super().__init__(command.summary.replace("``", "").rstrip("."), map("-".join, command.spellings))
        self.value: Any = None
        self._context = context
        self._command = command
        self._running = False
        self._fields = [Field(each) for each in command.parameters if each.about not in _LEFT_OUT]
        shape = Layout(width="auto", min_width="8em", align_self="flex-start")
        self._run = Button(description=command.name.capitalize(), button_style="primary", layout=shape)
        self._foresight = Foresight(context, command)
        self._panel = JobPanel(context, self._refresh)
        self._result = HTML()
        for field in self._fields:
            field.on_change(self._refresh)
        self._run.on_click(lambda _button: self._begin())
        self._arrange([*self._boxes(), self._foresight.box], [self._run, self._panel.box, self._result])
        self._refresh()

    @property
    def lines(self) -> list[str]:
        """The lines that do in a cell what the form does. What is still to be filled in stands in capitals."""
        return lines_for(words_for(self._command, {**self._values(), **self._hidden()}))

    def _boxes(self) -> list[Any]:
        """Return the arguments' widgets, and those of the flags, folded away."""
        flags = [field.box for field in self._fields if field.parameter.flags]
        folded = Accordion([VBox(flags)], titles=["Options"], selected_index=None)
        return [field.box for field in self._fields if not field.parameter.flags] + ([folded] if flags else [])

    def _values(self) -> dict[str, Value]:
        return {field.parameter.name: field.value for field in self._fields}

    def _hidden(self) -> dict[str, Value]:
        """Return what stands in lines for the secrets that were filled in."""
        secrets = [each.parameter for each in self._fields if each.parameter.secret and each.value]
        return {parameter.name: Variable(parameter.secret) for parameter in secrets}

    def _refresh(self) -> None:
        with self._lock:
            wrong = [field for field in self._fields if field.check().error]
            incomplete = missing(self._command, self._values())
            self._foresight.ask({} if wrong else self._values())
            self._run.disabled = bool(wrong or incomplete) or self._running or self._panel.is_busy
            self._show_lines()

    def _begin(self) -> None:
        with self._lock:
            if self._running:
                return
            self._running = True
            self._result.value = style.hint("Running …")
            self._refresh()
            run_words(words_for(self._command, self._values()), self._context, self._ended)

    def _ended(self, outcome: Outcome) -> None:
        with self._lock:
            self._running = False
            self.value = outcome.value
            is_job = isinstance(outcome.value, Job)
            said = outcome.notes if is_job else (*outcome.warnings, *outcome.notes)
            notes = "".join(style.hint(escape(note)) for note in said)
            if is_job:
                self._panel.show(outcome.value, outcome.warnings)
                self._result.value = notes
            else:
                self._result.value = notes + (style.failure(outcome.error) or as_html(outcome.value))
            self._refresh()


def as_html(value: object) -> str:
    """Return a command's value as a cell would show it; "" for None."""
    if value is None:
        return ""
    shell: Any = get_ipython()
    shown: dict[str, str] = shell.display_formatter.format(value)[0] if shell else {"text/plain": repr(value)}
    return shown.get("text/html") or f"<pre>{escape(shown['text/plain'])}</pre>"
