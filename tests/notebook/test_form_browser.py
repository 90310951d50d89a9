"""The forms in a real page: JupyterLab, with a mouse and a keyboard."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.client.files import stop_servers
from tests.notebook.lab import chromium, lab
from tests.notebook.test_progress_browser import (
    DARK,
    RUN_ALL,
    SIZE,
    WIDGETS,
    keep_screenshot,
    open_notebook,
    shown,
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
RUN_CELL = """async index => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
RESTART = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """Two files, the second of which stalls in its middle until the source releases it."""
    with FaultySource() as source:
        source.add("/part-1", b"x" * SIZE)
        source.add("/part-2", b"x" * SIZE, etag='"1"', faults=[Fault(cut=SIZE // 2, by="stall")])
        yield source
        source.release()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1100, "height": 1200}) as context:
        yield context.new_page()


@pytest.fixture
def shards(tmp_path: Path) -> Iterator[Path]:
    """A directory of twenty shards."""
    directory = tmp_path / "shards"
    directory.mkdir()
    for number in range(1, 21):
        (directory / f"shard-{number:03d}.tar").write_bytes(b"x" * 1000 * number)
    yield directory
    stop_servers(everything=True)


@pytest.fixture
def bucket() -> str:
    return f"ais://b-{uuid.uuid4().hex[:12]}"


def field(page: Page, label: str) -> Locator:
    return page.locator(".aisnb-form").get_by_label(label)


def press(page: Page, label: str) -> None:
    page.locator(".aisnb-form").get_by_role("button", name=label).click()


def said(page: Page) -> str:
    """Return all that the form says."""
    return page.locator(".aisnb-form").inner_text()


def lines(page: Page) -> list[str]:
    """Return the lines to copy, as a click selects them."""
    page.locator(".aisnb-form-lines pre").click()
    return str(page.evaluate("() => getSelection().toString()")).strip().splitlines()


@pytest.mark.parametrize("theme", THEMES)
def test_both_steps_by_the_form(
    tmp_path: Path, page: Page, source: FaultySource, shards: Path, bucket: str, theme: str
) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    notebook = write(tmp_path, "%load_ext aisnb", "%ais form", f"%ais ls {bucket}", "6 * 7")
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        open_notebook(page, address)
        for index in (0, 1):
            page.evaluate(RUN_CELL, index)
        serve_and_preview(page, shards, theme)
        copy_and_list(page, bucket, theme)
        watch_a_slow_one(page, source, bucket, theme)
        see_a_failure(page, source, theme)
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()
    assert complaints == []


def serve_and_preview(page: Page, shards: Path, theme: str) -> None:
    wait_until(page, lambda: "The same in cells" in said(page))
    keep_screenshot(page, f"form-empty-{theme}")
    for label in ("Serve", "Start"):
        assert page.locator(".aisnb-form").get_by_role("button", name=label).is_disabled()
    field(page, "Directory").fill(f"{shards}-not")
    wait_until(page, lambda: f"%ais serve {shards}-not" in said(page))  # what still moves may be missed by a click
    press(page, "Serve")
    wait_until(page, lambda: "There is no directory" in said(page))
    keep_screenshot(page, f"form-no-directory-{theme}")
    field(page, "Directory").fill(str(shards))
    wait_until(page, lambda: "-not" not in said(page))
    press(page, "Serve")
    wait_until(page, lambda: "Served at http://127.0.0.1:" in said(page))
    field(page, "Files").press("End")
    page.keyboard.type("shard-{020..0")
    wait_until(page, lambda: "brace is not closed" in said(page))
    page.keyboard.type("01}.tar")
    wait_until(page, lambda: "starts after its end" in said(page))
    keep_screenshot(page, f"form-error-{theme}")
    field(page, "Files").fill("shard-{001..020}.tar")
    wait_until(page, lambda: "20 files: shard-001.tar … shard-020.tar" in said(page))


def copy_and_list(page: Page, bucket: str, theme: str) -> None:
    field(page, "Bucket").fill(bucket)
    wait_until(page, lambda: f"Into {bucket}" in said(page))
    keep_screenshot(page, f"form-preview-{theme}")
    serving, copying = lines(page)
    assert serving.startswith("%ais serve /")
    assert copying.startswith("%ais start download 'http://127.0.0.1:")
    assert copying.endswith(f"/shard-{{001..020}}.tar' {bucket}")
    press(page, "Start")
    wait_until(page, lambda: "20 of 20 files" in shown(page) and "Done." in said(page))
    page.evaluate(RUN_CELL, 2)
    wait_until(page, lambda: page.locator("table.dataframe").count() == 1)
    keep_screenshot(page, f"form-done-{theme}")
    assert "shard-020.tar" in page.locator("table.dataframe").inner_text()


def watch_a_slow_one(page: Page, source: FaultySource, bucket: str, theme: str) -> None:
    field(page, "Files").fill(source.url("/part-{1..2}"))
    field(page, "Bucket").fill(f"{bucket}/in/")
    press(page, "Start")
    wait_until(page, lambda: widths(page) == [75.0])
    keep_screenshot(page, f"form-running-{theme}")
    page.evaluate(RUN_CELL, 3)  # the kernel is free for it
    assert page.locator(".jp-OutputArea-executeResult").last.inner_text().strip().endswith("42")
    source.release()
    wait_until(page, lambda: widths(page) == [100.0] and "2 of 2 files" in shown(page))


def see_a_failure(page: Page, source: FaultySource, theme: str) -> None:
    field(page, "Files").fill(source.url("/missing-{1..2}"))
    press(page, "Start")
    wait_until(page, lambda: "2 of 2 files failed: in/missing-1, in/missing-2 (the source answered 404)" in said(page))
    keep_screenshot(page, f"form-failed-{theme}")
    source.add("/missing-1", b"found")
    source.add("/missing-2", b"found")
    press(page, "Retry failed")
    wait_until(page, lambda: "Done." in said(page))


@pytest.mark.parametrize("theme", THEMES)
def test_a_restart_in_the_middle_loses_nothing(
    tmp_path: Path, page: Page, shards: Path, bucket: str, theme: str
) -> None:
    slowly = (
        f"server = %ais serve {shards}\n%ais start download '{{server}}shard-{{001..020}}.tar' {bucket} --limit-bph 9MB"
    )
    notebook = write(tmp_path, "%load_ext aisnb", "%ais form", slowly)
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: bool(page.evaluate("window.done === true")))
        page.evaluate(RESTART)
        for index in (0, 1):
            page.evaluate(RUN_CELL, index)
        wait_until(page, lambda: "of 20 files" in shown(page) and "Served at" in said(page))
        assert field(page, "Directory").input_value() == str(shards)
        assert field(page, "Files").input_value().endswith("/shard-{001..020}.tar")
        assert field(page, "Bucket").input_value() == bucket
        assert page.locator(".aisnb-form").get_by_role("button", name="Start").is_disabled()
        press(page, "Stop")
        wait_until(page, lambda: "aborted" in shown(page))
        keep_screenshot(page, f"form-stopped-{theme}")
        assert page.locator(".aisnb-form").get_by_role("button", name="Start").is_enabled()


def test_a_directory_that_vanishes_while_it_is_served_is_said_in_the_form(
    tmp_path: Path, page: Page, shards: Path, bucket: str
) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"import aisnb\naisnb.forms.two_steps('{shards}', '', '{bucket}')")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "The same in cells" in said(page))
        press(page, "Serve")
        wait_until(page, lambda: "Served at" in said(page))
        shutil.rmtree(shards)
        field(page, "Files").fill("shard-{001..020}.tar")
        press(page, "Start")
        wait_until(page, lambda: "not there any more" in said(page))
        keep_screenshot(page, "form-vanished")


def test_odd_names_are_text_in_a_form(tmp_path: Path, page: Page) -> None:
    odd = "<img src=x onerror='window.hacked = true'>\u202e$HOME {bucket} 'quoted' \"too\" `&amp; שלום 🦜"
    cells = "import aisnb\naisnb.forms.two_steps(ODD, f'http://127.0.0.1:9/{{1..2}}{ODD}', 'ais://abc/' + ODD)"
    notebook = write(tmp_path, "%load_ext aisnb", f"ODD = {odd!r}\n{cells}", "aisnb.forms.for_command('get')")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(
            page, lambda: "Into ais://abc, below <img src=x" in page.locator(".aisnb-form-two-steps").inner_text()
        )
        wait_until(page, lambda: page.locator(".aisnb-form-get").count() == 1)
        keep_screenshot(page, "form-odd-names")
        assert page.locator(".aisnb-form img").count() == 0
        assert page.evaluate("window.hacked") is None


def test_the_form_of_one_command_runs_it_and_shows_its_value(tmp_path: Path, page: Page, shards: Path) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", "%ais form serve")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        form = page.locator(".aisnb-form-serve")
        form.get_by_label("Directory").fill(str(shards))
        wait_until(page, lambda: "20 files, 205.08KiB" in form.inner_text())
        form.get_by_role("button", name="Serve").click()
        wait_until(page, lambda: f"Serving {shards}" in form.inner_text())
        form.get_by_text("Options").click()
        form.get_by_label("Port").fill("many")
        wait_until(page, lambda: "is not a number" in form.inner_text())
        keep_screenshot(page, "form-serve")
        assert form.get_by_role("button", name="Serve").is_disabled()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("program", ["jupyterlab", "notebook"])
def test_a_form_says_the_total_and_becomes_a_cell_by_a_click(
    tmp_path: Path, page: Page, shards: Path, bucket: str, program: str, theme: str
) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", "%ais form download", "6 * 7")
    settings = DARK if theme == "dark" else {}
    with lab(notebook.parent, tmp_path, program=program, settings=settings) as address:
        open_notebook(page, address, "lab/tree" if program == "jupyterlab" else "notebooks")
        for index in (0, 1):
            page.evaluate(RUN_CELL, index)
        form = page.locator(".aisnb-form-start-download")
        form.get_by_label("Source").fill(f"{aisnb.serve(shards).url}shard-{{001..022}}.tar")
        form.get_by_label("Destination").fill(bucket)
        wait_until(page, lambda: "20 files of 22 at the source, 205.08KiB; 2 missing" in form.inner_text())
        (line,) = lines(page)
        form.get_by_text("Options").click()
        labels = form.locator(".widget-label:visible")
        wait_until(page, lambda: "Download timeout" in labels.all_inner_texts())
        assert [text for text in labels.all() if text.evaluate("label => label.scrollWidth > label.clientWidth")] == []
        keep_screenshot(page, f"form-options-{program}-{theme}")
        form.get_by_text("Options").click()
        form.get_by_role("button", name="Insert as a cell").click()
        wait_until(page, lambda: page.evaluate(CELLS) == ["%load_ext aisnb", "%ais form download", line, "6 * 7"])
        keep_screenshot(page, f"form-inserted-{program}-{theme}")
        page.evaluate(RUN_CELL, 2)
        wait_until(page, lambda: "Job dnl-" in page.locator(".jp-CodeCell").nth(2).inner_text())


def test_a_page_without_widgets_shows_the_form_as_text(tmp_path: Path, page: Page) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", "%ais form")
    with lab(notebook.parent, tmp_path, disabled=[WIDGETS]) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "%ais start download SOURCE DESTINATION" in page.locator(".jp-Notebook").inner_text())
        keep_screenshot(page, "form-without-widgets")
        assert "ipywidgets installed" in page.locator(".jp-Notebook").inner_text()
