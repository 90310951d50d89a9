"""Jobs as rows: they survive the process that runs them."""

from __future__ import annotations

import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from aisnb.errors import JobNotFound
from aisnb.store.ledger import Ledger
from aisnb.store.records import ACTIVE_STATES, ErrorRecord, JobRecord

if TYPE_CHECKING:
    import builtins
    import sqlite3
    from collections.abc import Iterable

    from aisnb.protocol.extension import Choice, JobQuery
    from aisnb.store.database import Database
    from aisnb.store.tally import Tallies
    from aisnb.store.writer import Writer

_COLUMNS = (
    "id, kind, state, description, request, created, started, ended, total, total_bytes, done, skipped, failed, "
    "bytes, ledger, reason"
)
_INSERT = f"INSERT INTO jobs ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608  # constants
_ITEMS_AT_ONCE = 5_000
_CHOICES: dict[Choice, str] = {
    "all": "true",
    "active": f"state IN {ACTIVE_STATES}",
    "paused": "state = 'paused'",
    "finished": "state = 'finished'",
    "aborted": "state = 'aborted'",
    "faults": "(failed > 0 OR state = 'failed')",
}


def no_such_job(job: str) -> JobNotFound:
    """Return the error for a job that is not here, worded as AIStore does."""
    return JobNotFound(
        f"download job {job} does not exist" if job.startswith("dnl-") else f'job "{job}" does not exist'
    )


class JobTable:
    """All jobs that are known, with their items and errors. Safe in any thread; changes wait for the writer.

    Args:
        database: where they are kept.
        writer: makes the changes, in order with the commits that count for a job.
        tallies: the counters that the writer holds.
    """

    def __init__(self, database: Database, writer: Writer, tallies: Tallies) -> None:
        self._database = database
        self._writer = writer
        self._tallies = tallies

    def insert(self, job: JobRecord) -> None:
        """Write a new job.

        Raises:
            NodeError: there is one of this id.
        """
        row = (
            job.id, job.kind, job.state, job.description, job.request, job.created_ns or time.time_ns(),
            job.started_ns, job.ended_ns, job.total, job.total_bytes, job.done, job.skipped, job.failed, job.bytes,
            job.ledger.encode(), job.reason,
        )  # fmt: skip
        self._writer.transact(lambda connection: connection.execute(_INSERT, row))

    def load(self, job: str) -> JobRecord:
        """Return the job as of the last file that was counted.

        Raises:
            JobNotFound: it is not here.
        """
        with self._database.reading() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id=?", (job,)).fetchone()  # noqa: S608  # a constant
        if row is None:
            raise no_such_job(job)
        return _record(row)

    def list(self, kind: str = "", *, active_only: bool = False) -> list[JobRecord]:
        """Return the jobs, newest first.

        Args:
            kind: only those of this kind; "" for all.
            active_only: only those that have not ended.
        """
        states = f"state IN {ACTIVE_STATES}" if active_only else "true"
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE {states} AND ?1 IN ('', kind) ORDER BY created DESC, rowid DESC",  # noqa: S608  # a constant
                (kind,),
            ).fetchall()
        return [_record(row) for row in rows]

    def page(self, query: JobQuery) -> tuple[int, builtins.list[JobRecord]]:
        """Return how many jobs are meant, and those of them that stand on the page, newest first."""
        pattern = f"%{query.match.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
        meant = f"{_CHOICES[query.choice]} AND id || ' ' || kind || ' ' || description LIKE ? ESCAPE '!'"
        order = "ORDER BY created DESC, rowid DESC"
        with self._database.reading() as connection:
            (total,) = connection.execute(f"SELECT count(*) FROM jobs WHERE {meant}", (pattern,)).fetchone()  # noqa: S608  # constants
            # Sorting the row numbers first leaves the long columns of all other jobs where they are.
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE rowid IN "  # noqa: S608  # constants
                f"(SELECT rowid FROM jobs WHERE {meant} {order} LIMIT ? OFFSET ?) {order}",
                (pattern, query.limit, query.offset),
            ).fetchall()
        return total, [_record(row) for row in rows]

    def set_state(self, job: str, state: str, reason: str = "", ended_ns: int | None = None) -> None:
        """Note the job's state, after all that was counted for it so far.

        Args:
            job: its id.
            state: the new state; with ``running`` it gets its start, once.
            reason: why, "" if that needs no words.
            ended_ns: when it ended, Unix nanoseconds; None for now if `state` is an end.

        Raises:
            JobNotFound: it is not here.
        """
        now = time.time_ns()
        active = state in ACTIVE_STATES
        ended = 0 if active else now if ended_ns is None else ended_ns
        started = now if state == "running" else 0
        self._update(
            job,
            "state=?, reason=?, ended=?, started=CASE WHEN started=0 THEN ? ELSE started END",
            (state, reason, ended, started),
        )

    def set_totals(self, job: str, total: int, total_bytes: int | None) -> None:
        """Note how many files (-1 unknown) and bytes (None unknown) the job has.

        Raises:
            JobNotFound: it is not here.
        """
        self._update(job, "total=?, total_bytes=?", (total, total_bytes))

    def update_request(self, job: str, request: bytes) -> None:
        """Put `request` in the place of what the job was asked for.

        Raises:
            JobNotFound: it is not here.
        """
        self._update(job, "request=?", (request,))

    def remove(self, job: str) -> None:
        """Remove the job with its items and errors; what ends for it later is not counted.

        Raises:
            JobNotFound: it is not here.
        """

        def work(connection: sqlite3.Connection) -> None:
            self._tallies.forget(job)
            if not connection.execute("DELETE FROM jobs WHERE id=?", (job,)).rowcount:
                raise no_such_job(job)
            connection.execute("DELETE FROM items WHERE job=?", (job,))
            connection.execute("DELETE FROM errors WHERE job=?", (job,))

        self._writer.transact(work)

    def errors(self, job: str, offset: int = 0, limit: int = 1_000) -> builtins.list[ErrorRecord]:
        """Return the job's failed files in the order of its list.

        Args:
            job: its id.
            offset: how many to pass over.
            limit: how many to return at most; -1 for all.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT position, name, url, status, tries, reason FROM errors WHERE job=? ORDER BY position "
                "LIMIT ? OFFSET ?",
                (job, limit, offset),
            ).fetchall()
        return [ErrorRecord(*row) for row in rows]

    def copy_errors_as_items(self, from_id: str, to_id: str) -> int:
        """Make the failed files of one job the items of another, numbered from 0; return how many."""

        def work(connection: sqlite3.Connection) -> int:
            return connection.execute(
                "INSERT INTO items SELECT ?, row_number() OVER (ORDER BY position) - 1, name, url "
                "FROM errors WHERE job=?",
                (to_id, from_id),
            ).rowcount

        return self._writer.transact(work)

    def add_items(self, job: str, items: Iterable[tuple[str, str]]) -> int:
        """Append (object name, link) pairs to the job's list, a few thousand at a time; return the list's length.

        Args:
            job: its id.
            items: any number of pairs; never all in memory at once.
        """
        with self._database.reading() as connection:
            (length,) = connection.execute(
                "SELECT ifnull(max(position) + 1, 0) FROM items WHERE job=?", (job,)
            ).fetchone()
        pairs = iter(items)
        while batch := [*islice(pairs, _ITEMS_AT_ONCE)]:
            rows = [(job, position, name, url) for position, (name, url) in enumerate(batch, length)]
            self._writer.transact(partial(_insert_items, rows))
            length += len(rows)
        return int(length)

    def items(self, job: str, start: int, limit: int) -> builtins.list[tuple[str, str]]:
        """Return up to `limit` (object name, link) pairs of the job's list, from position `start`."""
        with self._database.reading() as connection:
            return connection.execute(
                "SELECT name, url FROM items WHERE job=? AND position>=? ORDER BY position LIMIT ?",
                (job, start, limit),
            ).fetchall()

    def _update(self, job: str, assignments: str, values: tuple[Any, ...]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            self._tallies.forget(job)  # those of ended jobs must not pile up; a running one's are read again
            if not connection.execute(f"UPDATE jobs SET {assignments} WHERE id=?", (*values, job)).rowcount:  # noqa: S608  # constants of this class
                raise no_such_job(job)

        self._writer.transact(work)


def _insert_items(rows: list[tuple[str, int, str, str]], connection: sqlite3.Connection) -> None:
    connection.executemany("INSERT INTO items VALUES (?,?,?,?)", rows)


def _record(row: tuple[Any, ...]) -> JobRecord:
    values = (*row[:-2], Ledger.decode(row[-2]), row[-1])
    return JobRecord(*values)
