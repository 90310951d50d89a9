"""How our values look in a cell: listings with human sizes, cards for jobs and servers.

The other rooms know no Jupyter; their types are named here and looked up when a value of them is shown. A DataFrame
of anybody else looks exactly as it did before.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from IPython.core.formatters import BaseFormatter
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.lib.pretty import RepresentationPrinter

#: Where pandas says that its DataFrame lives: from version 3 on, and before.
DATA_FRAMES = ("pandas", "pandas.core.frame")


def install(shell: InteractiveShell, undo: ExitStack) -> None:
    """Add the formatters to `shell`, and to `undo` what takes them back."""
    html = shell.display_formatter.formatters["text/html"]
    plain = shell.display_formatter.formatters["text/plain"]
    for module in DATA_FRAMES:
        _replace(html, f"{module}.DataFrame", _frame_html, undo)
        _replace(plain, f"{module}.DataFrame", _frame_text, undo)
    for path, render in _CARDS.items():
        _replace(html, path, lambda _earlier, render=render: render, undo)


def _replace(
    formatter: BaseFormatter, path: str, make: Callable[[Callable[..., Any] | None], Any], undo: ExitStack
) -> None:
    """Put in place what `make` makes of the function that shows the type at `path` now."""
    earlier = formatter.pop(path, None)
    module, _, name = path.rpartition(".")
    formatter.for_type_by_name(module, name, make(earlier))

    def restore() -> None:
        formatter.pop(path, None)
        if earlier is not None:
            formatter.for_type_by_name(module, name, earlier)

    undo.callback(restore)


def _is_ours(frame: Any) -> bool:
    tables = sys.modules.get("aisnb.explore.tables")  # without it, no frame can be ours
    return tables is not None and tables.is_ours(frame)


def _frame_html(earlier: Callable[[Any], str | None] | None) -> Callable[[Any], str | None]:
    def render(frame: Any) -> str | None:
        if _is_ours(frame):
            from aisnb.explore.tables import render_html

            return render_html(frame)
        return earlier(frame) if earlier is not None else frame._repr_html_()

    return render


def _frame_text(earlier: Callable[..., None] | None) -> Callable[..., None]:
    def render(frame: Any, printer: RepresentationPrinter, cycle: bool) -> None:
        if _is_ours(frame):
            from aisnb.explore.tables import render_text

            _print_lines(render_text(frame), printer)
        elif earlier is not None:
            earlier(frame, printer, cycle)
        else:
            _print_lines(repr(frame), printer)

    return render


def _print_lines(text: str, printer: RepresentationPrinter) -> None:
    """Print `text` as IPython prints a repr of several lines, which indents it in a list."""
    with printer.group():
        for number, line in enumerate(text.splitlines()):
            if number:
                printer.break_()
            printer.text(line)


def _job_html(job: Any) -> str:
    from aisnb.notebook.cards import job_card

    return job_card(job)


def _server_html(server: Any) -> str:
    from aisnb.notebook.cards import server_card

    return server_card(server)


_CARDS: dict[str, Callable[[Any], str]] = {
    "aisnb.client.jobs.Job": _job_html,
    "aisnb.client.servers.FileServer": _server_html,
}
