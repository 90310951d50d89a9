"""The bucket browser over 1,000,000 objects: until its first page is there, further pages, names found, all counted."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING

import aisnb
from aisnb.client import portal
from aisnb.client.levels import parse_place
from aisnb.notebook.browser import Browser
from aisnb.notebook.browser.browser import ROWS
from aisnb.store import Store, index
from aisnb.store.records import ObjectRecord
from aisnb.uris import Bucket
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COUNT = 1_000_000
SHORT = {"COUNT": 2_000}
_AT_ONCE = 20_000
FLAT, DEEP = Bucket("ais", "flat"), Bucket("ais", "deep")


def run(folder: Path, rounds: int) -> None:
    """Print the tables; a first page shall be there in a second."""
    home = folder / "home"
    fill(home, FLAT, (f"shard-{number:07d}.tar" for number in range(COUNT)))
    fill(home, DEEP, (f"{number // 1_000:04d}/{number:07d}.jpg" for number in range(COUNT)))
    with aisnb.connect() as client:
        client.buckets()
        works: dict[str, Callable[[], float]] = {
            f"{what}, {bucket.name}": lambda bucket=bucket, do=do: timed(bucket, do)  # type: ignore[misc]  # defaults
            for bucket in (FLAT, DEEP)
            for what, do in _WORKS.items()
        }
        table(f"{COUNT:,} objects", interleaved(works, rounds), "first page, flat")
        _stay_free()
    aisnb_stop()


def fill(home: Path, bucket: Bucket, names: Iterator[str]) -> None:
    """Write names into the index of a data root that nobody uses; there are no files of them."""
    store = Store(home)
    store.create_bucket(bucket)
    number = store.table.number(bucket)
    records = (ObjectRecord(name, 1_000, "", 0, 1, {}, 0, 0) for name in names)
    with store.database.transaction() as connection:
        while some := list(islice(records, _AT_ONCE)):
            index.put(connection, number, some)
    store.close()


def timed(bucket: Bucket, work: Callable[[Browser], object] | None) -> float:
    """Return the seconds of what is done in a browser of the bucket; None: until it shows its first page."""
    made = list[Browser]()
    opening = seconds(lambda: made.append(aisnb.browse(str(bucket))))
    try:
        return opening if work is None else seconds(lambda: work(made[0]))
    finally:
        made[0].close()


def _count(browser: Browser) -> None:
    portal.run(browser._errands.wait("count", 600.0))
    assert parse_place(browser.place)[0] in browser._table.sums


def _turn(browser: Browser) -> None:
    portal.run(browser._show_page(ROWS))


def _find(browser: Browser) -> None:
    portal.run(browser._search("shard-07" if "flat" in browser.place else "07", "begins"))


def _search(browser: Browser) -> None:
    portal.run(browser._search("99999", "contains"))


_WORKS: dict[str, Callable[[Browser], object] | None] = {
    "first page": None,
    "all of it counted, after that": _count,
    "another page": _turn,
    "names that begin so (0.15 s of it waits for more keys)": _find,
    "a search of all names": _search,
}


def _stay_free() -> None:
    """Print how long a cell's thread and the portal's loop were held up while all names were searched."""
    browser = aisnb.browse(str(FLAT))
    late = {"thread": [0.0], "loop": [0.0]}
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            begun = time.perf_counter()
            time.sleep(0.005)
            late["thread"].append(time.perf_counter() - begun - 0.005)

    async def tick_there() -> None:
        while not over.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.005)
            late["loop"].append(time.perf_counter() - begun - 0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    portal.launch(tick_there())
    _search(browser)
    over.set()
    thread.join()
    browser.close()
    print("| while all names are searched | median ms late | max ms late |\n|---|---|---|")
    for who, times in late.items():
        print(f"| {who} | {statistics.median(times) * 1000:.1f} | {max(times) * 1000:.1f} |")
