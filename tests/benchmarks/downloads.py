"""Files from nginx into a bucket (checksummed, renamed, indexed) against downloaders that only write files."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.benchmarks.peers import DOWNLOADERS, nginx

if TYPE_CHECKING:
    from pathlib import Path

SETS = {"999 x 128 KiB": (999, 128 * 1024), "10,000 x 4 KiB": (10_000, 4096)}


def run(folder: Path, rounds: int) -> None:
    """Print a table for each set of files."""
    for title, (count, size) in SETS.items():
        root = folder / f"source-{count}"
        root.mkdir()
        for number in range(count):
            (root / f"f-{number:05d}").write_bytes(os.urandom(size))
        with nginx(root, folder / f"nginx-{count}") as address:
            if address:
                _compare(title, address, count, folder, rounds)


def _compare(title: str, address: str, count: int, folder: Path, rounds: int) -> None:
    links = [f"{address}f-{number:05d}" for number in range(count)]
    works = {"aisnb": lambda: _ours(client, f"{address}f-{{00000..{count - 1:05d}}}", count)}
    for name, (program, download) in DOWNLOADERS.items():
        if shutil.which(program):
            works[name] = lambda download=download: seconds(lambda: download(links, folder))
        else:
            print(f"{program} is not installed: skipped.")
    with aisnb.connect() as client:
        table(f"{title} from nginx", interleaved(works, rounds), "aisnb")
    aisnb_stop()


def _ours(client: aisnb.Client, template: str, count: int) -> float:
    took = seconds(lambda: client.download(template, "ais://bench").wait())
    assert len(client.ls("ais://bench")) == count
    client.remove("ais://bench", yes=True)
    return took


def aisnb_stop() -> None:
    """End the embedded node of this run."""
    from aisnb import background
    from aisnb.settings import read_settings

    background.stop(read_settings())
