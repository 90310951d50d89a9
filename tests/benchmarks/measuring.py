"""Timing in interleaved rounds, and the table that comes of it."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def table(title: str, figures: Mapping[str, list[float]], ours: str) -> None:
    """Print median, least and most of each, and how many times faster than it ours is."""
    print(f"{title}\n\n| what | median s | min | max | our speed, relative |\n|---|---|---|---|---|")
    base = statistics.median(figures[ours])
    for name, values in figures.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.3f} | {min(values):.3f} | {max(values):.3f} | {median / base:.2f}x |")
    print(flush=True)
