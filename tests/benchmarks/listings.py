"""Listing 100,000 objects into a DataFrame through the node, and expanding a million names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aisnb
from aisnb.store import Store
from aisnb.uris import Bucket
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 100_000
NAMES = "shard-{000000..999999}.tar"
SHORT = {"COUNT": 1_000, "NAMES": "shard-{000..999}.tar"}


def run(folder: Path, rounds: int) -> None:
    """Print both tables."""
    _fill(folder / "home")
    with aisnb.connect() as client:
        assert len(client.ls("ais://many")) == COUNT
        works = {"ls into a DataFrame": lambda: seconds(lambda: client.ls("ais://many"))}
        table(f"{COUNT:,} objects", interleaved(works, rounds), "ls into a DataFrame")
    aisnb_stop()
    _templates(rounds)


def _fill(home: Path) -> None:
    store = Store(home)
    bucket = Bucket("ais", "many")
    store.create_bucket(bucket)
    futures = []
    for number in range(COUNT):
        partial = store.begin(bucket, f"train/shard-{number:06d}.tar")
        partial.start(offset=0, validator="", size=6)
        partial.write(b"%06d" % number)
        futures.append(store.commit(partial))
    for future in futures:
        future.result()
    store.close()


def _templates(rounds: int) -> None:
    works = {"aisnb.Template": lambda: seconds(lambda: sum(1 for _ in aisnb.Template(NAMES)))}
    try:
        from braceexpand import braceexpand
    except ImportError:
        print("braceexpand is not installed: skipped.")
    else:
        works["braceexpand"] = lambda: seconds(lambda: sum(1 for _ in braceexpand(NAMES)))
    table(f"{len(aisnb.Template(NAMES)):,} names of a template", interleaved(works, rounds), "aisnb.Template")
