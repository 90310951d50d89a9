"""The bucket browser over 1,000,000 objects: until its first page is there, further pages, names found, all counted.

The first page also in JupyterLab, from the key that runs the cell until its rows can be seen, where a Chromium is.
"""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from typing import TYPE_CHECKING

import aisnb
from aisnb.client import portal
from aisnb.client.levels import parse_place
from aisnb.notebook.browser import Browser
from aisnb.notebook.browser.browser import ROWS
from aisnb.store import Store
from aisnb.uris import Bucket
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.notebook.lab import chromium, find_chromium, lab
from tests.notebook.test_form_browser import RUN_CELL
from tests.notebook.test_progress_browser import open_notebook, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 1_000_000
SHORT = {"COUNT": 2_000, "IN_A_PAGE": False}
IN_A_PAGE = True
FLAT, DEEP = Bucket("ais", "flat"), Bucket("ais", "deep")


def run(folder: Path, rounds: int) -> None:
    """Print the tables; a first page shall be there in a second."""
    home = folder / "home"
    fill(home, FLAT, "printf('shard-%07d.tar', n)")
    fill(home, DEEP, "printf('%04d/%07d.jpg', n / 1000, n)")
    with aisnb.connect() as client:
        client.buckets()
        works: dict[str, Callable[[], float]] = {
            f"{what}, {bucket.name}": lambda bucket=bucket, do=do: timed(bucket, do)  # type: ignore[misc]  # defaults
            for bucket in (FLAT, DEEP)
            for what, do in _WORKS.items()
        }
        table(f"{COUNT:,} objects", interleaved(works, rounds), "first page, flat")
        _stay_free()
        if IN_A_PAGE:
            _in_a_page(folder, rounds)
    aisnb_stop()


def fill(home: Path, bucket: Bucket, name: str) -> None:
    """Write objects into the index of a data root that nobody uses; there are no files of them.

    Args:
        home: the data root.
        bucket: which is made.
        name: makes names, in SQL, of ``n``.
    """
    store = Store(home)
    store.create_bucket(bucket)
    with store.database.transaction() as connection:
        connection.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
            f"INSERT INTO objects SELECT ?, {name}, 1000, '', 0, 1, '', 0, 0 FROM numbers",
            (COUNT - 1, store.table.number(bucket)),
        )
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
}


def _stay_free() -> None:
    """Print how long a search of all names takes, and how long it holds up a cell's thread and the portal's loop."""
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
    took = seconds(lambda: _search(browser))
    over.set()
    thread.join()
    browser.close()
    print(f"A search of all names: {took:.2f} s\n")
    print("| while all names are searched | median ms late | max ms late |\n|---|---|---|")
    for who, times in late.items():
        print(f"| {who} | {statistics.median(times) * 1000:.1f} | {max(times) * 1000:.1f} |")


def _in_a_page(folder: Path, rounds: int) -> None:
    """Print how long a cell takes in JupyterLab until the first names can be seen."""
    if find_chromium() is None:
        print("No Chromium is installed: the page is skipped.")
        return
    cells = (
        "%load_ext aisnb",
        "import aisnb\naisnb.connect().buckets()",
        *(f"aisnb.browse('{bucket}')" for bucket in (FLAT, DEEP)),
    )
    notebook = write(folder, *cells)
    with lab(notebook.parent, folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        open_notebook(page, address)
        for index in (0, 1):
            page.evaluate(RUN_CELL, index)
        figures = {
            f"first page in JupyterLab, {bucket.name}": [page.evaluate(_UNTIL_SEEN, index) for _ in range(rounds)]
            for index, bucket in enumerate((FLAT, DEEP), 2)
        }
    table("In a page", figures, "first page in JupyterLab, flat")


#: Runs a cell, and returns the seconds until a row of a new browser has been painted.
_UNTIL_SEEN = """async index => {
    document.querySelectorAll('.aisnb-browser-frame').forEach(old => old.classList.add('old'));
    const begun = performance.now();
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    window.jupyterapp.commands.execute('notebook:run-cell');
    const rows = '.aisnb-browser-frame:not(.old) .aisnb-browser-names button';
    while (!document.querySelector(rows)?.innerText) {
        if (performance.now() - begun > 60_000) throw new Error('no row has come');
        await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    return (performance.now() - begun) / 1000;
}"""
