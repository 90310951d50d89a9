from __future__ import annotations

import html
import json
import os
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, urljoin, urlsplit

import pytest

from aisnb.fileserver.index import prefers_json
from tests.fileserver.running import RunningServer
from tests.fileserver.test_paths import NAMES

if TYPE_CHECKING:
    from pathlib import Path


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")


@pytest.fixture
def odd(directory: Path) -> Path:
    for name in NAMES:
        with open(os.path.join(os.fsencode(directory), b"train", name), "wb") as file:
            file.write(name)
    return directory


def test_every_link_of_the_page_leads_to_its_file(odd: Path) -> None:
    with RunningServer(odd) as server:
        reply = server.get("/train/")
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        page = Page(reply.text)
        assert page.links[0] == "../"
        found = []
        for link in page.links[1:]:
            target = urlsplit(urljoin(f"http://localhost:{server.port}/train/", link))
            assert target.netloc == f"localhost:{server.port}"
            assert not target.query
            assert not target.fragment
            found.append(server.get(target.path).body)
    assert found == sorted([*NAMES, b'{"a": 1}'], key=lambda name: b"a.json" if name == b'{"a": 1}' else name)


def test_names_cannot_add_markup_and_the_page_may_load_nothing(odd: Path) -> None:
    (odd / "<img src=x onerror=alert(1)>").mkdir()
    with RunningServer(odd) as server:
        reply = server.get("/train/")
        outer = server.get("/")
        inner = server.get("/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E/")
    for each in (reply, outer, inner):
        assert {"script", "img"}.isdisjoint(Page(each.text).tags)
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert html.escape("<script>") in reply.text


def test_the_page_of_the_root_does_not_lead_up(server: RunningServer) -> None:
    assert Page(server.get("/").text).links == ["./empty", "./large.bin", "./shard-001.tar", "./train/"]


def test_programs_get_the_json_of_nginx(server: RunningServer, directory: Path) -> None:
    for path in (directory / "shard-001.tar", directory / "train"):
        os.utime(path, (1445412480, 1445412480))
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    (directory / ".hidden").write_text("")
    for reply in (server.get("/", {"Accept": "application/json"}), server.get("/?format=json")):
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.headers["Vary"] == "Accept"
        rows = json.loads(reply.body)
        assert [row["name"] for row in rows] == ["empty", "large.bin", "shard-001.tar", "train"]
        assert rows[2] == {"name": "shard-001.tar", "type": "file", "mtime": date, "size": 4096}
        assert rows[3] == {"name": "train", "type": "directory", "mtime": date}


def test_json_has_names_in_the_order_of_their_bytes_and_a_link_where_they_are_no_text(odd: Path) -> None:
    with RunningServer(odd) as server:
        rows = json.loads(server.get("/train/?format=json").body)
    in_order = sorted([*NAMES, b"a.json"])
    assert [row["name"] for row in rows] == [name.decode(errors="replace") for name in in_order]
    links = {row["name"]: row["href"] for row in rows if "href" in row}
    assert links == {"��-not-utf8.tar": "./" + quote_from_bytes(b"\xff\xfe-not-utf8.tar")}


def test_an_empty_directory_has_an_empty_index(server: RunningServer, directory: Path) -> None:
    (directory / "nothing").mkdir()
    assert json.loads(server.get("/nothing/?format=json").body) == []
    assert Page(server.get("/nothing/").text).links == ["../"]


def test_only_what_can_be_fetched_is_listed(server: RunningServer, directory: Path) -> None:
    (directory / "train" / "out").symlink_to(directory.parent / "outside.txt")
    (directory / "train" / "dangling").symlink_to("nothing")
    (directory / "train" / "inside.tar").symlink_to("../shard-001.tar")
    (directory / "train" / "folder").symlink_to("..")
    os.mkfifo(directory / "train" / "fifo")
    rows = json.loads(server.get("/train/?format=json").body)
    assert [(row["name"], row["type"], row.get("size")) for row in rows] == [
        ("a.json", "file", 8),
        ("folder", "directory", None),
        ("inside.tar", "file", 4096),
    ]


def test_head_of_a_directory_is_200(server: RunningServer) -> None:
    reply = server.request("HEAD", "/train/")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_directory_of_ten_thousand_files_is_listed(server: RunningServer, directory: Path) -> None:
    names = [f"shard-{number:05}.tar" for number in range(10_000)]
    for name in names:
        os.close(os.open(directory / "train" / name, os.O_CREAT | os.O_WRONLY))
    rows = json.loads(server.get("/train/?format=json").body)
    assert [row["name"] for row in rows] == ["a.json", *names]
    assert len(re.findall("<a href", server.get("/train/").text)) == 10_002


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        (b"", False),
        (b"*/*", False),
        (b"application/json", True),
        (b"Application/JSON; charset=utf-8", True),
        (b"application/json, text/plain, */*", True),
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        (b"text/html, application/json;q=0.9", False),
        (b"text/html;q=0.1, application/json;q=0.9", True),
        (b"application/json;q=0", False),
        (b"application/json;q=1.2.3", False),
        (b"application/*", False),
    ],
)
def test_json_is_for_those_who_prefer_it(accept: bytes, json_wanted: bool) -> None:
    assert prefers_json(accept) is json_wanted
