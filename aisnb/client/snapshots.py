"""What to say of a job at one moment. Pure. A counter below 0 is one that the endpoint does not tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aisnb.client.going_on import rest_text
from aisnb.protocol.extension import ABORTED, ENDED, FAILED, FINISHED, PAUSED, RUNNING
from aisnb.protocol.messages import ARCHIVE, COPY_OBJECTS, DOWNLOAD_KIND, MOVE_BUCKET
from aisnb.units import human_duration, human_size, plural, printable

if TYPE_CHECKING:
    from aisnb.protocol.downloads import Limits
    from aisnb.protocol.extension import JobSnapshot

_NANOSECONDS = 1_000_000_000
_HOUR = 3600


def has_ended(snapshot: JobSnapshot) -> bool:
    """Return whether the job will not change any more."""
    return snapshot.state in ENDED


def all_failed(snapshot: JobSnapshot) -> bool:
    """Return whether all was tried and nothing came of it, which AIStore calls finished as any other end."""
    return snapshot.state == FINISHED and snapshot.failed > 0 and snapshot.done == 0


def state_text(snapshot: JobSnapshot) -> str:
    """Return the state as a person is to read it: nobody takes ``"finished, all failed"`` for a success."""
    return f"{snapshot.state}, all failed" if all_failed(snapshot) else snapshot.state


def known(count: int) -> int | None:
    """Return a counter, None if the endpoint does not tell it."""
    return None if count < 0 else count


def amounts(snapshot: JobSnapshot) -> tuple[int, int | None]:
    """Return how much is done, of how much (None: nobody knows): bytes if their total is known, else files tried.

    Of an ended job of which files failed it is the files that are there: its bar is not to look full.
    """
    files = snapshot.total if snapshot.total > 0 else None
    if has_ended(snapshot) and snapshot.failed > 0:
        return max(0, snapshot.done), files
    if snapshot.total_bytes:
        return min(max(0, snapshot.bytes), snapshot.total_bytes), snapshot.total_bytes
    return max(0, snapshot.done) + max(0, snapshot.failed), files


def seconds_run(snapshot: JobSnapshot) -> float:
    """Return how long the job has run, in seconds."""
    begun = snapshot.started_ns or snapshot.created_ns
    return max(0.0, ((snapshot.ended_ns or time.time_ns()) - begun) / _NANOSECONDS) if begun else 0.0


def time_left(snapshot: JobSnapshot) -> float | None:
    """Return the seconds that a running job still needs, by its bytes or else its files; None if nobody knows."""
    if snapshot.state != RUNNING:
        return None
    if snapshot.total_bytes is not None and snapshot.rate > 0:
        return max(0, snapshot.total_bytes - snapshot.bytes) / snapshot.rate
    tried = max(0, snapshot.done) + max(0, snapshot.failed)
    if snapshot.total > 0 and tried > 0:
        return seconds_run(snapshot) * (snapshot.total - tried) / tried
    return None


def files_text(snapshot: JobSnapshot) -> str:
    """Return ``"12 of 999 files"``, or ``"12 files"`` when nobody knows how many there are; of a rename what it is."""
    if _is_rename(snapshot):
        return f"renamed {snapshot.description}"
    if snapshot.total < 0:
        return plural(max(0, snapshot.done), "file")
    return f"{max(0, snapshot.done):,} of {plural(snapshot.total, 'file')}"


def bytes_text(snapshot: JobSnapshot) -> str:
    """Return ``"1.50MiB of 3.00MiB"``, as much of it as is known; "" if nothing is. Of what did not come it is said."""
    if snapshot.bytes < 0 or _is_rename(snapshot):
        return ""
    total = snapshot.total_bytes
    if total and total != snapshot.bytes:
        return f"{human_size(snapshot.bytes)} of {human_size(total)}"
    return human_size(snapshot.bytes) + " here already" * _all_skipped(snapshot)


def faults_text(snapshot: JobSnapshot) -> str:
    """Return ``"3 skipped, 2 failed"``, or "" if there are none."""
    parts = ((snapshot.skipped, "skipped"), (snapshot.failed, "failed"))
    return ", ".join(f"{count:,} {word}" for count, word in parts if count > 0)


def limits_text(limits: Limits) -> str:
    """Return limits in words.

    Example:
        limits_text(Limits(4, 0))  # "no limit of speed, 4 connections"
    """
    speed = human_size(limits.bytes_per_hour / _HOUR) + "/s at most" if limits.bytes_per_hour else "no limit of speed"
    count = limits.connections
    return f"{speed}, {plural(count, 'connection') if count else 'as many connections as the node likes'}"


def status_line(snapshot: JobSnapshot) -> str:
    """Return the job's state and counts in one line."""
    parts = (state_text(snapshot), files_text(snapshot), bytes_text(snapshot), faults_text(snapshot))
    return f"{snapshot.id}: {', '.join(part for part in parts if part)}{_reason(snapshot)}"


def progress_text(snapshot: JobSnapshot) -> str:
    """Return what stands beside a bar: files, bytes, speed, time left, faults; the state unless it runs.

    Example:
        "3 of 20 files, 12.00MiB of 80.00MiB, 4.00MiB/s, 0:17 left, 1 failed"
    """
    left = time_left(snapshot)
    parts = (
        "" if snapshot.state == RUNNING else state_text(snapshot) + _reason(snapshot),
        files_text(snapshot),
        bytes_text(snapshot),
        f"{human_size(snapshot.rate)}/s" if snapshot.rate > 0 and snapshot.state == RUNNING else "",
        f"{human_duration(left)} left" if left is not None else "",
        faults_text(snapshot),
    )
    going_on = f"; {_going_on(snapshot)}" if snapshot.state == PAUSED else ""
    return ", ".join(part for part in parts if part) + going_on


def next_step(snapshot: JobSnapshot) -> str:
    """Return what a person may type next, as a sentence. It always names the command that shows the job."""
    command = f"%ais show job {snapshot.id} --progress"
    if has_ended(snapshot):
        retry = f"'%ais retry {snapshot.id}' tries what failed again (in Python: job.retry()). "
        again = retry if can_retry(snapshot) else ""
        rest = f"{rest_text(snapshot)}. " if snapshot.state == ABORTED else ""
        return f"{again}{rest}See this again with: {command}"
    if snapshot.state == PAUSED:
        return f"To go on: %ais resume {snapshot.id} (in Python: job.resume()). Then watch it with: {command}"
    return f"Watch it with: {command}"


def final_line(snapshot: JobSnapshot) -> str:
    """Return what remains to be read of a job's progress when its display ends.

    Example:
        "dnl-x: 999 files, 124.88MiB in 0:03 (3 skipped, 2 failed)"
    """
    if snapshot.state == FAILED:
        return f"{snapshot.id}: could not run: {printable(snapshot.reason) or 'no reason was given'}"
    if _is_rename(snapshot):
        return f"{snapshot.id}: {files_text(snapshot)}"
    done = "nothing done" if all_failed(snapshot) else plural(max(0, snapshot.done), "file")
    size = f", {human_size(snapshot.bytes)}" if snapshot.bytes >= 0 and not all_failed(snapshot) else ""
    size += " here already," * _all_skipped(snapshot)
    faults = f" ({faults_text(snapshot)})" if faults_text(snapshot) else ""
    text = f"{snapshot.id}: {done}{size} in {human_duration(seconds_run(snapshot))}{faults}"
    if snapshot.state == ABORTED:
        return f"{text}, then it was stopped"
    if snapshot.state == PAUSED:
        return f"{text}, then it was paused{_reason(snapshot)}; {_going_on(snapshot)}"
    return text if has_ended(snapshot) else f"{text} so far"


def oddity_text(snapshot: JobSnapshot) -> str:
    """Return a sentence on what is odd about what a job brought that has tried all, "" if nothing is."""
    if snapshot.state != FINISHED or not snapshot.reason:
        return ""
    return f"Job {snapshot.id}: {printable(snapshot.reason)}. '%ais cat {snapshot.bucket}/NAME' shows what came."


def paused_text(snapshot: JobSnapshot) -> str:
    """Return the message for somebody who waits for a paused job."""
    return (
        f"Job {status_line(snapshot)}. It does not end while it is paused: {_going_on(snapshot)}, "
        f"'%ais stop {snapshot.id}' ends it (in Python: job.resume(), job.stop())."
    )


def can_retry(snapshot: JobSnapshot) -> bool:
    """Return whether what failed can be tried again where the job ran; clusters tell no bytes, and only download."""
    return snapshot.failed > 0 and (snapshot.bytes >= 0 or snapshot.kind == DOWNLOAD_KIND)


def _all_skipped(snapshot: JobSnapshot) -> bool:
    """Return whether a job has ended for which nothing had to come: all was here, unchanged.

    What a copy skips is no such thing: it is not in the source, and a range only happens to name it.
    """
    if snapshot.kind in (COPY_OBJECTS, ARCHIVE):
        return False
    return has_ended(snapshot) and 0 < snapshot.done == snapshot.skipped and snapshot.failed <= 0


def _is_rename(snapshot: JobSnapshot) -> bool:
    """Return whether a bucket was given another name, in one step: such a job of the node has no files to count."""
    return snapshot.kind == MOVE_BUCKET and snapshot.total == 0 and snapshot.state == FINISHED


def _reason(snapshot: JobSnapshot) -> str:
    return f" ({printable(snapshot.reason).rstrip('.')})" if snapshot.reason else ""


def _going_on(snapshot: JobSnapshot) -> str:
    return f"'%ais resume {snapshot.id}' lets it go on"
