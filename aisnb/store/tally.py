"""What the running jobs have come to: ledgers and counters, written in the transaction of what they count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisnb.store.ledger import Ledger

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from aisnb.store.records import Completion


@dataclass(slots=True)
class Tally:
    """The counters of one job."""

    ledger: Ledger
    done: int
    skipped: int
    failed: int
    bytes: int

    def count(self, completion: Completion) -> bool:
        """Count a file that ended; return whether it had not been counted before."""
        if not self.ledger.add(completion.index):
            return False
        self.bytes += completion.bytes
        self.done += completion.outcome != "failed"
        self.skipped += completion.outcome == "skipped"
        self.failed += completion.outcome == "failed"
        return True


class Tallies:
    """The counters of the jobs that files have ended for. Used in the writer thread only."""

    def __init__(self) -> None:
        self._by_job: dict[str, Tally] = {}

    def forget(self, job: str = "") -> None:
        """Read a job's counters from the database when next needed; all jobs' by default."""
        if job:
            self._by_job.pop(job, None)
        else:
            self._by_job.clear()

    def apply(self, connection: sqlite3.Connection, completions: Iterable[Completion]) -> None:
        """Count these files. Jobs that are gone are passed over; should the transaction fail, call `forget`."""
        touched: dict[str, Tally] = {}
        errors = []
        for completion in completions:
            tally = self._tally(connection, completion.job)
            if tally is None or not tally.count(completion):
                continue
            touched[completion.job] = tally
            if error := completion.error:
                row = (error.name, error.url, error.status, error.tries, error.reason)
                errors.append((completion.job, completion.index, *row))
        connection.executemany(
            "UPDATE jobs SET ledger=?, done=?, skipped=?, failed=?, bytes=? WHERE id=?",
            [(t.ledger.encode(), t.done, t.skipped, t.failed, t.bytes, job) for job, t in touched.items()],
        )
        connection.executemany("INSERT OR REPLACE INTO errors VALUES (?,?,?,?,?,?,?)", errors)

    def _tally(self, connection: sqlite3.Connection, job: str) -> Tally | None:
        if job not in self._by_job:
            row = connection.execute(
                "SELECT ledger, done, skipped, failed, bytes FROM jobs WHERE id=?", (job,)
            ).fetchone()
            if row is None:
                return None
            self._by_job[job] = Tally(Ledger.decode(row[0]), *row[1:])
        return self._by_job[job]
