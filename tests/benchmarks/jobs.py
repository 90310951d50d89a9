"""A job of 100,000 files: the node's memory, and what a poll of its status costs."""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aisnb
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import seconds
from tests.benchmarks.peers import nginx

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 100_000
SHORT = {"COUNT": 50}


def run(folder: Path, rounds: int) -> None:
    """Print the figures of one such job, from nginx."""
    root = folder / "source"
    root.mkdir()
    for number in range(COUNT):
        (root / f"f-{number:05d}").write_bytes(b"%05d" % number)
    with nginx(root, folder / "nginx") as address, aisnb.connect() as client:
        if not address:
            return
        job = client.download(f"{address}f-{{00000..{COUNT - 1:05d}}}", "ais://many")
        polls, memory = [], 0
        poll = status_poll()
        while job.state not in ("finished", "aborted", "failed"):
            polls.append(seconds(lambda: poll(job.id)))
            memory = max(memory, resident(aisnb.node_status().pid))
            try:
                job.wait(timeout=0.5)
            except TimeoutError:
                continue
        print(f"| files | done | failed | poll median ms | poll max ms | node memory MiB |\n{'|---' * 6}|")
        median, most = statistics.median(polls) * 1000, max(polls) * 1000
        print(f"| {COUNT:,} | {job.done:,} | {job.failed} | {median:.1f} | {most:.1f} | {memory / 2**20:.0f} |")
    aisnb_stop()


def status_poll() -> Callable[[str], None]:
    """Return a function that asks the node for a job's counters, over one connection that stays open."""
    status = aisnb.node_status()
    token = json.loads(Path(status.token_file).read_text())["token"]
    connection = http.client.HTTPConnection(str(urlsplit(status.endpoint).netloc), timeout=30)

    def poll(job: str) -> None:
        connection.request("GET", f"/v1/x/jobs/{job}", headers={"Authorization": f"Bearer {token}"})
        connection.getresponse().read()

    return poll


def resident(pid: int) -> int:
    """Return the resident memory of a process, in bytes."""
    if sys.platform == "linux":
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) * 1024
