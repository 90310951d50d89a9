"""Objects that are open for reading."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb import background
from aisnb.settings import read_settings
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.faulty import FaultySource

#: More than fits between a node and its reader, so that most is still to come when the first bytes are read.
_LONG = 48 << 20


@pytest.fixture
def long(client: aisnb.Client, bucket: str, tmp_path: Path) -> tuple[str, bytes]:
    """The name of a long object, and what is in it."""
    content = secrets.token_bytes(1 << 20) * (_LONG >> 20)
    (tmp_path / "long").write_bytes(content)
    return client.put(tmp_path / "long", bucket)[0], content


def test_an_object_reads_as_a_file_does(client: aisnb.Client, bucket: str, shards: Path) -> None:
    for path in (shards / "shard-000.tar", shards / "shard-009.tar"):
        (name,) = client.put(path, bucket)
        with client.open(name) as stream:
            assert (stream.readable(), stream.seekable(), stream.writable()) == (True, False, False)
            assert stream.read(1) == path.read_bytes()[:1]
            assert stream.read() == path.read_bytes()[1:]
            assert stream.read() == b""
            assert name in repr(stream.raw)
        stream.close()
        with pytest.raises(ValueError, match="closed"):
            stream.read()


def test_an_empty_object_has_no_bytes(client: aisnb.Client, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (name,) = client.put(tmp_path / "empty", bucket)
    with client.open(name) as stream:
        assert stream.read() == b""


def test_a_link_opens_and_its_file_stays_in_its_ht_bucket(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/dir/file", b"hello" * 1000)
    with client.open(source.url("/dir/file")) as stream:
        assert stream.read() == b"hello" * 1000
    (bucket,) = client.buckets("ht").query(f"url == '{source.url('/dir/')}'")["name"]
    with client.open(f"{bucket}/file") as stream:
        assert stream.read(10) == b"hellohello"


def test_what_is_not_there_is_said_when_it_is_opened(client: aisnb.Client, bucket: str) -> None:
    with pytest.raises(aisnb.ObjectNotFound):
        client.open(f"{bucket}/nothing")
    with pytest.raises(aisnb.UsageError, match="mode 'wb'"):
        client.open(f"{bucket}/nothing", "wb")


def test_a_reader_goes_on_behind_what_came_when_the_node_was_killed(
    client: aisnb.Client, long: tuple[str, bytes]
) -> None:
    name, content = long
    with client.open(name) as stream:
        assert stream.read(1000) == content[:1000]
        os.kill(aisnb.node_status().pid or 0, signal.SIGKILL)
        assert stream.read() == content[1000:]


def test_an_object_that_changed_under_its_reader_is_not_taken_for_whole(
    client: aisnb.Client, long: tuple[str, bytes], tmp_path: Path
) -> None:
    name, content = long
    with client.open(name) as stream:
        stream.read(1000)
        os.kill(aisnb.node_status().pid or 0, signal.SIGKILL)
        (tmp_path / "long").write_bytes(content[::-1])
        client.put(tmp_path / "long", name)
        with pytest.raises(aisnb.EndpointRefused, match="checksum"):
            stream.read()


def test_a_shard_is_read_member_by_member_and_left_in_the_middle(
    client: aisnb.Client, bucket: str, tmp_path: Path
) -> None:
    with tarfile.open(tmp_path / "shard.tar", "w") as shard:
        for number in range(5):
            (tmp_path / f"{number}.txt").write_bytes(b"x" * 300_000)
            shard.add(tmp_path / f"{number}.txt", f"{number}.txt")
    (name,) = client.put(tmp_path / "shard.tar", bucket)
    with client.open(name) as stream, tarfile.open(fileobj=stream, mode="r|") as shard:
        assert shard.next().name == "0.txt"  # type: ignore[union-attr]  # it has members
    assert client.get(name) == (tmp_path / "shard.tar").read_bytes()


_FORK = """
import os, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads, and this is one
import aisnb
client = aisnb.connect()
client.create("ais://forked")
client.put(__import__("sys").argv[1], "ais://forked/file")
stream = client.open("ais://forked/file")
if os.fork() == 0:
    with client.open("ais://forked/file") as own:
        read = own.read()
    try:
        stream.read()
    except aisnb.UsageError:
        os._exit(0 if read == b"hello" else 1)
    os._exit(2)
print(os.waitstatus_to_exitcode(os.wait()[1]), stream.read())
"""


def test_the_workers_of_a_loader_open_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    environment = os.environ | {"AISNB_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", _FORK, str(tmp_path / "file")]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (done.stdout.strip(), done.stderr) == ("0 b'hello'", "")
    finally:
        background.stop(read_settings(environment))
