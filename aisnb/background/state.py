"""What is known of the local node: handed to the client, and shown to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    """A node that answers.

    Attributes:
        endpoint: ``http://127.0.0.1:PORT``, without a trailing slash.
        token: what its requests must carry.
        pid: its process.
        version: of the package that it runs.
        note: a sentence for the user when something about it is not as it should be, else "".
    """

    endpoint: str
    token: str
    pid: int
    version: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NodeState:
    """The embedded node, looked at without starting it.

    Attributes:
        running: whether it answers.
        endpoint: its address, None if it does not run.
        pid: the one process that writes to the data root, None if there is none.
        root: the data root.
        token_file: the JSON file ``{"token": …}``; it appears with the first start.
        free_bytes: room on the data root's file system.
        version: the node's, None if it does not run.
        running_jobs: how many of its jobs run.
        servers: how many directories it serves.
        leases: how many kernels use it.
        keep: whether it stays until it is told to stop.
    """

    running: bool
    endpoint: str | None
    pid: int | None
    root: Path
    token_file: Path
    free_bytes: int
    version: str | None = None
    running_jobs: int = 0
    servers: int = 0
    leases: int = 0
    keep: bool = False

    def __repr__(self) -> str:
        head = (
            f"Node at {self.endpoint} (pid {self.pid})" if self.running else "No node runs; the next command starts one"
        )
        lines = [head, f"  data in    {self.root}", f"  free space {human_size(self.free_bytes)}"]
        if self.running:
            uses = (plural(self.running_jobs, "job"), plural(self.servers, "file server"), plural(self.leases, "user"))
            lines.append(f"  at work    {', '.join(uses)}")
            lines.append(f"  stays      {'until it is stopped' if self.keep else 'while it is used'}")
        return "\n".join(lines)
