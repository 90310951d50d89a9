"""The bucket browser in real pages: JupyterLab, Notebook 7 and Voila, with a mouse and a keyboard."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.units import printable
from tests.notebook.contents import ODD_NAMES, dataset, put
from tests.notebook.lab import chromium, lab, voila
from tests.notebook.test_form_browser import RUN_CELL
from tests.notebook.test_progress_browser import (
    DARK,
    RUN_ALL,
    WIDGETS,
    keep_screenshot,
    open_notebook,
    wait_until,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

#: The second one is for pictures.
THEMES = ["light", "dark"] if os.environ.get("AISNB_SCREENSHOTS") else ["light"]
FRAME = ".aisnb-browser.aisnb-browser-frame"
CLIPBOARD = "() => navigator.clipboard.readText()"
NO_CLIPBOARD = "() => Object.defineProperty(navigator, 'clipboard', { value: undefined })"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(
        viewport={"width": 1200, "height": 1100}, permissions=["clipboard-read", "clipboard-write"]
    ) as context:
        yield context.new_page()


@pytest.fixture
def client() -> Iterator[aisnb.Client]:
    with aisnb.connect() as client:
        for bucket in client.buckets("ais")["name"]:
            client.remove(bucket, yes=True)
        yield client


@pytest.fixture
def bucket(client: aisnb.Client, tmp_path: Path) -> str:
    """A small dataset in a bucket."""
    name = f"ais://cats-{uuid.uuid4().hex[:6]}"
    put(client, name, dataset(), tmp_path)
    return name


def frame(page: Page) -> Locator:
    return page.locator(FRAME)


def said(page: Page) -> str:
    """Return all that the browser says."""
    return frame(page).inner_text()


def press(page: Page, label: str) -> None:
    button(page, label).click()


def button(page: Page, label: str) -> Locator:
    return frame(page).get_by_role("button", name=label, exact=True)


def names(page: Page) -> list[str]:
    return [each.strip() for each in page.locator(".aisnb-browser-names button").all_inner_texts()]


def path(page: Page) -> str:
    return frame(page).get_by_label("Path").input_value()


@pytest.mark.parametrize("theme", THEMES)
def test_a_bucket_is_clicked_through_searched_looked_at_and_downloaded_from(
    tmp_path: Path, page: Page, bucket: str, theme: str
) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    notebook = write(tmp_path, "%load_ext aisnb", "browser = %ais browse\nbrowser", "browser.chosen", "6 * 7")
    with lab(notebook.parent, tmp_path, settings=DARK if theme == "dark" else {}) as address:
        open_notebook(page, address)
        for index in (0, 1):
            page.evaluate(RUN_CELL, index)
        click_through(page, bucket, theme)
        look_at_each_kind(page, bucket, theme)
        search(page, bucket, theme)
        download(page, tmp_path, bucket, theme)
        page.evaluate(RUN_CELL, 2)  # the kernel is free for it, and knows what was clicked
        assert f"{bucket}/train/shard-000.tar/000001.json" in page.locator(".jp-Notebook").inner_text()
    assert {url for url in asked if not url.startswith((address, "data:", "blob:"))} == set()
    assert complaints == []


def click_through(page: Page, bucket: str, theme: str) -> None:
    wait_until(page, lambda: bucket in names(page) and "24" in said(page))
    keep_screenshot(page, f"browse-buckets-{theme}")
    assert frame(page).get_by_role("heading", name="Bucket browser").count() == 1
    assert frame(page).get_by_role("group", name=f"{bucket}: 24 objects").count() == 1
    press(page, bucket)
    wait_until(page, lambda: names(page) == ["meta/", "pictures/", "train/", "README.md"])
    wait_until(page, lambda: "24 objects" in said(page) and "21" in said(page))
    keep_screenshot(page, f"browse-bucket-{theme}")
    page.locator(".aisnb-browser-names button").nth(2).focus()
    page.keyboard.press("Enter")
    wait_until(page, lambda: names(page) == ["deep/", "shard-000.tar"] and path(page) == f"{bucket}/train/")
    wait_until(page, lambda: page.evaluate("document.activeElement.innerText").strip() == "deep/")
    page.keyboard.press("Space")
    wait_until(page, lambda: names(page)[:1] == ["part-00.txt"])
    keep_screenshot(page, f"browse-folder-{theme}")
    press(page, "↑ Up")
    wait_until(page, lambda: names(page) == ["deep/", "shard-000.tar"])


def look_at_each_kind(page: Page, bucket: str, theme: str) -> None:
    press(page, "shard-000.tar")
    wait_until(page, lambda: "1–10 of 20 files" in said(page))
    keep_screenshot(page, f"browse-shard-{theme}")
    rows, members = page.locator(".aisnb-browser-names"), page.locator(".aisnb-browser-members")
    assert left_of(members) == left_of(rows)  # below each other, as there is no room
    page.set_viewport_size({"width": 1700, "height": 1100})
    wait_until(page, lambda: left_of(members) > left_of(rows) + 400)  # beside what was clicked
    keep_screenshot(page, f"browse-wide-{theme}")
    page.set_viewport_size({"width": 1200, "height": 1100})
    press(page, "000001.png")
    picture = frame(page).locator("img")
    wait_until(page, lambda: picture.count() == 1 and picture.evaluate("image => image.naturalWidth") == 168)
    assert picture.get_attribute("alt") == "000001.png, 168 × 120 pixels"
    keep_screenshot(page, f"browse-picture-{theme}")
    press(page, "000001.json")
    wait_until(
        page, lambda: '"width": 64' in frame(page).get_by_role("region", name="preview of 000001.json").inner_text()
    )
    assert path(page) == f"{bucket}/train/shard-000.tar/000001.json"
    keep_screenshot(page, f"browse-json-{theme}")
    press(page, "Copy path")
    wait_until(page, lambda: "Copied" in said(page))
    assert page.evaluate(CLIPBOARD) == path(page)
    page.evaluate(NO_CLIPBOARD)
    press(page, "Copy path")
    wait_until(page, lambda: "Copied" in said(page) or "copy it from the field" in said(page))


def left_of(part: Locator) -> float:
    """Return where on the page a part of it begins, in pixels from the left."""
    box = part.bounding_box()
    assert box is not None
    return box["x"]


def search(page: Page, bucket: str, theme: str) -> None:
    press(page, bucket)
    wait_until(page, lambda: "README.md" in names(page))
    frame(page).get_by_label("Find").fill("PART-1")
    wait_until(page, lambda: "No name begins with 'PART-1' here." in said(page))
    frame(page).get_by_label("in", exact=True).select_option(label="names with this in them, here and below")
    wait_until(page, lambda: names(page) == [f"train/deep/part-{number}.txt" for number in range(10, 20)])
    press(page, "train/deep/part-17.txt")
    wait_until(page, lambda: "part 17" in said(page) and "10 found in 24 names." in said(page))
    keep_screenshot(page, f"browse-search-{theme}")


def download(page: Page, folder: Path, bucket: str, theme: str) -> None:
    frame(page).get_by_label("Path").fill(f"{bucket}/train/")
    page.keyboard.press("Enter")
    wait_until(page, lambda: names(page) == ["deep/", "shard-000.tar"])
    press(page, "shard-000.tar")
    wait_until(page, lambda: "000001.json" in said(page))
    press(page, "000001.json")
    wait_until(page, lambda: path(page).endswith("000001.json"))
    frame(page).get_by_label("Save to").fill(str(folder / "labels.json"))
    press(page, "Download")
    wait_until(page, lambda: "Saved to" in said(page))
    assert (folder / "labels.json").stat().st_size > 0
    press(page, "Download")
    wait_until(page, lambda: "A file of that name is there already" in said(page))
    keep_screenshot(page, f"browse-saved-{theme}")


def test_odd_names_are_text_and_a_bucket_that_goes_away_is_said(
    tmp_path: Path, page: Page, client: aisnb.Client
) -> None:
    bucket = f"ais://odd-{uuid.uuid4().hex[:6]}"
    odd = [name.replace("/", "|") for name in ODD_NAMES]
    put(client, bucket, {name: name.encode() for name in odd} | {f"{name}.d/x": b"x" for name in odd}, tmp_path)
    notebook = write(tmp_path, f"import aisnb\naisnb.browse('{bucket}')")
    with lab(notebook.parent, tmp_path) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        shown = {printable(name) for name in odd} | {f"{printable(name)}.d/" for name in odd}
        wait_until(page, lambda: {name.replace("\u2068", "") for name in names(page)} == shown)
        for name in sorted(odd):
            page.locator(".aisnb-browser-names button").nth(names(page).index(printable(name))).click()
            wait_until(
                page,
                lambda name=name: (
                    f"preview of {printable(name)}"
                    in (frame(page).get_by_role("region").first.get_attribute("aria-label") or "")
                ),
            )
            press(page, "Copy path")
            wait_until(page, lambda: "Copied" in said(page))
            assert page.evaluate(CLIPBOARD) == f"{bucket}/{name}"
        keep_screenshot(page, "browse-odd-names")
        assert frame(page).locator("img, script").count() == 0
        assert page.evaluate("window.hacked") is None
        client.remove(bucket, yes=True)
        press(page, "↻ Refresh")
        wait_until(page, lambda: "does not exist" in frame(page).get_by_role("alert").inner_text())
        keep_screenshot(page, "browse-gone")


def test_a_page_without_widgets_shows_a_listing(tmp_path: Path, page: Page, bucket: str) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"%ais browse {bucket}")
    with lab(notebook.parent, tmp_path, disabled=[WIDGETS]) as address:
        open_notebook(page, address)
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: page.locator(".aisnb-browser table.dataframe").count() == 1)
        keep_screenshot(page, "browse-without-widgets")
        assert "train/" in page.locator(".aisnb-browser").inner_text()


def test_the_browser_in_notebook_7(tmp_path: Path, page: Page, bucket: str) -> None:
    notebook = write(tmp_path, "%load_ext aisnb", f"%ais browse {bucket}")
    with lab(notebook.parent, tmp_path, program="notebook") as address:
        open_notebook(page, address, "notebooks")
        page.evaluate(RUN_ALL)
        wait_until(page, lambda: "pictures/" in names(page))
        press(page, "pictures/")
        wait_until(page, lambda: names(page) == ["wide.png"])
        press(page, "wide.png")
        wait_until(page, lambda: frame(page).locator("img").count() == 1)
        keep_screenshot(page, "browse-notebook-7")


def test_the_browser_in_voila(tmp_path: Path, page: Page, bucket: str) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    notebook = write(tmp_path, "%load_ext aisnb", f"%ais browse {bucket}")
    with voila(notebook, tmp_path) as address:
        page.goto(address)
        wait_until(page, lambda: "train/" in names(page))
        press(page, "train/")
        wait_until(page, lambda: names(page) == ["deep/", "shard-000.tar"])
        frame(page).get_by_label("Find").fill("sh")
        wait_until(page, lambda: names(page) == ["shard-000.tar"])
        press(page, "shard-000.tar")
        wait_until(page, lambda: "1–10 of 20 files" in said(page))
        press(page, "000000.png")
        wait_until(page, lambda: frame(page).locator("img").count() == 1)
        keep_screenshot(page, "browse-voila")
        frame(page).get_by_label("Save to").fill(str(tmp_path / "cat.png"))
        press(page, "Download")
        wait_until(page, lambda: "Saved to" in said(page) and (tmp_path / "cat.png").exists())
    outside = {url for url in asked if not url.startswith((address, "data:", "blob:"))}
    assert {url for url in outside if "fontawesome" not in url} == set()  # Voila's own page asks for that
    assert complaints == []
