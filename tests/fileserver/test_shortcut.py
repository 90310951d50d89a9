"""Plain requests take a shorter way: what they get is what all others get."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from aisnb.fileserver.representation import SMALL_BYTES
from tests.fileserver.conftest import SMALL
from tests.fileserver.running import RunningServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fileserver.running import Reply

#: A condition that every file meets: nothing changes by it, but the request takes the long way.
LONG_WAY = {"If-None-Match": '"of-another-file"'}


def said(reply: Reply) -> tuple[int, list[tuple[str, str]], bytes]:
    return reply.status, [field for field in reply.headers.items() if field[0] != "Date"], reply.body


@pytest.mark.parametrize("secret", ["", "s3cret"])
@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES, SMALL_BYTES + 1])
def test_both_ways_lead_to_the_same(directory: Path, secret: str, size: int) -> None:
    with RunningServer(directory, secret=secret) as server:
        for name in ("shard-1.tar", "README", "train/x.JSON", "train.d/plain", "v1.2/b.c.tar.gz", "a=b,c"):
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(os.urandom(size))
            target = f"/{secret}/{name}" if secret else f"/{name}"
            for fields in ({}, {"Connection": "keep-alive"}, {"Connection": "close"}):
                short = server.get(target, fields)
                assert short.body == path.read_bytes()
                assert said(short) == said(server.get(target, fields | LONG_WAY))


def test_both_ways_refuse_the_same(directory: Path) -> None:
    os.mkfifo(directory / "fifo")
    (directory / "link").symlink_to("shard-001.tar")
    (directory / "link-out").symlink_to("../outside.txt")
    (directory / ".hidden").write_text("not served")
    (directory / "closed").write_text("not served")
    (directory / "closed").chmod(0)
    with RunningServer(directory) as server:
        for target in ("/nothing", "/train", "/fifo", "/link", "/link-out", "/closed", "/.hidden"):
            assert said(server.get(target)) == said(server.get(target, LONG_WAY)), target


def test_a_file_is_served_as_it_is_now(server: RunningServer, directory: Path) -> None:
    path = directory / "shard-001.tar"
    first = server.get("/shard-001.tar")
    changed = SMALL[::-1]
    path.write_bytes(changed)
    second = server.get("/shard-001.tar")
    (directory / "new").write_bytes(SMALL)
    os.utime(directory / "new", ns=(0, path.stat().st_mtime_ns))
    (directory / "new").replace(path)
    third = server.get("/shard-001.tar")
    assert [first.body, second.body, third.body] == [SMALL, changed, SMALL]
    assert len({reply.headers["ETag"] for reply in (first, second, third)}) == 3
    path.unlink()
    assert server.get("/shard-001.tar").status == 404


def test_a_directory_that_was_replaced_is_served_as_it_is_now(server: RunningServer, directory: Path) -> None:
    assert server.get("/train/a.json").status == 200
    directory.rename(directory.with_name("before"))
    assert server.get("/train/a.json").status == 503
    (directory / "train").mkdir(parents=True)
    (directory / "train" / "a.json").write_text("after")
    assert server.get("/train/a.json").body == b"after"


def test_a_name_that_begins_like_the_secret_is_not_the_secret(directory: Path) -> None:
    sibling = directory.with_name(directory.name + "-too")
    sibling.mkdir()
    (sibling / "secret.txt").write_text("not served")
    with RunningServer(directory, secret="abc") as server:
        assert server.get("/abc/train/a.json").status == 200
        for target in ("/abc-too/secret.txt", "/ab/c/a.json", "/abctrain/a.json", "/train/a.json", "/ab/train/a.json"):
            assert server.get(target).status == 404, target
