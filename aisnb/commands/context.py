"""What a front end gives to the commands: a client, and places for notes, warnings and progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aisnb.settings import note_stream, read_settings
from aisnb.wording import spoken

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

    def watch(self, job: Job, timeout: float | None = None) -> Job:
        """Show the job's progress until it ends, and return it; raises what `Job.wait` raises."""


class Session:
    """Keeps one client for as long as the settings stay the same; says notes and warnings.

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

    def note(self, text: str) -> None:
        """Say something worth knowing, apart from the value."""
        self.say(f"Note: {text}")

    def warn(self, text: str) -> None:
        """Say something to look at."""
        self.say(f"Warning: {text}")

    def say(self, line: str) -> None:
        """Write a line to standard error, or where notes go, which a notebook shows below the cell."""
        if stream := note_stream(line):
            stream.write(f"{spoken(line)}\n")
            stream.flush()

    def watch(self, job: Job, timeout: float | None = None) -> Job:
        """Show the job's progress until it ends, and return it; raises what `Job.wait` raises."""
        from aisnb.client.progress import watch

        return watch(job, timeout)

    def close(self) -> None:
        """Let the client go."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
