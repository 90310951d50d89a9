from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

import pytest

from aisnb.fileserver.files import split_path
from tests.fileserver.running import RunningServer, status_of

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    b"with space.tar",
    b"100%.tar",
    b"%41.tar",
    b"%2e%2e",
    b"a#b?c+d&e=f;g",
    b"'single' and \"double\" `back`",
    b"<script>alert(1)</script>".replace(b"/", b"|"),
    b"new\nline\ttab\rreturn",
    "shard-🗂️-ü.tar".encode(),
    "قائمة-רשימה.tar".encode(),
    b"\xff\xfe-not-utf8.tar",
    b"-rf",
    b"a..b",
    b"back\\slash\\..\\x",
    b"C:name",
    b"http:colon",
    b"{1..3}[x]*",
    b"n" * 255,
    "é".encode() * 127,
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("below", [b"", b"train"])
def test_a_name_with_any_characters_is_served(
    server: RunningServer, directory: Path, name: bytes, below: bytes
) -> None:
    path = os.path.join(os.fsencode(directory), below, name)
    with open(path, "wb") as file:
        file.write(name)
    folder = f"/{below.decode()}/" if below else "/"
    assert server.get(folder + quote_from_bytes(name)).body == name


def test_percent_encoding_is_decoded_once() -> None:
    assert split_path(b"/a%2525/%41") == [b"a%25", b"A"]
    assert split_path(b"/a/") == [b"a", b""]
    assert split_path(b"/") == [b""]
    assert split_path(b"/100%") == [b"100%"]


ATTACKS = [
    b"/../outside.txt",
    b"/train/../../outside.txt",
    b"/%2e%2e/outside.txt",
    b"/%2E%2E%2Foutside.txt",
    b"/..%2foutside.txt",
    b"/train/..%2f..%2foutside.txt",
    b"/train%2fa.json",
    b"/%252e%252e/outside.txt",
    b"/..%5coutside.txt",
    b"/..\\outside.txt",
    b"/.%2e/outside.txt",
    b"/./shard-001.tar",
    b"//shard-001.tar",
    b"//etc/passwd",
    b"/train//a.json",
    b"/%2fetc/passwd",
    b"/shard-001.tar%00",
    b"/%00",
    b"/shard-001.tar/",
    b"/shard-001.tar/x",
    b"/.hidden",
    b"/.git/config",
    b"/train/%2ehidden",
    b"/out-file",
    b"/out-directory/outside.txt",
    b"/out-directory/",
    b"/out-parent/outside.txt",
    b"/sibling/secret.txt",
    b"/loop",
    b"/dangling",
    b"/fifo",
    b"/" + b"n" * 256,
    b"/" + b"a/" * 3000,
    b"/" + b"%2e%2e/" * 100 + b"etc/passwd",
]


@pytest.fixture
def trapped(directory: Path) -> Path:
    outside = directory.parent
    sibling = outside / "served-too"  # shares the beginning of its path with the served directory
    sibling.mkdir()
    (sibling / "secret.txt").write_text("not served")
    (directory / ".hidden").write_text("not served")
    (directory / ".git").mkdir()
    (directory / ".git" / "config").write_text("not served")
    (directory / "train" / ".hidden").write_text("not served")
    (directory / "out-file").symlink_to(outside / "outside.txt")
    (directory / "out-directory").symlink_to(outside)
    (directory / "out-parent").symlink_to("..")
    (directory / "sibling").symlink_to(sibling)
    (directory / "loop").symlink_to("loop")
    (directory / "dangling").symlink_to("nothing")
    os.mkfifo(directory / "fifo")
    return directory


@pytest.mark.parametrize("target", ATTACKS)
def test_nothing_but_the_served_directory_is_reached(trapped: Path, target: bytes) -> None:
    with RunningServer(trapped) as server:
        reply = server.raw(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status_of(reply) == 404
    assert b"not served" not in reply


@pytest.mark.parametrize("target", [b"..", b"../outside.txt", b"etc/passwd", b"*", b"file:///etc/passwd", b"http://"])
def test_a_target_that_is_no_path_is_refused(trapped: Path, target: bytes) -> None:
    with RunningServer(trapped) as server:
        reply = server.raw(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status_of(reply) in (400, 404)
    assert b"not served" not in reply


def test_links_that_stay_inside_are_followed(directory: Path) -> None:
    (directory / "latest.json").symlink_to("train/a.json")
    (directory / "absolute.json").symlink_to(directory / "train" / "a.json")
    (directory / "folder").symlink_to("train")
    (directory / "train" / "up").symlink_to("..")
    with RunningServer(directory) as server:
        for target in ("/latest.json", "/absolute.json", "/folder/a.json", "/train/up/train/a.json"):
            assert server.get(target).text == '{"a": 1}', target
        assert server.get("/folder").status == 301
        assert server.get("/folder/").status == 200


def test_a_served_directory_may_itself_be_a_link(directory: Path) -> None:
    link = directory.with_name("link")
    link.symlink_to(directory)
    (directory / "inside").symlink_to(directory / "shard-001.tar")
    with RunningServer(link) as server:
        assert server.get("/train/a.json").text == '{"a": 1}'
        assert server.get("/inside").status == 200


def test_a_directory_without_slash_leads_to_the_one_with_it(server: RunningServer, directory: Path) -> None:
    (directory / "a:b c").mkdir()
    reply = server.get("/train?format=json")
    assert (reply.status, reply.headers["Location"]) == (301, "./train/?format=json")
    assert server.get("/a%3Ab%20c").headers["Location"] == "./a%3Ab%20c/"


def test_with_a_secret_everything_lives_below_it(directory: Path) -> None:
    with RunningServer(directory, secret="s3cret") as server:
        assert server.get("/s3cret/train/a.json").text == '{"a": 1}'
        assert server.get("/s3cret/").status == 200
        assert server.get("/s3cret").headers["Location"] == "./s3cret/"
        for target in ("/", "/train/a.json", "/s3cre/train/a.json", "/s3cret2/train/a.json", "/?format=json"):
            reply = server.get(target)
            assert reply.status == 404, target
            assert "s3cret" not in reply.text
        assert "s3cret" not in server.get("/s3cret/").text
