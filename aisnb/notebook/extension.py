"""What ``%load_ext aisnb`` adds to a shell, and ``%unload_ext aisnb`` takes back.

Loading must cost next to nothing: pandas, aiohttp, ipywidgets and the commands come in with the first ``%ais``.
A shell in which aisnb is used without its magics shows our values and progress just as well: see `introduce`.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aisnb.notebook import completion, display
from aisnb.notebook.magics import AisMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_CLIENT = "aisnb.client"
_introduced: WeakKeyDictionary[InteractiveShell, ExitStack] = WeakKeyDictionary()
_loaded: WeakKeyDictionary[InteractiveShell, ExitStack] = WeakKeyDictionary()


def introduce(shell: InteractiveShell) -> None:
    """Let `shell` show our values as tables and cards, and jobs' progress as widgets. Twice is harmless."""
    if shell in _introduced:
        return
    with ExitStack() as undo:
        display.install(shell, undo)
        _add_painter(shell, undo)
        _introduced[shell] = undo.pop_all()


def register(shell: InteractiveShell) -> None:
    """Add the magics, the display of our values, progress and completion to `shell`.

    Prints nothing, starts nothing; twice is harmless.
    """
    if shell in _loaded:
        return
    introduce(shell)
    with ExitStack() as undo:
        magics = AisMagics(shell)
        undo.callback(magics.close)
        _add_magics(shell, magics, undo)
        completion.install(shell, magics, undo)
        _loaded[shell] = undo.pop_all()


def unregister(shell: InteractiveShell) -> None:
    """Take back everything that `register` and `introduce` added; without them, nothing happens."""
    for known in (_loaded, _introduced):
        undo = known.pop(shell, None)
        if undo is not None:
            undo.close()


def _add_magics(shell: InteractiveShell, magics: AisMagics, undo: ExitStack) -> None:
    manager = shell.magics_manager
    manager.register(magics)
    undo.callback(manager.registry.pop, type(magics).__name__, None)
    configurables: list[Any] = shell.configurables
    undo.callback(configurables.remove, magics)
    for kind in ("line", "cell"):
        undo.callback(manager.magics[kind].pop, "ais", None)


def _add_painter(shell: InteractiveShell, undo: ExitStack) -> None:
    """Let jobs show their progress as widgets: now, with the first ``%ais``, or once a cell has imported the client."""

    def look(_info: object) -> None:
        if _CLIENT in sys.modules:
            from aisnb.client.progress import use_painter
            from aisnb.notebook.progress import widget_painter

            use_painter(widget_painter)
            shell.events.unregister("pre_run_cell", look)

    def remove() -> None:
        if look in shell.events.callbacks["pre_run_cell"]:
            shell.events.unregister("pre_run_cell", look)
        if _CLIENT in sys.modules:
            from aisnb.client.progress import use_painter

            use_painter(None)

    shell.events.register("pre_run_cell", look)
    undo.callback(remove)
    look(None)
