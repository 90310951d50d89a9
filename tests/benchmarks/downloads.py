"""Files from nginx into a bucket (checksummed, renamed, indexed) against downloaders that only write files."""

from __future__ import annotations

import itertools
import shutil
import statistics
from typing import TYPE_CHECKING, NamedTuple

import aisnb
from tests.benchmarks.measuring import bounds, empty_files, interleaved, seconds, table
from tests.benchmarks.peers import DOWNLOADERS, fill, nginx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Files(NamedTuple):
    """A set of files to download, and options of aria2c for it."""

    count: int
    size: int
    aria2c: tuple[str, ...] = ("-j16", "-x1")


SETS = {
    "999 x 128 KiB": Files(999, 128 << 10),
    "10,000 x 4 KiB": Files(10_000, 4 << 10),
    "64 x 32 MiB": Files(64, 32 << 20),
    "1 x 2 GiB": Files(1, 2 << 30, ("-x8", "-s8", "-k32M")),
}
CURL, ARIA2C = "curl -Z, 16 at once", "aria2c"
GOALS = {
    "999 x 128 KiB": {CURL: 1.1, ARIA2C: 2.2},
    "10,000 x 4 KiB": {CURL: 1.0, ARIA2C: 3.3},
    "64 x 32 MiB": {CURL: 2.0, ARIA2C: 2.5},
    "1 x 2 GiB": {CURL: 1.3, ARIA2C: 2.0},
}
_NGINX, _OURS = "aisnb", "aisnb, from aisnb serve"
MOST_TIMES = 1 / 0.9
SHORT = {"SETS": {"9 x 128 KiB": Files(9, 128 << 10), "2 x 4 MiB": Files(2, 4 << 20)}}
#: Many files are removed when all is measured: for seconds after it, ext4 makes new ones ten times slower.
_FEW = 64
#: Shows whether it did: below 50 µs a file is usual, 200 µs and more are that phase.
DISK = "the disk: as many empty files"


def run(folder: Path, rounds: int) -> None:
    """Print a table for each set of files."""
    for title, files in SETS.items():
        place = folder / title.replace(" ", "")
        root = place / "source"
        root.mkdir(parents=True)
        for number in range(files.count):
            fill(root / f"f-{number:05d}", files.size)
        with nginx(root, place / "nginx") as address:
            if address:
                _compare(title, files, address, place, rounds)
        aisnb_stop()
        if files.count <= _FEW:
            shutil.rmtree(place)


def _compare(title: str, files: Files, address: str, place: Path, rounds: int) -> None:
    names = f"f-{{00000..{files.count - 1:05d}}}"
    links = [f"{address}f-{number:05d}" for number in range(files.count)]
    folders = (place / str(number) for number in itertools.count())
    buckets = (f"ais://bench-{files.count}-{number}" for number in itertools.count())
    with aisnb.connect() as client, aisnb.serve(place / "source") as server:
        works: dict[str, Callable[[], float]] = {
            _NGINX: lambda: _ours(client, address + names, files.count, buckets),
            _OURS: lambda: _ours(client, server.url + names, files.count, buckets),
        }
        for name, (program, download) in DOWNLOADERS.items():
            if shutil.which(program):
                works[name] = lambda download=download: _theirs(download, links, next(folders), files)
            else:
                print(f"{program} is not installed: skipped.")
        if files.count > _FEW:
            works[DISK] = lambda: empty_files(next(folders), files.count)
        figures = interleaved(works, rounds)
        table(f"{title} from nginx", figures, _NGINX, GOALS.get(title))
        times = statistics.median(figures[_OURS]) / statistics.median(figures[_NGINX])
        bounds("Our own file server in nginx' place", {"times as long": (times, MOST_TIMES, "x")})


def _ours(client: aisnb.Client, template: str, count: int, buckets: Iterator[str]) -> float:
    bucket = next(buckets)
    took = seconds(lambda: client.download(template, bucket).wait())
    assert len(client.ls(bucket)) == count
    if count <= _FEW:
        client.remove(bucket, yes=True)
    return took


def _theirs(download: Callable[..., None], links: list[str], target: Path, files: Files) -> float:
    target.mkdir()
    took = seconds(lambda: download(links, target, files.aria2c))
    assert sum(path.stat().st_size == files.size for path in target.iterdir()) == files.count
    if files.count <= _FEW:
        shutil.rmtree(target)
    return took


def aisnb_stop() -> None:
    """End the embedded node of this run."""
    from aisnb import background
    from aisnb.settings import read_settings

    background.stop(read_settings())
