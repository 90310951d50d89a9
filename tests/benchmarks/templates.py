"""Expanding a template to 1,000,000 names, against braceexpand and bash; and what memory that takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tracemalloc
from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.measuring import bounds, interleaved, seconds, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAMES = "shard-{000000..999999}.tar"
SHORT = {"NAMES": "shard-{000..999}.tar"}
GOALS = {"braceexpand": 12, "bash": 8}
MOST_MEMORY = 1  # MiB


def run(_folder: Path, rounds: int) -> None:
    """Print the table; every name is taken and forgotten."""
    works = {"aisnb.Template": lambda: seconds(lambda: _take(aisnb.Template(NAMES)))}
    try:
        from braceexpand import braceexpand
    except ImportError:
        print("braceexpand is not installed: skipped.")
    else:
        works["braceexpand"] = lambda: seconds(lambda: _take(braceexpand(NAMES)))
    if shutil.which("bash"):
        works["bash"] = lambda: seconds(lambda: _bash(NAMES))
    else:
        print("bash is not installed: skipped.")
    table(f"{len(aisnb.Template(NAMES)):,} names of a template", interleaved(works, rounds), "aisnb.Template", GOALS)
    tracemalloc.start()
    _take(aisnb.Template(NAMES))
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    bounds("All of them, one after the other", {"memory": (peak, MOST_MEMORY, "MiB")})


def _take(names: Iterable[str]) -> None:
    for _ in names:
        pass


def _bash(text: str) -> None:
    with open(os.devnull, "wb") as nowhere:
        subprocess.run(["bash", "-c", f"printf '%s\\n' {text}"], stdout=nowhere, check=True)
