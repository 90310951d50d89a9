"""A job's progress and our tables in real pages: JupyterLab, Notebook 7 and Voila; loaded again, stored, odd names."""

from __future__ import annotations

import os
import re
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from aisnb.units import printable
from tests.notebook.lab import PATIENCE, TOKEN, chromium, lab, voila
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

NAME = "progress.ipynb"
READY = """name => {
    const widget = window.jupyterapp?.shell.currentWidget;
    return widget?.context?.isReady && widget.context.path === name
        && widget.sessionContext.session?.kernel?.status === 'idle';
}"""
RUN_ALL = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.done = true; }) }"
SAVE = "() => window.jupyterapp.shell.currentWidget.context.save()"
WIDGETS = "@jupyter-widgets/jupyterlab-manager"
DARK = {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark", "theme-scrollbars": True}}
STORED_BARS = ".aisnb-stored span[style*='width: ']"
SIZE = 1_000_000
LAST_LINE = re.compile(r"dnl-\S+: 4 files, 3\.81MiB in \d+:\d\d")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """Four files of 1 MB: three that come slowly, and one that stalls in its middle until the source releases it."""
    with FaultySource() as source:
        for number in (1, 2, 3):
            source.add(f"/part-{number}", b"x" * SIZE)
        source.add("/part-4", b"x" * SIZE, etag='"1"', faults=[Fault(cut=SIZE // 2, by="stall")])
        yield source
        source.release()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1200, "height": 1500}) as context:
        yield context.new_page()


def write(folder: Path, *cells: str) -> Path:
    """Write a notebook of these cells into a directory of its own, and return its path."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "notebooks" / NAME
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


def download(source: FaultySource) -> str:
    return f"%ais start download {source.url('/')}part-{{1..4}} ais://b-{uuid.uuid4().hex[:12]}/in/ --limit-bph 6GB"


def open_notebook(page: Page, address: str, where: str = "lab/tree") -> None:
    page.goto(f"{address}{where}/{NAME}?{'reset&' if where == 'lab/tree' else ''}token={TOKEN}")
    page.wait_for_function(READY, arg=NAME, timeout=PATIENCE * 1000)


def keep_screenshot(page: Page, name: str) -> None:
    """Save what the page looks like, if AISNB_SCREENSHOTS names a directory."""
    if folder := os.environ.get("AISNB_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, page.locator("body").inner_text()
        page.wait_for_timeout(100)


def widths(page: Page, bars: str = ".aisnb-job .progress-bar") -> list[float]:
    """Return how far the jobs' bars on the page are filled, in percent."""
    styles = page.locator(bars).evaluate_all("bars => bars.map(bar => bar.style.width)")
    return [float(style.rstrip("%")) for style in styles]


def shown(page: Page) -> str:
    """Return what can be seen in the jobs' places on the page."""
    places = page.locator(".aisnb-job, .aisnb-stored").filter(visible=True)
    return "\n".join(places.all_inner_texts())


def watch_bar(page: Page, source: FaultySource, picture: str, bars: str = ".aisnb-job .progress-bar") -> set[float]:
    """Return how far the bar was seen, from its beginning to its end; the source is released in between."""
    seen = set[float]()

    def is_over() -> bool:
        seen.update(widths(page, bars))
        if seen and max(seen) > 50 and "part-4" in shown(page):
            keep_screenshot(page, picture)
            source.release()
        return LAST_LINE.search(shown(page)) is not None and not widths(page, bars)

    wait_until(page, is_over)
    return seen


def test_a_page_that_is_loaded_again_shows_the_bar_and_how_the_job_ends(
    tmp_path: Path, page: Page, source: FaultySource
) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"job = {download(source)}\njob.progress()", "job.id")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: any(width > 50 for width in widths(page)) and "3 of 4 files" in shown(page))
        page.evaluate(SAVE)
        open_notebook(page, address)
        wait_until(page, lambda: "3 of 4 files" in shown(page))
        keep_screenshot(page, "progress-loaded-again")
        source.release()
        wait_until(page, lambda: LAST_LINE.search(shown(page)) is not None)
        assert widths(page) == []


def test_a_notebook_that_was_stored_reads_well_where_nobody_runs_it(
    tmp_path: Path, page: Page, source: FaultySource
) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"job = {download(source)}\njob.progress()", "job.id")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "3 of 4 files" in shown(page))
        page.wait_for_timeout(2000)  # the display is brought up to date once a second
        page.evaluate(SAVE)
        stored_in_the_middle = notebook.read_text()
        source.release()
        wait_until(page, lambda: LAST_LINE.search(shown(page)) is not None)
        page.evaluate(SAVE)
        stored_at_the_end = notebook.read_text()
        for text, said in ((stored_in_the_middle, "3 of 4 files"), (stored_at_the_end, "4 files, 3.81MiB")):
            page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
            notebook.write_text(text)
            open_notebook(page, address)
            wait_until(page, lambda said=said: said in shown(page))
            keep_screenshot(page, f"progress-stored-{said[0]}")
            assert all(width > 0 for width in widths(page, STORED_BARS))
            for complaint in ("Error displaying widget", "Loading widget"):
                assert page.get_by_text(complaint).filter(visible=True).count() == 0


def test_a_page_without_widgets_has_a_bar_that_moves_and_one_note(
    tmp_path: Path, page: Page, source: FaultySource
) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", *[f"job = {download(source)}\njob.progress()"] * 2, "job.wait();")
    with lab(notebook.parent, tmp_path, disabled=[WIDGETS]) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        seen = watch_bar(page, source, "progress-without-widgets", STORED_BARS)
        wait_until(page, lambda: bool(page.evaluate("window.done === true")))
        assert len(seen) >= 2, seen
        assert page.locator(".jp-Notebook").inner_text().count("shows no widgets") == 1


def test_progress_in_notebook_7(tmp_path: Path, page: Page, source: FaultySource) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"{download(source)} --progress;")
    with lab(notebook.parent, tmp_path, program="notebook") as address:
        open_notebook(page, address, "notebooks")
        page.evaluate(RUN_ALL)
        seen = watch_bar(page, source, "progress-notebook-7")
        assert len(seen) >= 2, seen


def test_progress_in_voila(tmp_path: Path, page: Page, source: FaultySource) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"job = {download(source)}\njob.progress()")
    with voila(notebook, tmp_path) as address:
        page.goto(address)
        wait_until(page, lambda: bool(widths(page)))
        seen = watch_bar(page, source, "progress-voila")
        assert max(seen) > 50, seen


def test_the_end_of_a_job_that_failed_is_red_and_of_one_that_was_stopped_is_not(
    tmp_path: Path, page: Page, source: FaultySource
) -> None:
    failing = f"job = %ais start download {source.url('/')}missing-{{1..2}} ais://b-{uuid.uuid4().hex[:12]}"
    notebook = write(
        tmp_path,
        "%load_ext aisnb",
        f"{failing}\njob.progress()",
        f"stopped = {download(source)}\nstopped.progress()",
        f"paused = {download(source)}\npaused.progress()",
        "_ = stopped.stop(), paused.pause()",
        "job",
        "stopped",
        "paused",
    )
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "2 failed" in shown(page) and "stopped" in shown(page) and "lets it go" in shown(page))
        keep_screenshot(page, "progress-ends")
        strokes = page.locator(".aisnb-job [style*=border-left], .aisnb-job[style*=border-left]").evaluate_all(
            "lines => lines.map(line => [line.innerText, getComputedStyle(line).borderLeftColor])"
        )
        colours = {"failed" in text: colour for text, colour in strokes}
        assert len(set(colours.values())) == 2, strokes


ODD = [
    "<script>window.hacked = true</script>",
    "<img src=x onerror='window.hacked = true'>",
    "quote\"'`&amp;.tar",
    "line\nbreak\ttab",
    "\u202egpj.exe",
    "שלום-001.tar",
    "🦜-👨‍👩‍👧.tar",
    "two  spaces",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_odd_names_are_text_in_every_display(tmp_path: Path, page: Page, theme: str) -> None:
    cells = (
        f"%load_ext aisnb\nimport aisnb, pathlib\nODD = {ODD!r}\nbucket = 'ais://odd-{uuid.uuid4().hex[:12]}'",
        "client = aisnb.connect()\nclient.create(bucket)",
        "file = pathlib.Path('a file')\n_ = file.write_bytes(b'x' * 154757)",
        "for name in ODD:\n    client.put(file, f'{bucket}/{name}')",
        "client.ls(bucket, props='atime,checksum')",
        "%ais ls",
        "server = %ais serve .\nserver",
        "job = client.download([f'{server.url}{number} {name}' for number, name in enumerate(ODD)], bucket)\n"
        "job.progress()",
        "try:\n    job.wait()\nexcept aisnb.JobFailed:\n    pass\njob.errors",
        "%ais jobs",
        "%ais status",
        "job",
    )
    notebook = write(tmp_path, *cells)
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: bool(page.evaluate("window.done === true")))
        keep_screenshot(page, f"displays-{theme}")
        listing = page.locator("table.dataframe").first
        names = listing.locator("tbody td:first-child").evaluate_all("cells => cells.map(cell => cell.textContent)")
        assert sorted(names) == sorted(map(printable, ODD))
        assert "151.13KiB" in listing.inner_text()
        assert page.evaluate("window.hacked") is None
        assert page.locator(".jp-OutputArea script, .jp-OutputArea img").count() == 0
        assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
