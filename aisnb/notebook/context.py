"""A notebook as the commands see it: notes below the cell, progress in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aisnb.commands import Session
from aisnb.commands.catalogue import COMMANDS

if TYPE_CHECKING:
    from aisnb.client import Client


class NotebookContext(Session):
    """What the magics give to the commands."""

    def __init__(self) -> None:
        super().__init__(COMMANDS)

    def note(self, text: str) -> None:
        """Show `text` below the cell, apart from its value."""
        _say(f"Note: {text}")

    def warn(self, text: str) -> None:
        """Show `text` below the cell, as something to look at."""
        _say(f"Warning: {text}")

    def running_client(self) -> Client | None:
        """Return the client if asking it starts no node, else None."""
        import aisnb

        client = self.client()
        return client if aisnb.node_status().running else None


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
