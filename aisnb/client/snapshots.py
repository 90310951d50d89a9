"""What to say of a job at one moment. Pure. A counter below 0 is one that the endpoint does not tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aisnb.protocol.extension import ABORTED, ENDED, FAILED
from aisnb.units import human_duration, human_size, plural

if TYPE_CHECKING:
    from aisnb.protocol.extension import JobErrorRow, JobSnapshot

_NAMED = 3
_REASON_LENGTH = 120
_NANOSECONDS = 1_000_000_000


def has_ended(snapshot: JobSnapshot) -> bool:
    """Return whether the job will not change any more."""
    return snapshot.state in ENDED


def known(count: int) -> int | None:
    """Return a counter, None if the endpoint does not tell it."""
    return None if count < 0 else count


def seconds_run(snapshot: JobSnapshot) -> float:
    """Return how long the job has run, in seconds."""
    begun = snapshot.started_ns or snapshot.created_ns
    return max(0.0, ((snapshot.ended_ns or time.time_ns()) - begun) / _NANOSECONDS) if begun else 0.0


def files_text(snapshot: JobSnapshot) -> str:
    """Return ``"12 of 999 files"``, or ``"12 files"`` when nobody knows how many there are."""
    if snapshot.total < 0:
        return plural(max(0, snapshot.done), "file")
    return f"{max(0, snapshot.done):,} of {plural(snapshot.total, 'file')}"


def bytes_text(snapshot: JobSnapshot) -> str:
    """Return ``"1.50MiB of 3.00MiB"``, as much of it as is known; "" if nothing is."""
    if snapshot.bytes < 0:
        return ""
    total = snapshot.total_bytes
    return human_size(snapshot.bytes) + (f" of {human_size(total)}" if total and total != snapshot.bytes else "")


def faults_text(snapshot: JobSnapshot) -> str:
    """Return ``"3 skipped, 2 failed"``, or "" if there are none."""
    parts = ((snapshot.skipped, "skipped"), (snapshot.failed, "failed"))
    return ", ".join(f"{count:,} {word}" for count, word in parts if count > 0)


def status_line(snapshot: JobSnapshot) -> str:
    """Return the job's state and counts in one line."""
    parts = (snapshot.state, files_text(snapshot), bytes_text(snapshot), faults_text(snapshot))
    reason = f" ({snapshot.reason})" if snapshot.reason else ""
    return f"{snapshot.id}: {', '.join(part for part in parts if part)}{reason}"


def final_line(snapshot: JobSnapshot) -> str:
    """Return what remains to be read of a job's progress when it is over.

    Example:
        "dnl-x: 999 files, 124.88MiB in 0:03 (3 skipped, 2 failed)"
    """
    if snapshot.state == FAILED:
        return f"{snapshot.id}: could not run: {snapshot.reason or 'no reason was given'}"
    done = plural(max(0, snapshot.done), "file")
    size = f", {human_size(snapshot.bytes)}" if snapshot.bytes >= 0 else ""
    faults = f" ({faults_text(snapshot)})" if faults_text(snapshot) else ""
    text = f"{snapshot.id}: {done}{size} in {human_duration(seconds_run(snapshot))}{faults}"
    if snapshot.state == ABORTED:
        return f"{text}, then it was stopped"
    return text if has_ended(snapshot) else f"{text} so far; it goes on"


def failure_text(snapshot: JobSnapshot, errors: list[JobErrorRow]) -> str:
    """Return the message of a job that failed: how many files, the first of them, what to do."""
    if snapshot.state == FAILED:
        return f"Job {snapshot.id} could not run: {snapshot.reason or 'no reason was given'}"
    named = "; ".join(f"{error.name} ({_cause(error)})" for error in errors[:_NAMED])
    more = snapshot.failed - min(len(errors), _NAMED)
    rest = f"; and {more:,} more" if more > 0 else ""
    counted = (
        plural(snapshot.failed, "file") if snapshot.total < 0 else f"{snapshot.failed:,} of {snapshot.total:,} files"
    )
    return (
        f"Job {snapshot.id}: {counted} failed: {named}{rest}. "
        f"The reasons are in job.errors; '%ais retry {snapshot.id}' tries them again."
    )


def _cause(error: JobErrorRow) -> str:
    if error.status >= 400:
        return f"the source answered {error.status}"
    return error.reason if len(error.reason) <= _REASON_LENGTH else error.reason[:_REASON_LENGTH] + "…"
