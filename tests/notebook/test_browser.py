"""The first notebook as a new user sees it: JupyterLab in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.notebook.lab import PATIENCE, TOKEN, chromium, lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

NOTEBOOK = "01-copy-in-two-steps.ipynb"
READY = """name => {
    const widget = window.jupyterapp?.shell.currentWidget;
    return widget?.context?.isReady && widget.context.path === name
        && widget.sessionContext.session?.kernel?.status === 'idle';
}"""
RUN_ALL = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.done = true; }) }"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """JupyterLab with a copy of the notebook."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    shutil.copy(Path(__file__).parents[2] / "notebooks" / NOTEBOOK, notebooks)
    with lab(notebooks, tmp_path) as address:
        yield address


@pytest.fixture
def page() -> Iterator[Page]:
    """A page tall enough for the whole notebook."""
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1200, "height": 3200})


def keep_screenshot(page: Page, name: str) -> None:
    """Save what the page looks like, if AISNB_SCREENSHOTS names a directory."""
    if folder := os.environ.get("AISNB_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


def watch_bar(page: Page) -> set[str]:
    """Return the widths that the job's bar had until all cells were done."""
    widths, deadline = set[str](), time.monotonic() + PATIENCE
    bar = page.locator(".aisnb-job .progress-bar")
    while not page.evaluate("window.done === true"):
        assert time.monotonic() < deadline, page.locator(".jp-Notebook").inner_text()
        for style in bar.evaluate_all("bars => bars.map(bar => bar.getAttribute('style') || '')"):
            if found := re.search(r"width:\s*([\d.]+)%", style):
                if not widths:
                    keep_screenshot(page, "bar-begins")
                widths.add(found[1])
                if len(widths) == 12:
                    keep_screenshot(page, "bar-moves")
        page.wait_for_timeout(100)
    return widths


def test_the_first_notebook_runs_in_jupyterlab(address: str, page: Page) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{address}lab/tree/{NOTEBOOK}?reset&token={TOKEN}")
    page.wait_for_function(READY, arg=NOTEBOOK, timeout=PATIENCE * 1000)
    page.evaluate(RUN_ALL)
    widths = watch_bar(page)
    keep_screenshot(page, "all-done")

    assert len(widths) >= 4, widths
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator(".aisnb-job .progress-bar").count() == 0  # the line that stays took its place
    assert "20 files" in page.locator(".aisnb-job").last.inner_text()
    listing = page.locator("table.dataframe").last.inner_text()
    assert "shard-020.tar" in listing
    assert re.search(r"\d\.\d\dMiB", listing)
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
