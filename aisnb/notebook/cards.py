"""Our values as small cards: a job, its progress, a served directory, the node. And the job's colour, anywhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aisnb.client.going_on import line_again
from aisnb.client.snapshots import amounts, has_ended, progress_text, status_line
from aisnb.notebook import pieces
from aisnb.protocol.extension import ABORTED, FAILED, FINISHED, PAUSED
from aisnb.units import human_size

if TYPE_CHECKING:
    from aisnb.background import NodeState
    from aisnb.client import FileServer, Job
    from aisnb.protocol.extension import FileProgress, JobSnapshot

#: The class of a job's bar, and of the line that takes its place.
JOB_CLASS = "aisnb-job"
BAR_CLASS = "progress-bar"
_FILES_SHOWN = 4


def job_card(job: Job) -> str:
    """Return how the job is, where its files come from and go to, and what to type next."""
    snapshot = job.last  # a moment old: IPython makes the plain text first, and that looks
    ended = has_ended(snapshot)
    rows = [
        ("from", snapshot.source),
        ("to", snapshot.destination or (snapshot.bucket if snapshot.bucket != snapshot.source else "")),
        ("as of", "" if ended else clock()),
        ("go on", f"%ais resume {snapshot.id}" if snapshot.state == PAUSED else ""),
        ("watch", "" if ended else f"%ais show job {snapshot.id} --progress"),
        ("again", f"%ais retry {snapshot.id}" if ended and snapshot.failed > 0 else ""),
        ("the rest", line_again(snapshot) if snapshot.state == ABORTED else ""),
    ]
    return pieces.card(f"Job {status_line(snapshot)}", rows, tone_of(snapshot))


def progress_card(snapshot: JobSnapshot, bar_class: str = BAR_CLASS) -> str:
    """Return a bar with what is to be said beside it, and the few files in flight below.

    A job whose total nobody knows has no bar: one that stays empty would say that nothing happens.

    Args:
        snapshot: the job.
        bar_class: the class of what is filled of its bar.
    """
    known = amounts(snapshot)[1] is not None
    bar = pieces.bar(share_of(snapshot), tone_of(snapshot), "16em", bar_class) if known else ""
    head = pieces.row(bar, pieces.text(f"{snapshot.id}: {progress_text(snapshot)}"))
    return pieces.block(head, *map(_file, snapshot.in_flight[:_FILES_SHOWN]))


def server_card(server: FileServer) -> str:
    """Return a served directory, with its address to click at."""
    if not server.is_served:
        return pieces.card(f"Stopped serving {server.directory}", [], pieces.WARNING)
    return pieces.card(f"Serving {server.directory}", [("at", server.url)], pieces.SUCCESS)


def node_card(node: NodeState) -> str:
    """Return the embedded node's state, line by line as its text has it."""
    title, *lines = repr(node).splitlines()
    rows = [(label, value.strip()) for label, _, value in (line.strip().partition("  ") for line in lines)]
    return pieces.card(title, rows, pieces.SUCCESS if node.running else pieces.INFO)


def share_of(snapshot: JobSnapshot) -> float:
    """Return how much of the job is done, from 0 to 1: by bytes where their total is known, else by files."""
    done, total = amounts(snapshot)
    return min(done / total, 1.0) if total else 0.0


def tone_of(snapshot: JobSnapshot) -> str:
    """Return the colour that says how the job is."""
    if snapshot.state == FAILED or (snapshot.state == FINISHED and snapshot.failed > 0):
        return pieces.DANGER
    if snapshot.state in (ABORTED, PAUSED) or snapshot.failed > 0:
        return pieces.WARNING
    return pieces.SUCCESS if snapshot.state == FINISHED else pieces.INFO


def clock() -> str:
    """Return the time of day, as the kernel's machine has it: a stored card says when it was true."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z")


def _file(file: FileProgress) -> str:
    share = file.bytes / file.total_bytes if file.total_bytes else 0.0
    size = human_size(file.bytes) + (f" of {human_size(file.total_bytes)}" if file.total_bytes else "")
    name = f'<span style="overflow:hidden; text-overflow:ellipsis; max-width:32em">{pieces.text(file.name)}</span>'
    return pieces.row(pieces.bar(share), name, f'<span style="opacity:0.7">{pieces.text(size)}</span>')
