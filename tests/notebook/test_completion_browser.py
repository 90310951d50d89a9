"""Tab and questions in a real page: JupyterLab asks the kernel, and shows what it says beside what it knows itself."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

import aisnb
from tests.notebook.lab import chromium, lab
from tests.notebook.test_progress_browser import RUN_ALL, keep_screenshot, open_notebook, wait_until, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

RUN_FIRST = """async () => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
TEXT = "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource()"
EMPTY = "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.setSource('')"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1100, "height": 900})


def type_afresh(page: Page, text: str) -> None:
    """Type in the second cell, and nothing else stands there."""
    page.evaluate(EMPTY)
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.type(text)


def offered(page: Page) -> list[str]:
    """Return what the page's list of completions shows."""
    return page.locator(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item .jp-Completer-match").all_inner_texts()


def open_list(page: Page) -> list[str]:
    """Press Tab if no list is open, and return what it shows: the page takes no answer that comes late."""
    if not offered(page):
        page.keyboard.press("Tab")
        page.wait_for_timeout(500)
    return offered(page)


def complete(page: Page, typed: str, wanted: str) -> None:
    """Press Tab behind `typed`, as often as a person would until names are there, and take the only offer."""

    def is_completed() -> bool:
        if page.evaluate(TEXT) == typed:
            page.keyboard.press("Tab")
            page.wait_for_timeout(500)
        return bool(page.evaluate(TEXT) == wanted)

    type_afresh(page, typed)
    wait_until(page, is_completed)


def test_tab_completes_words_flags_paths_and_names_in_jupyterlab(tmp_path: Path, page: Page) -> None:
    (tmp_path / "shard-001.tar").write_bytes(b"x")
    bucket = f"ais://tab-{uuid.uuid4().hex[:12]}"
    with aisnb.connect() as client:
        client.create(bucket)
        client.put(tmp_path / "shard-001.tar", bucket)
    notebook = write(tmp_path, "%load_ext aisnb", "")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_FIRST)
        type_afresh(page, "%ais sta")
        wait_until(page, lambda: open_list(page) == ["start", "status"])
        keep_screenshot(page, "completion")
        page.keyboard.press("Enter")
        wait_until(page, lambda: page.evaluate(TEXT) == "%ais start")
        complete(page, "job = %ais start down", "job = %ais start download")
        complete(page, "%ais wait --prog", "%ais wait --progress")
        complete(page, "%ais serve " + str(tmp_path / "noteb"), f"%ais serve {tmp_path}/notebooks/")
        complete(page, f"%ais ls {bucket[:-2]}", f"%ais ls {bucket}")
        complete(page, f"%ais get {bucket}/sh", f"%ais get {bucket}/shard-001.tar")


def test_questions_about_commands_are_answered_in_the_page(tmp_path: Path, page: Page) -> None:
    cells = ("%load_ext aisnb", "%ais?", "%ais help start prefetch", "%ais wait --help")
    typos = [f"try:\n    get_ipython().run_line_magic('ais', '{typo}')\nexcept Exception as error:\n    print(error)"
             for typo in ("prefech x", "ls --prefx x")]  # fmt: skip
    notebook = write(tmp_path, *cells, *typos, "%ais strat")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "Did you mean 'start'" in page.locator(".jp-Notebook").inner_text())
        keep_screenshot(page, "help")
        answers = [cell.locator(".jp-Cell-outputArea").inner_text() for cell in page.locator(".jp-CodeCell").all()]
        assert "start prefetch" in page.locator("body").inner_text()
        for answer, wanted in zip(
            answers[2:],
            ("--template", "--progress", "Did you mean 'prefetch'", "did you mean '--prefix'", "Did you mean 'start'"),
            strict=True,
        ):
            assert wanted in answer
