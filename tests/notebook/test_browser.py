"""The first notebook as a new user sees it: JupyterLab in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.notebook.lab import PATIENCE, TOKEN, chromium, lab
from tests.notebook.test_progress_browser import DARK, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

NOTEBOOK = "01-copy-in-two-steps.ipynb"
READY = """name => {
    const widget = window.jupyterapp?.shell.currentWidget;
    return widget?.context?.isReady && widget.context.path === name
        && widget.sessionContext.session?.kernel?.status === 'idle';
}"""
RUN_CELL = """async index => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
RESTART = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()"
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


@pytest.mark.parametrize("app", ["lab", "notebook"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_by_cells_through_a_restart_then_by_the_form(tmp_path: Path, page: Page, app: str, theme: str) -> None:
    if "AISNB_SCREENSHOTS" not in os.environ and (app, theme) != ("notebook", "light"):
        pytest.skip("the others are for pictures")
    path = notebook_with_a_form(tmp_path)
    program = "jupyterlab" if app == "lab" else "notebook"
    with lab(path.parent, tmp_path, program=program, settings=DARK if theme == "dark" else {}) as address:
        where = "lab/tree" if app == "lab" else "notebooks"
        page.goto(f"{address}{where}/{path.name}?{'reset&' if app == 'lab' else ''}token={TOKEN}")
        page.wait_for_function(READY, arg=path.name, timeout=PATIENCE * 1000)
        started = next(index for index, text in enumerate(sources(page)) if "job = %ais start download" in text)
        for index in range(started + 1):
            page.evaluate(RUN_CELL, index)
        keep_screenshot(page, f"walk-before-restart-{app}-{theme}")
        page.evaluate(RESTART)
        page.evaluate(RUN_ALL)
        watch_bar(page)
        assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
        assert "shard-020.tar" in page.locator("table.dataframe").last.inner_text()
        keep_screenshot(page, f"walk-after-restart-{app}-{theme}")
        copy_by_the_form(page)
        keep_screenshot(page, f"walk-form-{app}-{theme}")


def notebook_with_a_form(folder: Path) -> Path:
    """Write the first notebook with a form at its end, where its user would add one."""
    notebook = nbformat.read(Path(__file__).parents[2] / "notebooks" / NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import aisnb\naisnb.forms.two_steps(directory)"))
    path = folder / "notebooks" / NOTEBOOK
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


def sources(page: Page) -> list[str]:
    """Return the text of each cell."""
    cells = "window.jupyterapp.shell.currentWidget.content.widgets"
    return [str(text) for text in page.evaluate(f"() => {cells}.map(cell => cell.model.sharedModel.getSource())")]


def copy_by_the_form(page: Page) -> None:
    form = page.locator(".aisnb-form-two-steps")
    form.get_by_role("button", name="Serve").click()
    wait_until(page, lambda: "Served at" in form.inner_text())
    form.get_by_label("Files").fill("shard-{001..020}.tar")
    form.get_by_label("Bucket").fill(f"ais://b-{uuid.uuid4().hex[:12]}")
    wait_until(page, lambda: "20 files: shard-001.tar … shard-020.tar" in form.inner_text())
    form.get_by_role("button", name="Start").click()
    wait_until(page, lambda: "20 of 20 files" in form.inner_text() and "Done." in form.inner_text())
