"""What a front end gives to the commands: a client, and places for notes, warnings and progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aisnb.settings import read_settings

if TYPE_CHECKING:
    from aisnb.client import Client, Job
    from aisnb.commands.tree import Tree
    from aisnb.settings import Settings


class Context(Protocol):
    """The front end, as the commands see it."""

    @property
    def tree(self) -> Tree:
        """Return the commands of this front end."""

    def client(self) -> Client:
        """Return the client of the endpoint that the settings name now."""

    def note(self, text: str) -> None:
        """Show something worth knowing, apart from the value: ``Note: …``."""

    def warn(self, text: str) -> None:
        """Show something to look at: ``Warning: …``."""

    def watch(self, job: Job, timeout: float | None = None) -> None:
        """Show the job's progress until it ends, or for `timeout` seconds; raises nothing about its end."""


class Session:
    """Keeps one client for as long as the settings stay the same; front ends build on it.

    Args:
        tree: the commands of the front end.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._client: Client | None = None
        self._settings: Settings | None = None

    def client(self) -> Client:
        """Return the client; a new one when the environment names another endpoint, token or data root."""
        from aisnb.client import connect

        settings = read_settings()
        if self._client is None or settings != self._settings:
            self.close()
            self._client, self._settings = connect(), settings
        return self._client

    def close(self) -> None:
        """Let the client go."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
