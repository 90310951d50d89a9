"""A table of 10,000 rows in a real page: until it is there, and what a sort, a search and another page take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tests.benchmarks.measuring import interleaved, seconds, table
from tests.notebook.lab import chromium, find_chromium

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

ROWS = 10_000
SHORT = {"ROWS": 200}
_ROW = ".aisnb-interactive table.dataTable tbody tr"


def run(folder: Path, rounds: int) -> None:
    """Print the table; sort, search and page are to be below 0.1 s, which nobody feels."""
    if find_chromium() is None:
        print("no Chromium is installed: skipped")
        return
    file = folder / "table.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><body>{_page()}</body>")
    with chromium() as browser:
        page = browser.new_page()

        def opened() -> None:
            page.goto(file.as_uri())
            page.wait_for_selector(_ROW)

        opened()
        works = {
            "open": lambda: seconds(opened),
            "sort by size": lambda: _until_painted(page, "document.querySelectorAll('.dt-column-order')[1].click()"),
            "search": lambda: _until_painted(page, _TYPED.format("0099")),
            "search no more": lambda: _until_painted(page, _TYPED.format("")),
            "another page": lambda: _until_painted(page, "document.querySelector('button.next').click()"),
        }
        table(f"ls --interactive, {ROWS:,} rows", interleaved(works, rounds), "open")


_TYPED = (
    "const field = document.querySelector('input[type=search]'); field.value = '{}';"
    " field.dispatchEvent(new Event('input', {{bubbles: true}}))"
)


def _page() -> str:
    from aisnb.explore.interactive import InteractiveTable

    names = [f"train/shard-{number:06d}.tar" for number in range(ROWS)]
    return InteractiveTable(pd.DataFrame({"name": names, "size": range(ROWS, 0, -1)}))._repr_html_()


def _until_painted(page: Page, program: str) -> float:
    """Return the seconds from before `program` runs until the page is painted again, as the page's clock has it."""
    took: float = page.evaluate(
        """program => new Promise(done => {
            const start = performance.now();
            new Function(program)();
            requestAnimationFrame(() => setTimeout(() => done((performance.now() - start) / 1000)));
        })""",
        program,
    )
    return took
