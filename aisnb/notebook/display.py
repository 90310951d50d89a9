"""How our values look in a cell: listings with human sizes, cards for jobs and servers.

The other rooms know no Jupyter; their types are named here and looked up when a value of them is shown. A DataFrame
of anybody else looks exactly as it did before.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from IPython.core.interactiveshell import InteractiveShell

#: Where pandas says that its DataFrame lives: from version 3 on, and before.
DATA_FRAMES = ("pandas", "pandas.core.frame")
#: Rows shown where pandas would look at the size of the terminal.
_ROWS = 60
#: Our values that are shown as cards, and as what.
CARDS = {
    "aisnb.client.job.Job": "job",
    "aisnb.client.files.FileServer": "server",
    "aisnb.background.state.NodeState": "node",
}


def install(shell: InteractiveShell, undo: ExitStack) -> None:
    """Add the formatters to `shell`, and to `undo` what takes them back."""
    formatters: dict[str, Any] = shell.display_formatter.formatters  # type: ignore[union-attr]  # every shell has one
    for module in DATA_FRAMES:
        _replace(formatters["text/html"], f"{module}.DataFrame", _frame_html, undo)
        _replace(formatters["text/plain"], f"{module}.DataFrame", _frame_text, undo)
    for path, kind in CARDS.items():
        _replace(formatters["text/html"], path, functools.partial(_card, kind), undo)


def _replace(formatter: Any, path: str, make: Callable[[Any], Callable[..., Any]], undo: ExitStack) -> None:
    """Show the type at `path` by what `make` makes of the function that shows it now, or of None."""
    earlier = formatter.pop(path, None)
    module, _, name = path.rpartition(".")
    formatter.for_type_by_name(module, name, make(earlier))

    def restore() -> None:
        formatter.pop(path, None)
        if earlier is not None:
            formatter.for_type_by_name(module, name, earlier)

    undo.callback(restore)


def _is_ours(frame: Any) -> bool:
    if not frame.attrs:
        return False
    from aisnb.explore.tables import is_ours

    return is_ours(frame)


def _most_rows() -> int | None:
    """Return how many rows pandas would show: who has set that wants it here, too."""
    import pandas as pd

    most: int | None = pd.get_option("display.max_rows")
    return None if most is None else most or _ROWS


def _frame_html(earlier: Callable[[Any], str | None] | None) -> Callable[[Any], str | None]:
    def render(frame: Any) -> str | None:
        if _is_ours(frame):
            from aisnb.explore.tables import render_html

            return render_html(frame, max_rows=_most_rows())
        return earlier(frame) if earlier is not None else frame._repr_html_()

    return render


def _frame_text(earlier: Callable[..., None] | None) -> Callable[..., None]:
    def render(frame: Any, printer: Any, cycle: bool) -> None:
        if _is_ours(frame):
            from aisnb.explore.tables import render_text

            _print_lines(render_text(frame, max_rows=_most_rows()), printer)
        elif earlier is not None:
            earlier(frame, printer, cycle)
        else:
            _print_lines(repr(frame), printer)

    return render


def _print_lines(text: str, printer: Any) -> None:
    """Print `text` as IPython prints a repr of several lines, which indents it in a list."""
    with printer.group():
        for number, line in enumerate(text.splitlines()):
            if number:
                printer.break_()
            printer.text(line)


def _card(kind: str, _earlier: Any) -> Callable[[Any], str]:
    """Return what makes the card of a kind of value; its module comes in with the first one."""

    def render(value: Any) -> str:
        from aisnb.notebook import cards

        card: str = getattr(cards, f"{kind}_card")(value)
        return card

    return render
