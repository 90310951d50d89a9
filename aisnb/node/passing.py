"""Jobs that are one request, such as a get-batch: known while they are answered and for a while after, in memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from aisnb.errors import JobAborted
from aisnb.node.ids import random_id
from aisnb.protocol.extension import ABORTED, FAILED, FINISHED, RUNNING, JobSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

#: Of so many the end is remembered: a training run asks for one after the other.
_KEPT = 256


class PassingJob:
    """One of them. A context manager, for the thread that does its work: leaving it is the job's end.

    Args:
        kind: AIStore's word for what it does.
        bucket: URI of the bucket, "" for several.
        total: how many objects it is to bring.
    """

    def __init__(self, kind: str, bucket: str, total: int) -> None:
        now = time.time_ns()
        self.snapshot = JobSnapshot(random_id(), kind, RUNNING, bucket=bucket, total=total)
        self.snapshot.created_ns = self.snapshot.started_ns = now

    def check(self) -> None:
        """Go on if nobody has stopped the job.

        Raises:
            JobAborted: somebody has.
        """
        if self.snapshot.state == ABORTED:
            raise JobAborted(f"Job {self.snapshot.id} was stopped. Ask again for what it should have brought.")

    def count(self, size: int) -> None:
        """Take note of an object that has come."""
        self.snapshot.done += 1
        self.snapshot.bytes += size

    def stop(self) -> None:
        """Stop it; AIStore stops also what is done and waits for more."""
        if self.snapshot.state in (RUNNING, FINISHED):
            self._end(ABORTED, "it was stopped")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.snapshot.state == RUNNING:
            self._end(FAILED if error else FINISHED, str(error or ""))

    def _end(self, state: str, reason: str) -> None:
        self.snapshot.state, self.snapshot.reason = state, reason
        self.snapshot.ended_ns = time.time_ns()


class Passing:
    """The passing jobs of a node.

    Example:
        with passing.begin("get-batch", "ais://abc", 64) as job:
            job.count(1_000)
    """

    def __init__(self) -> None:
        self._jobs: dict[str, PassingJob] = {}

    def begin(self, kind: str, bucket: str, total: int) -> PassingJob:
        """Return a new job, which runs; of many that have ended the oldest is forgotten."""
        ended = [id for id, job in self._jobs.items() if job.snapshot.ended_ns]
        for id in ended[: max(0, len(ended) - _KEPT + 1)]:
            del self._jobs[id]
        job = PassingJob(kind, bucket, total)
        self._jobs[job.snapshot.id] = job
        return job

    def find(self, id: str) -> PassingJob | None:
        """Return the job with this id, if it is known."""
        return self._jobs.get(id)

    def of_kind(self, kind: str) -> Iterator[JobSnapshot]:
        """Yield those of a kind ("" for all), newest first."""
        return (job.snapshot for job in reversed(self._jobs.values()) if kind in ("", job.snapshot.kind))
