"""Which cell shows what: a cell that is run again ends what it showed before."""

from __future__ import annotations

from typing import Any, Protocol

from IPython.core.getipython import get_ipython


class Closable(Protocol):
    """What a cell shows."""

    def close(self) -> None:
        """End it; twice is harmless."""


#: By cell: the run that showed something last, and what that was.
_shown: dict[str, tuple[str, list[Closable]]] = {}


def take_place(newcomer: Closable) -> None:
    """Note what the current cell shows, and close what earlier runs of it did.

    JupyterLab and others say which cell it is that runs; elsewhere a cell is known by its code.
    """
    shell: Any = get_ipython()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)()
    cell = str(parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", ""))
    run = str(parent.get("header", {}).get("msg_id", ""))
    before, shown = _shown.get(cell, ("", []))
    if before != run:
        for each in shown:
            each.close()
        shown = []
    _shown[cell] = (run, [*shown, newcomer])
