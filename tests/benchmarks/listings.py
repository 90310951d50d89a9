"""Listing 1,000,000 objects into a DataFrame through the node, against the official SDK and find; the first page."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

import aisnb
from aisnb.store import Store
from aisnb.uris import Bucket
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import bounds, interleaved, seconds, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 1_000_000
#: What 1,000 names begin with.
PREFIX, WITH_PREFIX = "shard-0005", 1_000
SHORT = {"COUNT": 1_000, "PREFIX": "shard-0000"}
GOALS = {"SDK, list_all_objects": 5, "find -printf": 3}
MOST_MEMORY = 400  # MiB
MOST_SECONDS = 0.05
_MANY = Bucket("ais", "many")
_FEW = Bucket("ais", "few")


def run(folder: Path, rounds: int) -> None:
    """Print the tables."""
    home = folder / "home"
    _fill(home)
    with aisnb.connect() as client:
        assert len(client.ls(str(_MANY))) == COUNT
        works: dict[str, Callable[[], float]] = {"aisnb": lambda: seconds(lambda: client.ls(str(_MANY)))}
        try:
            sdk = aisnb.sdk_client().bucket(_MANY.name)
        except aisnb.AisnbError as exc:
            print(f"{exc} Skipped.")
        else:
            works["SDK, list_all_objects"] = lambda: seconds(sdk.list_all_objects)
        if sys.platform == "linux":  # find elsewhere knows no -printf
            works["find -printf"] = lambda: seconds(lambda: _find(home))
        table(f"{COUNT:,} objects as a DataFrame", interleaved(works, rounds), "aisnb", GOALS)
        _look(client, rounds)
    bounds("A listing in a process of its own", {"memory it takes": (_memory(), MOST_MEMORY, "MiB")})
    aisnb_stop()


def _look(client: aisnb.Client, rounds: int) -> None:
    """Print how long it takes to see a little of much."""
    assert len(client.ls(str(_MANY), prefix=PREFIX)) == WITH_PREFIX
    works = {
        "first page": lambda: seconds(lambda: client.ls(str(_MANY), limit=1_000)),
        f"the {WITH_PREFIX:,} names of a prefix": lambda: seconds(lambda: client.ls(str(_MANY), prefix=PREFIX)),
    }
    figures = interleaved(works, rounds)
    rows = {name: (statistics.median(values) * 1e3, MOST_SECONDS * 1e3, "ms") for name, values in figures.items()}
    bounds(f"Of {COUNT:,} objects", rows)


def _memory() -> float:
    """Return how many MiB more a process takes at most when it lists all, not only a few objects."""
    code = (
        "import aisnb, os, resource, sys\n"
        "from tests.benchmarks.measuring import peak_bytes\n"
        "with aisnb.connect() as client:\n"
        "    client.ls(sys.argv[1])\n"
        # Linux counts into the latter what this process had before it became that one.
        "print(peak_bytes(os.getpid()) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for bucket in (_FEW, _MANY):
        done = subprocess.run([sys.executable, "-c", code, str(bucket)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    return (peaks[1] - peaks[0]) / 2**20


def _find(home: Path) -> None:
    with open(os.devnull, "wb") as nowhere:
        command = ["find", str(home / "buckets" / "ais" / _MANY.name), "-type", "f", "-printf", "%P %s\n"]
        subprocess.run(command, stdout=nowhere, check=True)


def _fill(home: Path) -> None:
    """Make the buckets: files, too, since find reads those. What is open is bounded."""
    assert shutil.disk_usage(home.parent).free > COUNT * 5_000
    store = Store(home)
    for bucket, count in ((_FEW, 10), (_MANY, COUNT)):
        store.create_bucket(bucket)
        for number in range(count):
            partial = store.begin(bucket, f"shard-{number:07d}.tar")
            partial.start(offset=0, validator="", size=6)
            partial.write(b"%06d" % number)
            committed = store.commit(partial)
            if number % 5_000 == 0 or number == count - 1:
                committed.result()
    store.close()
