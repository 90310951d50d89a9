"""A notebook as the commands see it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from aisnb.client import node_status
from aisnb.client.progress import use_painter
from aisnb.commands import Session
from aisnb.commands.catalogue import COMMANDS
from aisnb.notebook.progress import widget_painter
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from pandas import DataFrame

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

    def live_jobs(self, found: DataFrame) -> DataFrame:
        """Return a table of jobs, to be shown as one that stays up to date where there are widgets."""
        if not _has_widgets():
            return found
        from aisnb.notebook.jobs import LiveJobs

        return LiveJobs.of(found)

    def browser(self, place: str) -> Any:
        """Return a browser of a place, or None where there are no widgets."""
        if not _has_widgets():
            return None
        from aisnb.notebook.browser import Browser

        return Browser(place)

    def form(self, command: Command | None) -> Any:
        """Return the form of a command, or without one that of the two steps."""
        from aisnb.notebook.forms import CommandForm, TwoSteps

        return TwoSteps(self) if command is None else CommandForm(self, command)


def _has_widgets() -> bool:
    text_only = read_settings().progress in ("off", "text")
    return not text_only and hasattr(get_ipython(), "kernel") and find_spec("ipywidgets") is not None
