"""What a job costs from 1,000 to 100,000 files (1,000,000 with ``--long``), and the file server up to 512 connections.

A file more should cost what the first ones cost: time per file within 1.3x, and memory that does not grow.
"""

from __future__ import annotations

import os
import shutil
import statistics
from typing import TYPE_CHECKING, NamedTuple

import aisnb
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.fileserver import Load, ask_by_wrk, served, write_script
from tests.benchmarks.jobs import status_poll
from tests.benchmarks.measuring import bounds, cpu_seconds, family, peak_bytes, seconds
from tests.benchmarks.peers import fill, nginx

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = (1_000, 10_000, 100_000)
CONNECTIONS = (1, 8, 64, 512)
SHORT = {"COUNTS": (20, 40), "CONNECTIONS": (1, 2)}
LONG = {"COUNTS": (1_000, 10_000, 100_000, 1_000_000)}
SIZE = 4 << 10
MOST_TIMES = 1.3
MOST_MEMORY = 400  # MiB
MOST_POLL = 5  # ms


class Cost(NamedTuple):
    """What a job cost: seconds, CPU seconds and peak bytes of node and helpers, seconds of each look at its status."""

    took: float
    cpu: float
    peak: int
    polls: list[float]


def run(folder: Path, rounds: int) -> None:
    """Print both tables; jobs are run once for each size, in which the node is a new one."""
    _jobs(folder)
    _connections(folder, rounds)


def _jobs(folder: Path) -> None:
    source = folder / "one"
    source.mkdir()
    fill(source / "file", SIZE)
    costs: dict[int, Cost] = {}
    print(
        "A job of files of 4 KiB from nginx\n\n| files | s | µs a file | CPU s | CPU µs a file | peak MiB | poll ms |"
    )
    print("|---" * 7 + "|")
    with nginx(source, folder / "nginx", "rewrite ^/f- /file;") as address:  # as many names as one likes
        for count in COUNTS if address else ():
            cost = costs[count] = _job(folder / f"home-{count}", address, count)
            poll = statistics.median(cost.polls) * 1e3
            each, cpu = cost.took / count * 1e6, cost.cpu / count * 1e6
            print(
                f"| {count:,} | {cost.took:.2f} | {each:.0f} | {cost.cpu:.2f} | {cpu:.0f} | {cost.peak / 2**20:.0f} "
                f"| {poll:.2f} |",
                flush=True,
            )
    if costs:
        (least, first), (most, last) = min(costs.items()), max(costs.items())
        rows = {
            "time a file": ((last.took / most) / (first.took / least), MOST_TIMES, "x"),
            "CPU a file": ((last.cpu / most) / (first.cpu / least), MOST_TIMES, "x"),
            "memory of the node and its helpers": (last.peak / 2**20, MOST_MEMORY, "MiB"),
            "a look at the job": (statistics.median(last.polls) * 1e3, MOST_POLL, "ms"),
        }
        bounds(f"\n{most:,} files, times that of {least:,}", rows)


def _job(home: Path, address: str, count: int) -> Cost:
    os.environ["AISNB_HOME"] = str(home)
    with aisnb.connect() as client:
        client.download(f"{address}f-first", "ais://b", wait=True)  # the node is there, and has imported what it uses
        pid = aisnb.node_status().pid
        poll, polls = status_poll(), list[float]()
        before = cpu_seconds(pid)

        def whole() -> None:
            job = client.download(f"{address}f-{{0000000..{count - 1:07d}}}", "ais://b")
            while True:
                polls.append(seconds(lambda: poll(job.id)))
                try:
                    job.wait(timeout=0.5)
                    return
                except TimeoutError:
                    continue

        took = seconds(whole)
        cost = Cost(took, cpu_seconds(pid) - before, sum(map(peak_bytes, family(pid))), polls)
    aisnb_stop()
    return cost


def _connections(folder: Path, rounds: int) -> None:
    if not shutil.which("wrk"):
        print("wrk is not installed: skipped.")
        return
    root = folder / "served"
    (root / "4K").mkdir(parents=True)
    for number in range(1_000):
        fill(root / "4K" / f"f-{number:06d}", SIZE)
    print("Our file server, files of 4 KiB\n")
    print(f"| connections | µs an answer | CPU µs | 99 % within ms | errors | peak MiB of a process |\n{'|---' * 6}|")
    with served(root) as server:
        for connections in CONNECTIONS:
            load = Load("4K", connections, 1_000)
            script = write_script(load, folder)
            seen = [ask_by_wrk(server, load, script) for _ in range(rounds + 1)][1:]
            each = statistics.median(said["took"] / max(1, said["requests"]) for said, _ in seen)
            cpu = statistics.median(cost for _, cost in seen)
            slow = statistics.median(said["slow"] for said, _ in seen) / 1e3
            bad, peak = sum(said["bad"] for said, _ in seen), max(map(peak_bytes, family(server.pid))) / 2**20
            print(f"| {connections} | {each:.0f} | {cpu:.0f} | {slow:.0f} | {bad} | {peak:.1f} |", flush=True)
    print()
