"""What is known of the local node: handed to the client, and shown to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.node.root import NodeFile


@dataclass(frozen=True, slots=True)
class Running:
    """A node that answers.

    Attributes:
        endpoint: ``http://127.0.0.1:PORT``, without a trailing slash; for programs on this machine.
        token: what its requests must carry.
        pid: its process.
        version: of the package that it runs.
        note: a sentence for the user when something about it is not as it should be, else "".
        public: the endpoint that others are told; "" if there is no other.
        certificate: the one that it shows, as PEM, and that is to be trusted; "" without TLS.
        open: whether other machines can come in.
    """

    endpoint: str
    token: str
    pid: int
    version: str
    note: str = ""
    public: str = ""
    certificate: str = ""
    open: bool = False

    @property
    def told(self) -> str:
        """The endpoint for other programs' clients: that which the certificate is for, where there is one."""
        return self.public if self.certificate else self.endpoint


def running(node: NodeFile, token: str) -> Running:
    """Return what ``node.json`` says, with the root's token, as a node that runs."""
    return Running(
        node.endpoint,
        token,
        node.pid,
        node.version,
        public=node.public,
        certificate=node.certificate,
        open=node.open,
    )


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
        public: the endpoint that other machines are told, "" if only this machine comes in.
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
    public: str = ""

    def __repr__(self) -> str:
        head = (
            f"Node at {self.endpoint} (pid {self.pid})" if self.running else "No node runs; the next command starts one"
        )
        lines = [head, *self._open_to(), f"  data in    {self.root}", f"  free space {human_size(self.free_bytes)}"]
        if self.running:
            uses = (plural(self.running_jobs, "job"), plural(self.servers, "file server"), plural(self.leases, "user"))
            lines.append(f"  at work    {', '.join(uses)}")
            lines.append(f"  stays      {'until it is stopped' if self.keep else 'while it is used'}")
        return "\n".join(lines)

    def _open_to(self) -> list[str]:
        """Say who can come in, where that is more than this machine's user."""
        if not self.public:
            return []
        how = "TLS and the token" if self.public.startswith("https:") else "the token, but no TLS"
        return [f"  open to    other machines, at {self.public} with {how}"]
