"""Our values as small cards: a job, a served directory, the node. And the job's colour, wherever it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.client.snapshots import has_ended, status_line
from aisnb.notebook import pieces
from aisnb.protocol.extension import ABORTED, FAILED, FINISHED, PAUSED

if TYPE_CHECKING:
    from aisnb.background import NodeState
    from aisnb.client import FileServer, Job
    from aisnb.protocol.extension import JobSnapshot

#: The class of a job's bar, and of the line that takes its place.
JOB_CLASS = "aisnb-job"


def job_card(job: Job) -> str:
    """Return how the job is, where its files come from and go to, and what to type next."""
    snapshot = job.last  # a moment old: IPython makes the plain text first, and that looks
    rows = [
        ("from", snapshot.source),
        ("to", snapshot.bucket if snapshot.bucket != snapshot.source else ""),
        ("watch", "" if has_ended(snapshot) else f"%ais show job {snapshot.id} --progress"),
        ("again", f"%ais retry {snapshot.id}" if has_ended(snapshot) and snapshot.failed else ""),
    ]
    return pieces.card(f"Job {status_line(snapshot)}", rows, tone_of(snapshot))


def server_card(server: FileServer) -> str:
    """Return a served directory, with its address to click at."""
    return pieces.card(f"Serving {server.directory}", [("at", server.url)])


def node_card(node: NodeState) -> str:
    """Return the embedded node's state, line by line as its text has it."""
    title, *lines = repr(node).splitlines()
    rows = [(label, value.strip()) for label, _, value in (line.strip().partition("  ") for line in lines)]
    return pieces.card(title, rows, pieces.SUCCESS if node.running else pieces.INFO)


def share_of(snapshot: JobSnapshot) -> float:
    """Return how much of the job is done, from 0 to 1: by bytes where their total is known, else by files."""
    if snapshot.total_bytes:
        return min(max(snapshot.bytes, 0) / snapshot.total_bytes, 1.0)
    return (max(snapshot.done, 0) + snapshot.failed) / snapshot.total if snapshot.total > 0 else 0.0


def tone_of(snapshot: JobSnapshot) -> str:
    """Return the colour that says how the job is."""
    if snapshot.state == FAILED or (snapshot.state == FINISHED and snapshot.failed):
        return pieces.DANGER
    if snapshot.state in (ABORTED, PAUSED) or snapshot.failed:
        return pieces.WARNING
    return pieces.SUCCESS if snapshot.state == FINISHED else pieces.INFO
