from __future__ import annotations

import os
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tests.fileserver.conftest import LARGE, SMALL
from tests.fileserver.running import status_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fileserver.running import RunningServer


@pytest.mark.parametrize(("name", "content"), [("shard-001.tar", SMALL), ("large.bin", LARGE), ("empty", b"")])
def test_a_file_arrives_whole_with_its_validators(
    server: RunningServer, directory: Path, name: str, content: bytes
) -> None:
    os.utime(directory / name, (1445412480, 1445412480))
    reply = server.get(f"/{name}")
    assert (reply.status, reply.body) == (200, content)
    assert reply.headers["Content-Length"] == str(len(content))
    assert reply.headers["Last-Modified"] == "Wed, 21 Oct 2015 07:28:00 GMT"
    assert reply.headers["ETag"].startswith('"')
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert parsedate_to_datetime(reply.headers["Date"])
    assert not [header for header in reply.headers if header.lower().startswith("access-control")]


@pytest.mark.parametrize("name", ["shard-001.tar", "large.bin", "empty"])
def test_head_says_what_get_would_and_sends_nothing(server: RunningServer, name: str) -> None:
    got, headed = server.get(f"/{name}"), server.request("HEAD", f"/{name}")
    assert (headed.status, headed.body) == (200, b"")
    assert {**headed.headers, "Date": ""} == {**got.headers, "Date": ""}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.tar", "application/x-tar"),
        ("a.TAR", "application/x-tar"),
        ("a.tar.gz", "application/gzip"),
        ("a.tgz", "application/gzip"),
        ("a.json", "application/json"),
        ("a.xz", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("a.unheard", "application/octet-stream"),
    ],
)
def test_the_media_type_comes_from_the_extension_and_nothing_is_to_be_unpacked(
    server: RunningServer, directory: Path, name: str, kind: str
) -> None:
    (directory / name).write_bytes(b"x")
    reply = server.get(f"/{name}")
    assert reply.headers["Content-Type"] == kind
    assert reply.headers["Content-Encoding"] is None


@pytest.mark.parametrize(("name", "content"), [("shard-001.tar", SMALL), ("large.bin", LARGE)])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (5, 100), (1, None), (-10, None)])
def test_a_range_is_sent_with_its_place(
    server: RunningServer, name: str, content: bytes, start: int, stop: int | None
) -> None:
    wanted = f"bytes={start}" if start < 0 else f"bytes={start}-{stop - 1 if stop else ''}"
    reply = server.get(f"/{name}", {"Range": wanted})
    part = content[start:stop]
    first = start % len(content)
    assert (reply.status, reply.body) == (206, part)
    assert reply.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(content)}"
    assert reply.headers["Content-Length"] == str(len(part))


def test_a_range_behind_the_end_gets_416_with_the_size(server: RunningServer) -> None:
    reply = server.get("/shard-001.tar", {"Range": "bytes=4096-"})
    assert reply.status == 416
    assert reply.headers["Content-Range"] == "bytes */4096"


def test_several_ranges_get_the_whole_file(server: RunningServer) -> None:
    reply = server.get("/shard-001.tar", {"Range": "bytes=0-1,4-5"})
    assert (reply.status, reply.body) == (200, SMALL)


def test_head_ignores_a_range(server: RunningServer) -> None:
    reply = server.request("HEAD", "/shard-001.tar", {"Range": "bytes=0-9"})
    assert (reply.status, reply.headers["Content-Length"]) == (200, "4096")


def test_a_resume_with_if_range_goes_on_only_in_the_same_file(server: RunningServer, directory: Path) -> None:
    etag = server.get("/shard-001.tar").headers["ETag"]
    wanted = {"Range": "bytes=4000-", "If-Range": etag}
    assert server.get("/shard-001.tar", wanted).status == 206
    changed = directory / "changed"
    changed.write_bytes(SMALL[::-1])
    changed.rename(directory / "shard-001.tar")
    reply = server.get("/shard-001.tar", wanted)
    assert (reply.status, reply.body) == (200, SMALL[::-1])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_unchanged_file_gets_304_and_a_wrong_state_412(server: RunningServer, method: str) -> None:
    known = server.get("/shard-001.tar").headers
    unchanged = server.request(method, "/shard-001.tar", {"If-None-Match": known["ETag"]})
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert unchanged.headers["ETag"] == known["ETag"]
    since = server.request(method, "/shard-001.tar", {"If-Modified-Since": known["Last-Modified"]})
    assert since.status == 304
    assert server.request(method, "/shard-001.tar", {"If-Match": '"other"'}).status == 412


def test_a_condition_goes_before_a_range(server: RunningServer) -> None:
    etag = server.get("/shard-001.tar").headers["ETag"]
    assert server.get("/shard-001.tar", {"Range": "bytes=9999-", "If-None-Match": etag}).status == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
def test_other_methods_are_told_which_ones_there_are(server: RunningServer, method: str) -> None:
    reply = server.request(method, "/shard-001.tar")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
    assert "GET or HEAD" in reply.text


def test_what_is_not_there_gets_404_in_words(server: RunningServer) -> None:
    reply = server.get("/shard-999.tar")
    assert reply.status == 404
    assert "no such file" in reply.text
    headed = server.request("HEAD", "/shard-999.tar")
    assert (headed.status, headed.body) == (404, b"")


def test_the_query_is_ignored(server: RunningServer) -> None:
    assert server.get("/shard-001.tar?uuid=1&x=/../..").body == SMALL


def test_the_absolute_form_of_a_request_is_understood(server: RunningServer) -> None:
    reply = server.raw(b"GET http://localhost/shard-001.tar HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert status_of(reply) == 200
    assert reply.endswith(SMALL)


def test_a_file_that_may_not_be_read_gets_403(server: RunningServer, directory: Path) -> None:
    (directory / "shard-001.tar").chmod(0)
    if os.access(directory / "shard-001.tar", os.R_OK):
        pytest.skip("this user may read everything")
    assert server.get("/shard-001.tar").status == 403


def test_a_directory_that_goes_gets_503_and_is_served_again_when_it_comes_back(
    server: RunningServer, directory: Path
) -> None:
    away = directory.with_name("away")
    directory.rename(away)
    for target in ("/shard-001.tar", "/train/a.json", "/", "/?format=json"):
        reply = server.get(target)
        assert reply.status == 503, target
        assert "gone" in reply.text
    away.rename(directory)
    assert server.get("/shard-001.tar").body == SMALL
