"""Timing in interleaved rounds, what processes cost, and the tables that come of it, with the goals beside."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: A median so many times the best is marked: the machine or its disk was slow for a while.
_UNEVEN = 2


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(works: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Run all works in turn, `rounds` times after one warm-up round; each returns its own seconds."""
    figures: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            took = work()
            if number:
                figures[name].append(took)
    return figures


def table(title: str, figures: Mapping[str, list[float]], ours: str, goals: Mapping[str, float] | None = None) -> None:
    """Print median, least and most of each, how many times faster than it ours is, and how many times it should be.

    What ran much slower for most of the time than at its best is marked: ratios with it may be luck.

    Args:
        title: what was done.
        figures: seconds of each, by name.
        ours: which of them is ours.
        goals: how many times faster ours is to be than some of the others.
    """
    goals = goals or {}
    print(f"{title}\n\n| what | median s | min | max | our speed, relative | goal |\n|---|---|---|---|---|---|")
    base = statistics.median(figures[ours])
    for name, values in figures.items():
        median = statistics.median(values)
        goal = f"{goals[name]:g}x, {_verdict(median / base >= goals[name])}" if name in goals else ""
        what = f"{name} (uneven)" if median > _UNEVEN * min(values) else name
        print(f"| {what} | {median:.6g} | {min(values):.6g} | {max(values):.6g} | {median / base:.2f}x | {goal} |")
    print(flush=True)


def empty_files(folder: Path, count: int) -> float:
    """Return the seconds that a disk takes to make as many empty files, below a new folder."""
    folder.mkdir()

    def make() -> None:
        for number in range(count):
            (folder / f"{number}").touch()

    return seconds(make)


def bounds(title: str, rows: Mapping[str, tuple[float, float, str]]) -> None:
    """Print figures of ours, each with the most that it should be.

    Args:
        title: what was done.
        rows: by name, the figure, the most that it should be, and their unit.
    """
    print(f"{title}\n\n| what | figure | at most |\n|---|---|---|")
    for name, (value, most, unit) in rows.items():
        print(f"| {name} | {value:.3g} {unit} | {most:.3g} {unit}, {_verdict(value <= most)} |")
    print(flush=True)


def _verdict(reached: object) -> str:
    return "reached" if reached else "missed"


def family(pid: int) -> list[int]:
    """Return a process and its children; the process alone off Linux."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        below = []
    return [pid, *map(int, below)]


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and its children so far, its own and the kernel's for it; NaN off Linux."""
    try:
        ticks = sum(map(_ticks, family(pid)))
    except OSError:
        return float("nan")
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[11]) + int(after_name[12])


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process had at once, 0 off Linux."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
