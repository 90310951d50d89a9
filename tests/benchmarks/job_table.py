"""The table of jobs over 10,000 of them: until it is open, a look again, another page, another filter."""

from __future__ import annotations

import os
import time
from pathlib import Path

import aisnb
from aisnb.client import portal
from aisnb.node.sources import Spec
from aisnb.notebook.jobs import JobBoard, LiveJobs
from aisnb.store import JobRecord, Store
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table

COUNT = 10_000
SHORT = {"COUNT": 50}
_SOURCE = "http://host:8000/shard-{000..999}.tar"


def run(folder: Path, rounds: int) -> None:
    """Print the table; nothing in it shall be felt, which is below 0.1 s, but for the opening."""
    fill(Path(os.environ["AISNB_HOME"]))
    with aisnb.connect() as client:
        client.jobs()
        board = aisnb.jobs_widget()
        works = {
            "a look again": lambda: seconds(lambda: looked(board)),
            "another page": lambda: seconds(lambda: looked(board, offset=COUNT // 2)),
            "a filter": lambda: seconds(lambda: looked(board, match="dnl-bench9999")),
            "open the widget": opened,
            "%ais jobs: the DataFrame and the widget": lambda: commanded(client),
        }
        table(f"{COUNT:,} jobs", interleaved(works, rounds), "a look again")
        board.close()
    aisnb_stop()


def fill(root: Path) -> None:
    """Write as many jobs that have ended into a new data root."""
    store = Store(root)
    for number in range(COUNT):
        spec = Spec("ais://abc", _SOURCE)
        now = time.time_ns()
        job = JobRecord(f"dnl-bench{number:04d}", "download", "finished", f"{_SOURCE} -> ais://abc", spec.encode())
        job.created_ns = job.started_ns = job.ended_ns = now
        job.total, job.done, job.failed, job.bytes = 1_000, 999, 1, 10**9
        store.jobs.insert(job)
    store.close()


def looked(board: JobBoard, **changes: object) -> None:
    """Look, and show what was seen."""
    board._watch.query = type(board._watch.query)(limit=20, **changes)  # type: ignore[arg-type]  # by keyword
    look = portal.run(board._pages.look(board._watch.query))

    async def show() -> None:
        board.show(look)

    portal.run(show())


def opened() -> float:
    """Return the seconds until a new table is there; its end does not count."""
    made = list[JobBoard]()
    took = seconds(lambda: made.append(aisnb.jobs_widget()))
    made[0].close()
    return took


def commanded(client: aisnb.Client) -> float:
    """Return the seconds of what a cell does that says ``%ais jobs``."""
    made = list[JobBoard]()

    def command() -> None:
        live = LiveJobs.of(client.jobs())
        assert len(live) == COUNT
        made.append(JobBoard())

    took = seconds(command)
    made[0].close()
    return took
