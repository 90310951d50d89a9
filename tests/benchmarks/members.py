"""Looking inside shards: how long it takes, and how much of them is read for it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import aisnb
from aisnb.units import human_size
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.benchmarks.peers import nginx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHARDS, MEMBERS, SIZE = 100, 100, 10_000
MANY = 100_000
LARGE, LARGE_SIZE = 16, 64 << 20
SHORT = {"SHARDS": 2, "MEMBERS": 3, "MANY": 100, "LARGE": 2}


def run(folder: Path, rounds: int) -> None:
    """Print the tables: many shards, one of very many members, one of large members; tarfile on local disk beside."""
    root = folder / "shards"
    root.mkdir()
    for number in range(SHARDS):
        _pack(root / f"s-{number:03d}.tar", MEMBERS, SIZE)
    _pack(root / "many.tar", MANY, 100)
    _pack(root / "large.tar", LARGE, LARGE_SIZE, sparse=True)
    template = f"s-{{000..{SHARDS - 1:03d}}}.tar"
    with aisnb.connect() as client, aisnb.serve(root) as server, nginx(root, folder / "nginx") as address:
        client.create("ais://members")
        client.download(f"{server.url}{template}", "ais://members", wait=True)
        client.download(f"{server.url}{{many,large}}.tar", "ais://members", wait=True)
        places = {"the node": "ais://members/", "aisnb serve": server.url} | ({"nginx": address} if address else {})
        for title, name in (
            (f"{SHARDS} shards of {MEMBERS} members of {human_size(SIZE)}", template),
            (f"one shard of {MANY:,} members", "many.tar"),
            (f"one shard of {LARGE} members of {human_size(LARGE_SIZE)}", "large.tar"),
        ):
            works = {f"from {place}": _timed(client, start + name) for place, start in places.items()}
            paths = sorted(root.glob("s-*.tar")) if "{" in name else [root / name]
            works["tarfile, on local files"] = lambda paths=paths: seconds(lambda: _by_tarfile(paths))  # type: ignore[misc]  # mypy and defaults
            table(title, interleaved(works, rounds), "from the node")
            for place, start in places.items():
                found = client.members(start + name)
                print(f"{place}: {human_size(found.attrs['received'])} read for {len(found):,} members")
            print(flush=True)
    aisnb_stop()


def _timed(client: aisnb.Client, place: str) -> Callable[[], float]:
    return lambda: seconds(lambda: client.members(place))


def _by_tarfile(paths: list[Path]) -> None:
    for path in paths:
        with tarfile.open(path) as archive:
            [(member.name, member.size, member.offset_data) for member in archive if member.isreg()]


def _pack(path: Path, count: int, size: int, *, sparse: bool = False) -> None:
    """Write a tar; a sparse one takes no room on disk, and reads as if it did."""
    with path.open("wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
        for number in range(count):
            entry = tarfile.TarInfo(f"{number:08d}.bin")
            entry.size = size
            if sparse:
                file.write(entry.tobuf())
                file.truncate(file.seek(size, io.SEEK_CUR))
            else:
                archive.addfile(entry, io.BytesIO(bytes(size)))
        archive.offset = file.tell()
