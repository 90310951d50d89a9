"""The form on a page without cells: Voila. It shows a page once all cells have run, so no form may keep one busy."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.notebook.lab import chromium, voila
from tests.notebook.test_progress_browser import SIZE, keep_screenshot, shown, wait_until, widths, write
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytest.importorskip("voila", reason="Voila is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1100, "height": 900})


def test_the_form_copies_in_voila(tmp_path: Path, page: Page) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", "%ais form")
    with FaultySource() as source, voila(notebook, tmp_path) as address:
        source.add("/part-1", b"x" * SIZE)
        source.add("/part-2", b"x" * SIZE, etag='"1"', faults=[Fault(cut=SIZE // 2, by="stall")])
        page.goto(address)
        form = page.locator(".aisnb-form-two-steps")
        form.get_by_label("Files").fill(source.url("/part-{1..2}"))
        wait_until(page, lambda: "2 files: part-1 … part-2" in form.inner_text())
        form.get_by_label("Bucket").fill(f"ais://b-{uuid.uuid4().hex[:12]}")
        form.get_by_role("button", name="Start").click()
        wait_until(page, lambda: widths(page) == [75.0])
        keep_screenshot(page, "form-voila")
        source.release()
        wait_until(page, lambda: widths(page) == [100.0] and "2 of 2 files" in shown(page))
        assert form.get_by_role("button", name="Insert as a cell").count() == 0  # there are none
