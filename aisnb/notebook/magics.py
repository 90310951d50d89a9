"""``%ais`` and ``%%ais``: what is typed in a cell, run as commands.

IPython's own ``$name``/``{name}`` expansion is off: it evaluates any brace that happens to be Python, all or nothing.
The commands room replaces variables by its own rules, word by word.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.display import display
from traitlets import Enum, Int, observe

from aisnb.errors import AisnbError
from aisnb.settings import NOTE_STREAMS, PREFERENCES, PROGRESS_STYLES, UNITS
from aisnb.units import plural
from aisnb.uris import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.utils.bunch import Bunch

    from aisnb.notebook.context import NotebookContext
    from aisnb.notebook.names import Names


def overview() -> str:
    """Return the list of commands: what ``%ais?`` shows."""
    from aisnb.commands.catalogue import COMMANDS
    from aisnb.commands.guide import help_text

    return str(help_text(COMMANDS, []))


def documented_by(text: Callable[[], str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let IPython ask `text` for a function's documentation, when somebody wants it and not before."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        function.getdoc = text  # type: ignore[attr-defined]  # IPython's own protocol, see oinspect.getdoc
        return function

    return decorate


@magics_class
class AisMagics(Magics):
    """The magics of one shell. The commands and their client come in when they are first used.

    ``%config AisMagics`` lists what a user may like otherwise, ``%config AisMagics.units = 'si'`` sets it at once, and
    ``c.AisMagics.units = "si"`` in IPython's configuration file for good.

    Args:
        shell: where they are typed.
    """

    provider = Enum(tuple(PROVIDERS), "ais", help="What a bucket is that is named without a provider.").tag(config=True)
    units = Enum(UNITS, "iec", help="How sizes are shown: KiB (iec), KB (si), or bytes (raw).").tag(config=True)
    progress = Enum(
        PROGRESS_STYLES, "auto", help="How a job's progress is shown; auto: as AISNB_PROGRESS says, or the page can."
    ).tag(config=True)
    connections = Int(
        0, min=0, help="Files that a download fetches at once (--max-conns); 0 lets the endpoint decide."
    ).tag(config=True)
    notes = Enum(
        NOTE_STREAMS, "stderr", help="Where notes go: stderr has a red ground in JupyterLab. Warnings stay there."
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._context: NotebookContext | None = None
        self._lock = threading.Lock()

    @observe("provider", "units", "progress", "connections", "notes")
    def _prefer(self, change: Bunch) -> None:
        setattr(PREFERENCES, change.name, change.new)

    @property
    def context(self) -> NotebookContext:
        """What the commands run with; asked for by cells, and by completion in a thread of its own."""
        from aisnb.notebook.context import NotebookContext

        with self._lock:
            self._context = self._context or NotebookContext()
            return self._context

    @cached_property
    def names(self) -> Names:
        """What is there to be named, for completion."""
        from aisnb.notebook.names import Names

        return Names(lambda: self.context.running_client())  # so the client comes in when it is asked, not with Tab

    def close(self) -> None:
        """Let the client go, if there is one, and forget what the user likes."""
        if self._context is not None:
            self._context.close()
        for preference in fields(PREFERENCES):
            setattr(PREFERENCES, preference.name, preference.default)

    # IPython's @output_can_be_silenced is not used: it reads the line with Python's tokenizer, which from 3.12 on
    # raises at "{001..010}".
    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    @documented_by(overview)
    def ais(self, line: str, cell: str | None = None, local_ns: Mapping[str, object] | None = None) -> Any:
        """Run an aisnb command and return its value; ``%ais help`` lists them."""
        variables = ChainMap(dict(local_ns or {}), self._shell.user_ns)
        if cell is None:
            return self._run(line, variables)
        commands = [each for each in ((1, line), *body_lines(cell)) if each[1].strip()] or [(1, "help")]
        for done, (number, command) in enumerate(commands, start=1):
            try:
                value = self._run(command, variables)
            except AisnbError as error:
                if len(commands) > 1:
                    _locate(error, number, len(commands) - done)
                raise
            if done < len(commands) and value is not None:
                display(value)  # type: ignore[no-untyped-call]  # IPython's has no types
        return value

    def _run(self, line: str, variables: Mapping[str, object]) -> Any:
        from aisnb.commands import run_line

        try:
            value = run_line(line, variables, self.context)
        except KeyboardInterrupt as interrupt:
            # Where in here the wait was cut off is nobody's concern. The cell fails all the same.
            interrupt._render_traceback_ = lambda: ["KeyboardInterrupt"]  # type: ignore[attr-defined]  # IPython's protocol
            raise
        return None if is_silenced(line) else value


def is_silenced(line: str) -> bool:
    """Return whether `line` ends with the ``;`` that keeps its value from being shown.

    Example:
        is_silenced("ls ais://abc;")  # True
    """
    return line.rstrip().endswith(";")


def body_lines(cell: str) -> list[tuple[int, str]]:
    r"""Return the commands of a ``%%ais`` cell with their line's number, one a line; blank and ``#`` lines left out.

    A line that ends with a backslash goes on in the next. The body's first line is the cell's second.

    Example:
        body_lines("ls\n# a comment\ncreate \\\n  ais://abc")  # [(2, "ls"), (4, "create    ais://abc")]
    """
    commands, begun, first = list[tuple[int, str]](), "", 0
    for number, line in enumerate(cell.splitlines(), start=2):
        if not begun and line.lstrip().startswith("#"):
            continue
        first = first if begun else number
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        commands.append((first, begun + line))
        begun = ""
    return [each for each in (*commands, (first, begun)) if each[1].strip()]


def _locate(error: AisnbError, number: int, left: int) -> None:
    """Say in an error of which line of a cell it is, and what of the cell was not done for it."""
    rest = f" {plural(left, 'command')} after it did not run." if left else ""
    error.args = (f"Line {number}: {error}{rest}", *error.args[1:])
