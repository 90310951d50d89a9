"""The table of jobs in real pages: JupyterLab and Voila, with a mouse and a keyboard."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest

import aisnb
from tests.notebook.lab import chromium, lab, voila
from tests.notebook.test_form_browser import RESTART, RUN_CELL
from tests.notebook.test_progress_browser import (
    DARK,
    RUN_ALL,
    SAVE,
    WIDGETS,
    keep_screenshot,
    open_notebook,
    wait_until,
    widths,
    write,
)
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

#: The second one is for pictures.
THEMES = ["light", "dark"] if os.environ.get("AISNB_SCREENSHOTS") else ["light"]
BARS = ".aisnb-jobs-grid .progress-bar"
#: At this rate the job takes a minute and a half.
SLOWLY = "--limit-bph 216MB"
FILES, SIZE = 60, 100_000

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """Sixty files."""
    with FaultySource() as source:
        for number in range(1, FILES + 1):
            source.add(f"/part-{number:02d}.tar", b"x" * SIZE, etag='"1"')
        yield source
        source.release()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1200, "height": 1100}) as context:
        yield context.new_page()


@pytest.fixture
def bucket() -> Iterator[str]:
    """A bucket's name; only the jobs of this test are on the list."""
    with aisnb.connect() as client:
        for job in client.jobs()["id"]:
            client.job(job).stop()
            client.forget(job)
        yield f"ais://b-{uuid.uuid4().hex[:12]}"
        for job in client.jobs()["id"]:
            client.job(job).stop()


def start(source: FaultySource, bucket: str) -> str:
    return f"job = %ais start download '{source.url('/part-{01..60}.tar')}' {bucket} {SLOWLY}"


def board(page: Page) -> Locator:
    return page.locator(".aisnb-jobs-board")


def said(page: Page) -> str:
    """Return all that the table says."""
    return board(page).inner_text()


def press(page: Page, label: str) -> None:
    board(page).get_by_role("button", name=label, exact=True).click()


def is_possible(page: Page, label: str) -> bool:
    return board(page).get_by_role("button", name=label, exact=True).is_enabled()


def slide(page: Page, label: str, key: str, times: int) -> None:
    """Move a slider by the keyboard."""
    handle = board(page).locator(".widget-slider", has_text=label).locator(".noUi-handle")
    handle.focus()
    for _ in range(times):
        page.keyboard.press(key)


@pytest.mark.parametrize("theme", THEMES)
def test_a_job_is_seen_paused_limited_stopped_and_retried(
    tmp_path: Path, page: Page, source: FaultySource, bucket: str, theme: str
) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    failing = f"%ais start download '{source.url('/missing-{1..25}.tar')}' {bucket}/in/"
    notebook = write(tmp_path, "%load_ext aisnb", "%ais jobs", start(source, bucket), failing, "6 * 7")
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        open_notebook(page, address)
        for index in (0, 1):
            page.evaluate(RUN_CELL, index)
        wait_until(page, lambda: "No jobs yet" in said(page))
        keep_screenshot(page, f"jobs-none-{theme}")
        page.evaluate(RUN_CELL, 2)
        see_it_move(page, theme)
        pause_and_resume(page, theme)
        limit_it(page, theme)
        page.evaluate(RUN_CELL, 3)
        retry_what_failed(page, source, theme)
        page.evaluate(RUN_CELL, 4)  # the kernel is free for it
        assert page.locator(".jp-OutputArea-executeResult").last.inner_text().strip().endswith("42")
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()
    assert complaints == []


def see_it_move(page: Page, theme: str) -> None:
    seen = set[float]()
    wait_until(page, lambda: bool(widths(page, BARS)))

    def has_moved() -> bool:
        seen.update(widths(page, BARS))
        return len(seen) >= 4

    wait_until(page, has_moved)
    board(page).locator(".aisnb-jobs-grid button").first.focus()
    page.keyboard.press("Enter")
    wait_until(page, lambda: "Speed limit" in said(page) and "part-0" in said(page))
    keep_screenshot(page, f"jobs-running-{theme}")


def pause_and_resume(page: Page, theme: str) -> None:
    press(page, "Pause")
    wait_until(page, lambda: is_possible(page, "Resume") and "paused" in said(page))
    keep_screenshot(page, f"jobs-paused-{theme}")
    assert not is_possible(page, "Pause")
    press(page, "Resume")
    wait_until(page, lambda: is_possible(page, "Pause"))


def limit_it(page: Page, theme: str) -> None:
    assert "58.59KiB/s" in said(page)
    slide(page, "Connections", "ArrowRight", 3)
    wait_until(page, lambda: page.evaluate(CONNECTIONS) == "3")
    slide(page, "Speed limit", "End", 1)
    wait_until(page, lambda: "no limit" in said(page) and f"{FILES} of {FILES} files" in said(page))
    wait_until(page, lambda: "The job has ended. It had no limit of speed, 3 connections." in said(page))
    keep_screenshot(page, f"jobs-finished-{theme}")
    assert not is_possible(page, "Stop")


def retry_what_failed(page: Page, source: FaultySource, theme: str) -> None:
    wait_until(page, lambda: "25 failed" in said(page))
    board(page).locator(".aisnb-jobs-grid button").first.click()
    wait_until(page, lambda: "1–10 of 25 failed files" in said(page) and "missing-1.tar" in said(page))
    press(page, "Next ›")
    wait_until(page, lambda: "11–20 of 25 failed files" in said(page) and "missing-11.tar" in said(page))
    keep_screenshot(page, f"jobs-failed-{theme}")
    source.add("/missing-1.tar", b"xx", faults=[Fault(cut=1, by="stall")])
    press(page, "Retry failed")
    wait_until(page, lambda: "tries again what failed" in said(page) and is_possible(page, "Stop"))
    press(page, "Stop")
    wait_until(page, lambda: "aborted" in said(page))
    keep_screenshot(page, f"jobs-stopped-{theme}")
    board(page).get_by_label("Show").select_option(label="with failures")
    board(page).get_by_label("Find").fill("part")
    wait_until(page, lambda: "No job is like that" in said(page))
    board(page).get_by_label("Find").fill("MISSING")
    wait_until(page, lambda: "25 failed" in said(page) and "part-" not in said(page))


def test_a_restarted_kernel_finds_the_jobs_again_and_a_new_run_ends_the_old(
    tmp_path: Path, page: Page, source: FaultySource, bucket: str
) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", start(source, bucket), "%ais jobs", TASKS)
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "running" in said(page) and bool(page.evaluate("window.done === true")))
        page.evaluate(RESTART)
        for index in (0, 2, 2, 2, 3):
            page.evaluate(RUN_CELL, index)
        wait_until(page, lambda: board(page).count() == 1 and is_possible(page, "Stop"))
        wait_until(page, lambda: "part-" in said(page))
        assert page.locator(".jp-OutputArea-executeResult").last.inner_text().strip().endswith("1")
        page.evaluate(SAVE)
        open_notebook(page, address)  # the page is loaded again, the kernel stays
        wait_until(page, lambda: board(page).count() == 1 and is_possible(page, "Stop"))
        press(page, "Stop")
        wait_until(page, lambda: "aborted" in said(page))


def test_odd_names_are_text_and_a_job_that_is_removed_is_said(
    tmp_path: Path, page: Page, source: FaultySource, bucket: str
) -> None:
    odd = "<img src=x onerror='window.hacked = true'>\u202e<script>window.hacked = true</script> 'a' \"b\" &amp; 🦜"
    with aisnb.connect() as client:
        job = client.download(source.url("/missing.tar"), bucket, description=odd)
        client.download([source.url(f"/{odd}")], f"{bucket}/odd/", object_names=[odd.replace("/", "")])
        notebook = write(tmp_path, "import aisnb\naisnb.jobs_widget('faults')")
        with lab(notebook.parent, tmp_path) as address:
            open_notebook(page, address)
            page.evaluate(RUN_ALL)
            wait_until(page, lambda: "2 jobs" in said(page) and "1 failed file" in said(page))
            wait_until(page, lambda: "missing.tar" in said(page) or "<script>" in said(page))
            board(page).locator(".aisnb-jobs-grid button").nth(1).click()
            wait_until(page, lambda: "'http" in said(page) and f"download {job.id}" in said(page))
            keep_screenshot(page, "jobs-odd-names")
            assert board(page).locator("img, script").count() == 0
            assert page.evaluate("window.hacked") is None
            client.forget(job.id)
            wait_until(
                page, lambda: f"Job {job.id} is not on the list any more" in said(page) and "1 job" in said(page)
            )


def test_a_page_without_widgets_shows_the_table_as_show_job_does(
    tmp_path: Path, page: Page, source: FaultySource, bucket: str
) -> None:
    notebook = write(
        tmp_path, "%load_ext aisnb", start(source, bucket), "%ais jobs", "import aisnb\naisnb.jobs_widget()"
    )
    with lab(notebook.parent, tmp_path, disabled=[WIDGETS]) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: page.locator(".aisnb-jobs table.dataframe").count() == 2)
        keep_screenshot(page, "jobs-without-widgets")
        assert "part-{01..60}.tar" in page.locator(".aisnb-jobs").first.inner_text()


def test_the_table_in_notebook_7(tmp_path: Path, page: Page, source: FaultySource, bucket: str) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", start(source, bucket), "%ais jobs")
    with lab(notebook.parent, tmp_path, program="notebook") as address:
        open_notebook(page, address, "notebooks")
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: any(width > 0 for width in widths(page, BARS)) and is_possible(page, "Pause"))
        press(page, "Pause")
        wait_until(page, lambda: is_possible(page, "Resume"))
        keep_screenshot(page, "jobs-notebook-7")


def test_the_table_in_voila(tmp_path: Path, page: Page, source: FaultySource, bucket: str) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"{start(source, bucket)};", "%ais jobs")
    with voila(notebook, tmp_path) as address:
        page.goto(address)
        wait_until(page, lambda: bool(widths(page, BARS)))
        seen = set[float]()

        def has_moved() -> bool:
            seen.update(widths(page, BARS))
            return len(seen) >= 3

        wait_until(page, has_moved)
        keep_screenshot(page, "jobs-voila")
        press(page, "Pause")
        wait_until(page, lambda: is_possible(page, "Resume"))
        press(page, "Resume")
        wait_until(page, lambda: is_possible(page, "Pause"))
        slide(page, "Speed limit", "End", 1)
        wait_until(page, lambda: f"{FILES} of {FILES} files" in said(page))


#: How many tables look at jobs in this kernel.
TASKS = """import asyncio
from aisnb.client import portal
sum('_look_on' in repr(task) for task in asyncio.all_tasks(portal.current().loop))"""
CONNECTIONS = """() => [...document.querySelectorAll('.aisnb-jobs-board .widget-slider')]
    .find(slider => slider.innerText.includes('Connections')).querySelector('.widget-readout').innerText"""
