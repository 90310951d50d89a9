"""A notebook as the commands see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisnb.client import node_status
from aisnb.client.progress import use_painter
from aisnb.commands import Session
from aisnb.commands.catalogue import COMMANDS
from aisnb.notebook.progress import widget_painter

if TYPE_CHECKING:
    from aisnb.client import Client
    from aisnb.commands import Command


class NotebookContext(Session):
    """What the magics give to the commands: jobs show their progress as widgets."""

    def __init__(self) -> None:
        super().__init__(COMMANDS)
        use_painter(widget_painter)

    def running_client(self) -> Client | None:
        """Return the client if asking it starts no node, else None."""
        client = self.client()
        return client if not client.is_local or node_status().running else None

    def form(self, command: Command | None) -> Any:
        """Return the form of a command, or without one that of the two steps."""
        from aisnb.notebook.forms import CommandForm, TwoSteps

        return TwoSteps(self) if command is None else CommandForm(self, command)
