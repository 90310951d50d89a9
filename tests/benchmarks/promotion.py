"""A directory of this machine into a bucket (checksummed, renamed, indexed) against ``cp -r``, which only copies."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.downloads import DISK, SETS, SHORT, aisnb_stop
from tests.benchmarks.measuring import empty_files, interleaved, seconds, table
from tests.benchmarks.peers import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.benchmarks.downloads import Files

__all__ = ["SETS", "SHORT", "run"]  # main shortens the sets

_CHECKED, _UNCHECKED = "promote", "promote --no-checksum"
GOALS = {_CHECKED: 0.9, _UNCHECKED: 1.0}
#: As for downloads: after many files are removed, ext4 makes new ones ten times slower, for seconds.
_FEW = 64


def run(folder: Path, rounds: int) -> None:
    """Print a table for each set of files."""
    for title, files in SETS.items():
        place = folder / title.replace(" ", "")
        root = place / "source"
        root.mkdir(parents=True)
        for number in range(files.count):
            fill(root / f"f-{number:05d}", files.size)
        _compare(title, files, place, rounds)
        if files.count <= _FEW:
            shutil.rmtree(place)


def _compare(title: str, files: Files, place: Path, rounds: int) -> None:
    numbers = itertools.count()
    with aisnb.connect() as client:
        works: dict[str, Callable[[], float]] = {
            _CHECKED: lambda: _ours(client, place / "source", files, numbers, checksum=True),
            _UNCHECKED: lambda: _ours(client, place / "source", files, numbers, checksum=False),
            "cp -r": lambda: _theirs(place, files, numbers),
        }
        if files.count > _FEW:
            works[DISK] = lambda: empty_files(place / f"empty-{next(numbers)}", files.count)
        figures = interleaved(works, rounds)
    for ours, goal in GOALS.items():
        chosen = {name: values for name, values in figures.items() if name == ours or name not in GOALS}
        table(f"{title} of this machine: {ours}", chosen, ours, {"cp -r": goal})
    aisnb_stop()


def _ours(client: aisnb.Client, root: Path, files: Files, numbers: Iterator[int], *, checksum: bool) -> float:
    bucket = f"ais://promoted-{files.count}-{next(numbers)}"
    client.create(bucket)

    def promote() -> None:
        job = client.promote(root, bucket, checksum=checksum)
        assert job is not None
        job.wait()

    took = seconds(promote)
    assert client.summary(bucket)["size"].sum() == files.count * files.size
    if files.count <= _FEW:
        client.remove(bucket, yes=True)
    return took


def _theirs(place: Path, files: Files, numbers: Iterator[int]) -> float:
    target = place / f"copy-{next(numbers)}"
    took = seconds(lambda: subprocess.run(["cp", "-r", str(place / "source"), str(target)], check=True))
    if files.count <= _FEW:
        shutil.rmtree(target)
    return took
