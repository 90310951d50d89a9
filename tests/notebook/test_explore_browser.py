"""What is looked at before and after a copy, in real pages: pictures, tables to sort, plans, checks, shard members."""

from __future__ import annotations

import io
import os
import tarfile
import uuid
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.client.files import stop_servers
from tests.notebook.lab import chromium, lab, voila
from tests.notebook.test_progress_browser import DARK, RUN_ALL, keep_screenshot, open_notebook, wait_until, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

THEMES = ["light", "dark"]
#: Runs if it becomes part of the page.
HOSTILE = "<img src=x onerror='window.hacked = true'>.tar"
DONE = "() => window.done === true"
#: Beside it lies a hidden one, for pages that let no program run.
LIVE_TABLE = ".aisnb-interactive table.dataTable"
PIXELS = """image => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const drawing = canvas.getContext('2d');
    drawing.drawImage(image, 0, 0);
    return Array.from(drawing.getImageData(2, 2, 1, 1).data);
}"""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1100, "height": 1600}) as context:
        yield context.new_page()


def shard(number: int) -> bytes:
    """Return a tar of two samples, as WebDataset names them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for key in (f"{number:03d}a", f"{number:03d}b"):
            for extension, size in (("jpg", 900 * number), ("cls", 1)):
                member = tarfile.TarInfo(f"{key}.{extension}")
                member.size = size
                archive.addfile(member, io.BytesIO(b"x" * size))
    return buffer.getvalue()


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[str]:
    """A bucket of six shards in two directories, one empty object and one with a hostile name."""
    name = f"ais://b-{uuid.uuid4().hex[:12]}"
    names = [f"{'val' if number > 4 else 'train'}/shard-{number:03d}.tar" for number in range(1, 7)]
    contents = {each: shard(number) for number, each in enumerate(names, 1)} | {"val/empty.tar": b"", HOSTILE: shard(1)}
    file = tmp_path / "content"
    with aisnb.connect() as client:
        client.create(name)
        for each, content in contents.items():
            file.write_bytes(content)
            client.put(file, f"{name}/{each}")
        yield name
        client.remove(name, yes=True)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a served directory with four of five shards, one of them much too small."""
    directory = tmp_path / "shards"
    directory.mkdir()
    for number in (1, 2, 3, 5):
        (directory / f"shard-{number}.tar").write_bytes(b"x" * (100 if number == 5 else 100_000))
    yield aisnb.serve(directory).url
    stop_servers(everything=True)


def run_all(page: Page, address: str) -> None:
    open_notebook(page, address)
    page.evaluate(RUN_ALL)
    wait_until(page, lambda: bool(page.evaluate(DONE)))


class Watch:
    """What a page asks for and complains about."""

    def __init__(self, page: Page) -> None:
        self.asked, self.complaints = list[str](), list[str]()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def check(self, page: Page, address: str) -> None:
        """Assert that all was quiet, nothing came from outside, and no name became part of the page."""
        assert [url for url in self.asked if not url.startswith((address, "data:", "blob:"))] == []
        assert self.complaints == []
        assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_of_sizes_has_a_light_ground_of_its_own(tmp_path: Path, page: Page, bucket: str, theme: str) -> None:
    watch = Watch(page)
    notebook = write(tmp_path, "%load_ext aisnb", f"%ais sizes {bucket}", f"%ais sizes {bucket} --archive --depth 2")
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        run_all(page, address)
        pictures = page.locator(".jp-RenderedImage img")
        wait_until(page, lambda: pictures.count() == 2)
        for index in (0, 1):
            assert pictures.nth(index).evaluate(PIXELS) == [255, 255, 255, 255]
            box = pictures.nth(index).bounding_box()
            assert box is not None
            assert box["width"] > 500  # to be read without a magnifying glass
        pictures.first.scroll_into_view_if_needed()
        keep_screenshot(page, f"sizes-{theme}")
        watch.check(page, address)


@pytest.mark.parametrize("theme", THEMES)
def test_an_interactive_listing_is_searched_and_sorted(tmp_path: Path, page: Page, bucket: str, theme: str) -> None:
    watch = Watch(page)
    notebook = write(tmp_path, "%load_ext aisnb", f"%ais ls {bucket} --interactive")
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        run_all(page, address)
        table = page.locator(LIVE_TABLE)
        rows = table.locator("tbody tr")
        wait_until(page, lambda: rows.count() == 8)
        keep_screenshot(page, f"interactive-{theme}")
        table.get_by_role("button", name="size (bytes)").click()
        wait_until(page, lambda: "empty.tar" in rows.first.inner_text())
        page.locator(".aisnb-interactive input[type=search]").fill("shard-005")
        wait_until(page, lambda: rows.count() == 1 and "val/shard-005.tar" in rows.first.inner_text())
        keep_screenshot(page, f"interactive-searched-{theme}")
        watch.check(page, address)


@pytest.mark.parametrize("theme", THEMES if os.environ.get("AISNB_SCREENSHOTS") else ["light"])
def test_a_plan_a_check_and_members_are_tables_with_sizes_to_read(
    tmp_path: Path, page: Page, bucket: str, served: str, theme: str
) -> None:
    watch = Watch(page)
    cells = (
        f"%ais plan '{served}shard-{{1..5}}.tar'",
        f"%ais check {bucket} --template 'train/shard-{{001..005}}.tar'",
        f"%ais ls {bucket} --archive",
        f"%ais archive ls {bucket} --samples --limit 3",
    )
    notebook = write(tmp_path, "%load_ext aisnb", *cells)
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        run_all(page, address)
        outputs = page.locator(".jp-CodeCell .jp-OutputArea")
        said = [outputs.nth(index).inner_text() for index in range(1, 5)]
        page.locator(".jp-CodeCell").nth(1).scroll_into_view_if_needed()
        keep_screenshot(page, f"plan-check-members-{theme}")
        assert "shard-4.tar" in said[0]
        assert "404" in said[0]
        assert "97.66KiB" in said[0]
        assert "missing" in said[1]
        assert "train/shard-005.tar" in said[1]
        assert "001a.jpg" in said[2]
        assert "<img src=x" in said[2]
        assert "001a" in said[3]
        watch.check(page, address)


def test_pictures_and_tables_in_voila(tmp_path: Path, page: Page, bucket: str) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"%ais sizes {bucket}", f"%ais ls {bucket} --interactive")
    with voila(notebook, tmp_path) as address:
        page.goto(address)
        wait_until(page, lambda: page.locator("img[src^='data:image/png']").count() == 1)
        wait_until(page, lambda: page.locator(f"{LIVE_TABLE} tbody tr").count() == 8)
        keep_screenshot(page, "explore-voila")
        assert page.evaluate("window.hacked") is None  # Voila's own template asks a CDN for its icons
