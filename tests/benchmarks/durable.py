"""What ``--durable`` costs: the same downloads and PUTs with it and without, on this machine's disk."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.benchmarks.peers import fill

if TYPE_CHECKING:
    from pathlib import Path

SETS = {"999 x 128 KiB": (999, 128 << 10), "16 x 32 MiB": (16, 32 << 20)}
_PUTS = 100
#: After so many removals ext4 makes new files ten times slower, for seconds: they stay.
_MANY = 100

SHORT = {"SETS": {"9 x 4 KiB": (9, 4 << 10)}, "_PUTS": 3}


def run(folder: Path, rounds: int) -> None:
    """Print a table for downloads of each set of files, and one for PUTs."""
    buckets = (f"ais://durable-{number}" for number in itertools.count())
    with aisnb.connect() as client:
        for title, (count, size) in SETS.items():
            source = folder / title.replace(" ", "")
            source.mkdir()
            for number in range(count):
                fill(source / f"f-{number:03d}", size)
            with aisnb.serve(source) as server:
                template = f"{server.url}f-{{000..{count - 1:03d}}}"

                def download(durable: bool, template: str = template, count: int = count) -> float:
                    bucket = next(buckets)
                    took = seconds(lambda: client.download(template, bucket, durable=durable, wait=True))
                    if count < _MANY:
                        client.remove(bucket, yes=True)
                    return took

                works = {"as usual": lambda: download(False), "durable": lambda: download(True)}
                table(f"download of {title}", interleaved(works, rounds), "as usual")
        client.create("ais://durable-puts")
        one = folder / "one"
        fill(one, 128 << 10)

        def puts(durable: bool) -> float:
            return seconds(
                lambda: [client.put(one, f"ais://durable-puts/{number}", durable=durable) for number in range(_PUTS)]
            )

        works = {"as usual": lambda: puts(False), "durable": lambda: puts(True)}
        table(f"{_PUTS} PUTs of 128 KiB, one after the other", interleaved(works, rounds), "as usual")
    aisnb_stop()
