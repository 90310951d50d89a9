"""The bucket browser without a browser: what it shows, what its buttons and fields do, and that it ends."""

from __future__ import annotations

import asyncio
import struct
import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances

import aisnb
from aisnb.client import portal
from aisnb.client.levels import Entry
from aisnb.notebook.browser import Browser
from aisnb.notebook.progress import WIDGET_VIEW
from aisnb.units import printable
from tests.client.cluster import Proxy
from tests.notebook.contents import JSON, ODD_NAMES, TEXT, dataset, png, put, tar
from tests.notebook.test_forms import find, inside, said, wait_until
from tests.support.faulty import Fault, FaultySource
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.notebook.kernels import Kernel

CONTAINS = "contains"


@pytest.fixture
def client() -> Iterator[aisnb.Client]:
    with aisnb.connect() as client:
        yield client


@pytest.fixture
def bucket(client: aisnb.Client) -> Iterator[str]:
    name = f"ais://b-{uuid.uuid4().hex[:12]}"
    client.create(name)
    yield name
    client.create(name)
    client.remove(name, yes=True)


@pytest.fixture
def browse() -> Iterator[Callable[..., Browser]]:
    made = list[Browser]()

    def make(place: str = "") -> Browser:
        made.append(aisnb.browse(place))
        return made[-1]

    yield make
    for each in made:
        each.close()


def names(browser: Browser) -> list[str]:
    """Return the names that are shown."""
    return [each.description for each in browser._table._table.box.children if type(each).__name__ == "Button"]


def members(browser: Browser) -> list[str]:
    """Return the files of a shard that are shown."""
    table = browser._details._members
    shown = table._table.box.children if table.box.layout.display == "" else ()
    return [each.description for each in shown if type(each).__name__ == "Button"]


def press(browser: Browser, label: str) -> None:
    find(browser, label).click()


def preview(browser: Browser) -> str:
    return str(browser._details._preview.value)


def test_folders_are_opened_counted_and_left_again(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    put(client, bucket, dataset(), tmp_path)
    browser = browse(bucket)
    assert names(browser) == ["meta/", "pictures/", "train/", "README.md"]
    wait_until(lambda: "train/: 21 objects" in said(browser) and "24 objects" in said(browser))
    press(browser, "train/")
    wait_until(lambda: names(browser) == ["deep/", "shard-000.tar"])
    assert browser.place == f"{bucket}/train/"
    press(browser, "deep/")
    wait_until(lambda: names(browser)[0] == "part-00.txt")
    press(browser, "↑ Up")
    wait_until(lambda: names(browser) == ["deep/", "shard-000.tar"])
    press(browser, bucket)
    wait_until(lambda: names(browser) == ["meta/", "pictures/", "train/", "README.md"])
    press(browser, "Buckets")
    wait_until(lambda: bucket in names(browser))
    press(browser, bucket)
    wait_until(lambda: "meta/" in names(browser))


def test_a_path_that_is_typed_is_gone_to_and_one_that_is_none_is_said(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    put(client, bucket, dataset(), tmp_path)
    browser = browse()
    find(browser, "Path").value = f"{bucket}/train/deep/part-1"
    wait_until(lambda: names(browser) == [f"part-{number}.txt" for number in range(10, 20)])
    assert find(browser, "Find").value == "part-1"
    at_the_path = browser._address.said
    for path, words in (
        ("http://host/dir/", "is no bucket"),
        ("ais://no-such-bucket", "does not exist"),
        ("x://y", "x:"),
    ):
        find(browser, "Path").value = path
        wait_until(lambda words=words: 'role="alert"' in at_the_path.value and words in at_the_path.value)
        assert "Looking into" not in said(browser)
    assert len(names(browser)) == 10
    find(browser, "Path").value = "ht://"
    wait_until(lambda: browser.place == "ht://" and 'role="alert"' not in said(browser))


def test_any_number_of_names_is_shown_a_page_at_a_time(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    put(client, bucket, {f"n-{number:04d}": b"" for number in range(60)}, tmp_path)
    browser = browse(bucket)
    before = len(list(inside(browser._box)))
    assert "1–25 of 60 names" in said(browser)
    press(browser, "Next ›")
    wait_until(lambda: names(browser) == [f"n-{number:04d}" for number in range(25, 50)])
    press(browser, "Next ›")
    wait_until(lambda: names(browser) == [f"n-{number:04d}" for number in range(50, 60)])
    assert find(browser, "Next ›").disabled
    press(browser, "‹ Previous")
    wait_until(lambda: names(browser)[0] == "n-0025")
    find(browser, "in").value = CONTAINS
    find(browser, "Find").value = "N-0"
    wait_until(lambda: "60 found in 60 names." in said(browser) and names(browser)[0] == "n-0000")
    press(browser, "Next ›")
    wait_until(lambda: names(browser)[0] == "n-0025" and "26–50 of 60 names" in said(browser))
    assert len(list(inside(browser._box))) == before


def test_names_are_found_by_their_beginning_and_by_what_is_in_them(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    put(client, bucket, dataset(), tmp_path)
    browser = browse(f"{bucket}/train/")
    find(browser, "Find").value = "sh"
    wait_until(lambda: names(browser) == ["shard-000.tar"])
    find(browser, "Find").value = "PART-1"
    wait_until(lambda: "No name begins with" in said(browser))
    find(browser, "in").value = CONTAINS
    wait_until(lambda: names(browser) == [f"deep/part-{number}.txt" for number in range(10, 20)])
    wait_until(lambda: "10 found in 21 names." in said(browser))
    press(browser, "deep/part-13.txt")
    wait_until(lambda: browser.chosen == f"{bucket}/train/deep/part-13.txt" and "part 13" in preview(browser))
    find(browser, "Find").value = f"\ud800{'x' * 2_000}"
    wait_until(lambda: "0 found in 21 names." in said(browser))
    find(browser, "Find").value = ""
    wait_until(lambda: names(browser) == ["deep/", "shard-000.tar"])
    press(browser, "Buckets")
    wait_until(lambda: bucket in names(browser))
    find(browser, "Find").value = bucket[-6:].upper()
    wait_until(lambda: names(browser) == [bucket])


def test_what_is_chosen_is_shown_as_what_it_is(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.hacked = true</script></svg>"
    objects = {
        "a.txt": (TEXT, "Größe: &lt;b&gt;1&lt;/b&gt; &amp; more</bdi>\n<bdi>\tשלום 🦜"),
        "b.json": (JSON, "&quot;width&quot;: 64,"),
        "c.jpg": (png(), 'src="data:image/png;base64,'),
        "d.svg": (svg, "&lt;script&gt;window.hacked"),
        "e.bin": (b"\x93NUMPY\x01\0" * 100, "begins with the bytes 93 4e 55 4d 50 59"),
        "f": (b"", "It is empty."),
        "g.log": (b"line\n" * 100_000, "Only the beginning of 488.28KiB is shown."),
        "h.png": (
            png()[:16] + struct.pack(">II", 10_000, 6_000) + png()[24:],
            "10,000 × 6,000 pixels, too many to be shown",
        ),
    }
    put(client, bucket, {name: data for name, (data, _) in objects.items()}, tmp_path)
    browser = browse(bucket)
    for name, (data, shown) in objects.items():
        press(browser, name)
        wait_until(lambda shown=shown: shown in preview(browser))
        assert browser.chosen == find(browser, "Path").value == f"{bucket}/{name}"
        assert name in browser._details._title.value
        assert len(preview(browser)) < 120_000, (name, len(data))
        assert "<script" not in said(browser)


def test_shards_are_looked_into(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    shard = dataset()["train/shard-000.tar"]
    put(client, bucket, {"s{1..2}.tar": shard, "cut.tar": shard[:700], "none.tar": tar({}), "x": b"x"}, tmp_path)
    browser = browse(bucket)
    press(browser, "s{1..2}.tar")
    wait_until(lambda: members(browser)[:2] == ["000000.png", "000000.cls"])
    assert "1–10 of 20 files" in said(browser)
    press(browser, "000000.png")
    wait_until(lambda: "160 × 120 pixels" in preview(browser))
    assert browser.chosen == f"{bucket}/s{{1..2}}.tar/000000.png"
    browser._details._members._pager._forth.click()
    wait_until(lambda: members(browser)[0] == "000002.json")
    press(browser, "000003.txt")
    wait_until(lambda: "sample 3" in preview(browser))
    press(browser, "cut.tar")
    wait_until(lambda: "cannot be read as an archive" in preview(browser) and members(browser) == [])
    press(browser, "none.tar")
    wait_until(lambda: "No file is in it." in said(browser))
    press(browser, "x")
    wait_until(lambda: browser.chosen.endswith("/x") and members(browser) == [])


def test_what_is_chosen_is_written_to_a_file(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    put(client, bucket, {"s.tar": tar({"in/a.txt": b"a member"}), "notes": b"new"}, tmp_path)
    browser, there = browse(bucket), tmp_path / "there"
    there.mkdir()
    (there / "notes").write_bytes(b"old")
    find(browser, "Save to").value = str(there)
    press(browser, "notes")
    wait_until(lambda: browser.chosen)
    press(browser, "Download")
    wait_until(lambda: "there already" in said(browser))
    assert (there / "notes").read_bytes() == b"old"
    find(browser, "replace a file").value = True
    press(browser, "Download")
    wait_until(lambda: f"Saved to {there}/notes" in said(browser))
    assert (there / "notes").read_bytes() == b"new"
    press(browser, "s.tar")
    wait_until(lambda: members(browser) == ["in/a.txt"])
    press(browser, "in/a.txt")
    wait_until(lambda: browser.chosen.endswith("a.txt"))
    press(browser, "Download")
    wait_until(lambda: (there / "a.txt").exists())
    wait_until(lambda: not find(browser, "Download").disabled)
    find(browser, "Save to").value = str(tmp_path / "not there" / "x")
    press(browser, "notes")
    wait_until(lambda: browser.chosen.endswith("notes"))
    press(browser, "Download")
    wait_until(lambda: "directory does not exist" in said(browser) and 'role="alert"' in said(browser))


def test_a_download_that_is_stopped_leaves_nothing(
    client: aisnb.Client, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    with FaultySource() as source:
        source.add("/slow", b"x" * 1_000, then=Fault(cut=10, by="stall"))
        source.add("/quick", b"x")
        client.get(source.url("/quick"))
        found = client.buckets("ht")
        (place,) = found.loc[found["url"] == source.url("/"), "name"]
        browser = browse(place)
        portal.run(browser._look_at(Entry("slow", 1_000, here=False)))
        wait_until(lambda: browser.chosen.endswith("/slow"))
        find(browser, "Save to").value = str(there)
        press(browser, "Download")
        wait_until(lambda: not find(browser, "Stop").disabled and "Saving" in said(browser))
        press(browser, "Stop")
        wait_until(lambda: "Stopped. Nothing was left behind." in said(browser))
        wait_until(lambda: list(there.iterdir()) == [])
        assert not find(browser, "Download").disabled
        source.release()


def test_buckets_and_objects_that_go_away_are_said(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    browser = browse(bucket)
    assert f"Nothing is in {bucket}/ now. '%ais put FILE {bucket}/' puts a file there." in said(browser).replace(
        "&#x27;", "'"
    )
    put(client, bucket, dataset(), tmp_path)
    press(browser, "↻ Refresh")
    wait_until(lambda: "README.md" in names(browser))
    client.remove(f"{bucket}/README.md")
    press(browser, "README.md")
    wait_until(lambda: "does not exist" in preview(browser) and 'role="alert"' in preview(browser))
    client.remove(bucket, yes=True)
    for label in ("train/", "↻ Refresh"):
        press(browser, label)
        wait_until(lambda: "does not exist" in browser._said.value and 'role="alert"' in browser._said.value)
        assert "train/" in names(browser)
        browser._said.value = ""
    find(browser, "in").value = CONTAINS
    find(browser, "Find").value = "shard"
    wait_until(lambda: "does not exist" in browser._said.value)
    press(browser, "Buckets")
    wait_until(lambda: browser.place == "" and bucket not in names(browser))


def test_odd_names_are_text(client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]) -> None:
    odd = [name.replace("/", "|") for name in ODD_NAMES]
    put(client, bucket, {f"{name}/~{name}": name.encode() for name in odd}, tmp_path)
    put(client, bucket, {"all.tar": tar({name: name.encode() for name in odd})}, tmp_path)
    browser = browse(bucket)
    for name in odd:
        press(browser, f"{printable(name)}/")
        wait_until(lambda name=name: names(browser) == [f"~{printable(name)}"])
        press(browser, f"~{printable(name)}")
        wait_until(lambda name=name: browser.chosen == f"{bucket}/{name}/~{name}" and "<pre" in preview(browser))
        assert find(browser, "Path").value == browser.chosen
        assert not any(each in said(browser) for each in ("<script", "<img"))
        assert "\u202e" not in preview(browser) + browser._said.value + browser._table._total.value
        press(browser, "↑ Up")
        wait_until(lambda: "all.tar" in names(browser))
    press(browser, "all.tar")
    wait_until(lambda: set(members(browser)) == set(map(printable, odd)))


def test_a_place_is_looked_at_once_when_it_is_opened(client: aisnb.Client, browse: Callable[..., Browser]) -> None:
    """A second look, shown a moment after the first, would hide what somebody has clicked meanwhile."""
    with FaultySource() as source:
        source.add("/quick", b"x")
        client.get(source.url("/quick"))
        found = client.buckets("ht")
        (place,) = found.loc[found["url"] == source.url("/"), "name"]
        before = len(source.requests)
        browse(place)
        portal.run(asyncio.sleep(0.3))
        assert [each.path for each in source.requests[before:]] == ["/"]


def test_on_a_cluster_it_works_and_trouble_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browse: Callable[..., Browser]
) -> None:
    with running_node(tmp_path / "home") as target, Proxy(target.endpoint) as proxy:
        monkeypatch.setenv("AIS_ENDPOINT", proxy.url)
        monkeypatch.setenv("AIS_AUTHN_TOKEN", target.token)
        with aisnb.connect() as away:
            put(away, "ais://far", dataset(), tmp_path)
        browser = browse("ais://far")
        wait_until(lambda: "train/: 21 objects" in said(browser))
        press(browser, "README.md")
        wait_until(lambda: "Five samples in a shard" in preview(browser))
        find(browser, "Path").value = "ais://far/train/deep/part-1"
        wait_until(lambda: names(browser) == [f"part-{number}.txt" for number in range(10, 20)])
        find(browser, "Find").value = "part-19.txt"
        wait_until(lambda: names(browser) == ["part-19.txt"])
        press(browser, "ais://far")
        wait_until(lambda: "README.md" in names(browser))
        proxy.down = True
        press(browser, "train/")
        wait_until(lambda: 'role="alert"' in browser._said.value)
        assert "README.md" in names(browser)
        with pytest.raises(aisnb.AisnbError):
            browse("ais://far")
        browser.close()


def test_what_only_the_source_has_is_shown_without_bringing_it(
    client: aisnb.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browse: Callable[..., Browser]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web").mkdir()
    for name, data in {"a.txt": b"the first", "b.txt": b"the second", "s.tar": tar({"x.txt": b"inside"})}.items():
        (tmp_path / "web" / name).write_bytes(data)
    with aisnb.serve(tmp_path / "web") as server:
        client.get(f"{server.url}a.txt")
        found = client.buckets("ht")
        (place,) = found.loc[found["url"] == server.url, "name"]
        browser = browse(place)
        assert names(browser) == ["a.txt", "b.txt", "s.tar"]
        assert said(browser).count("only at its source") >= 2
        press(browser, "b.txt")
        wait_until(lambda: "the second" in preview(browser))
        press(browser, "s.tar")
        wait_until(lambda: members(browser) == ["x.txt"])
        press(browser, "x.txt")
        wait_until(lambda: "inside" in preview(browser))
        assert client.ls(place, cached=True)["name"].tolist() == ["a.txt"]
        press(browser, "b.txt")
        wait_until(lambda: browser.chosen.endswith("b.txt"))
        press(browser, "Download")
        wait_until(lambda: (tmp_path / "b.txt").exists())
        assert client.ls(place, cached=True)["name"].tolist() == ["a.txt", "b.txt"]


def test_a_closed_browser_leaves_nothing_and_clicks_on_it_do_nothing(
    client: aisnb.Client, bucket: str, tmp_path: Path, browse: Callable[..., Browser]
) -> None:
    put(client, bucket, {"x": b"x"}, tmp_path)
    before = set(_instances)
    first, second = browse(bucket), browse(bucket)
    buttons = [each for each in inside(first._box) if hasattr(each, "click")]
    for _ in range(2):
        first.close()
    second._box.close()  # as ipywidgets' own close_all does
    wait_until(lambda: set(_instances) <= before)
    for button in buttons:
        button.click()
    portal.run(asyncio.sleep(0))
    assert first._errands._tasks == {}
    assert "x" in repr(first)
    assert first.view() == {}


def test_a_place_that_is_not_there_is_refused_in_words(browse: Callable[..., Browser]) -> None:
    with pytest.raises(aisnb.BucketNotFound, match="ais://no-such-bucket"):
        browse("ais://no-such-bucket")
    with pytest.raises(aisnb.UsageError, match="'%ais ls http://host/' lists"):
        browse("http://host/")


def test_without_a_kernel_it_is_text(
    cell: Callable[[str], Any], client: aisnb.Client, bucket: str, tmp_path: Path
) -> None:
    put(client, bucket, dataset(), tmp_path)
    found = cell(f"%ais browse {bucket}")
    assert type(found) is pd.DataFrame
    assert found["name"].tolist() == ["meta/", "pictures/", "train/", "README.md"]
    assert found["objects"].dropna().tolist() == [1, 1, 21]
    browser = cell(f"import aisnb\naisnb.browse('{bucket}')")
    assert "train/" in repr(browser)
    assert set(browser._repr_mimebundle_()) == {"text/plain", "text/html"}
    browser.close()


def test_a_kernel_shows_widgets_beside_the_text(
    new_kernel: Callable[[], Kernel], client: aisnb.Client, bucket: str, tmp_path: Path
) -> None:
    put(client, bucket, dataset(), tmp_path)
    kernel = new_kernel()
    kernel.run("%load_ext aisnb")
    (shown,) = kernel.run(f"%ais browse {bucket}").of_type("execute_result")
    assert set(shown["data"]) == {"text/plain", "text/html", WIDGET_VIEW}
    assert "train/" in shown["data"]["text/plain"]
    assert kernel.run(f"browser = %ais browse {bucket}/train/\nbrowser.place, browser.chosen").value == (
        f"('{bucket}/train/', '')"
    )
    quiet = f"import os; os.environ['AISNB_PROGRESS'] = 'text'\n%ais browse {bucket}"
    (shown,) = kernel.run(quiet).of_type("execute_result")
    assert set(shown["data"]) == {"text/plain", "text/html"}
