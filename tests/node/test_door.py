"""Small objects are handed out past the framework: nobody can tell, whatever else is asked on the same connection."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import struct
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from aisnb.node import app
from aisnb.node.leases import Leases
from aisnb.node.listening import Listening
from aisnb.node.root import DataRoot
from aisnb.store import Store
from tests.support.nodes import PATIENCE, running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nodes import NodeAt, NodeProcess

#: AIStore's ``su``, and the right to list only.
EVERYTHING, LISTING_ONLY = str(2**64 - 1), str(1 << 9)
SMALL, LARGE = b"hello world", bytes(range(256)) * 4096


@pytest.fixture
def shelf(node: NodeProcess, bucket: str) -> str:
    """A bucket with a small and a large object."""
    node.put(bucket, "dir/small", SMALL)
    node.put(bucket, "large", LARGE)
    return f"/v1/objects/{bucket}"


@contextlib.contextmanager
def talk(node: NodeAt) -> Iterator[socket.socket]:
    address = urlsplit(node.endpoint)
    with socket.create_connection((address.hostname, address.port), PATIENCE) as connection:
        yield connection


@contextlib.contextmanager
def narrow_talk(node: NodeAt) -> Iterator[socket.socket]:
    """A connection of small segments that takes little before it is read from: systems hold back as little for it."""
    address = urlsplit(node.endpoint)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.settimeout(PATIENCE)
        connection.connect((address.hostname, address.port))
        yield connection


def question(node: NodeAt, target: str, *more: str, version: str = "1.1") -> bytes:
    lines = [f"GET {target} HTTP/{version}", "Host: 127.0.0.1", f"Authorization: Bearer {node.token}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Return status and body of as many answers."""
    found = []
    with connection.makefile("rb") as stream:
        for _ in range(count):
            status = int(stream.readline().split()[1])
            headers = http.client.parse_headers(stream)
            found.append((status, stream.read(int(headers["Content-Length"]))))
    return found


def test_the_headers_are_those_of_the_framework(node: NodeProcess, shelf: str) -> None:
    quick = node.ask("GET", f"{shelf}/dir/small?provider=ais")
    other = node.ask("GET", f"{shelf}/dir/small?provider=ais&anything=else")
    assert (quick.status, quick.body) == (other.status, other.body) == (200, SMALL)
    assert "server" in other.headers
    assert "server" not in quick.headers, "both came from the framework"
    for name in ("server", "date"):
        quick.headers.pop(name, None)
        other.headers.pop(name, None)
    assert quick.headers == other.headers


def test_a_connection_can_ask_for_small_objects_and_then_for_anything(node: NodeProcess, shelf: str) -> None:
    with contextlib.closing(node.connection()) as connection:
        said = {"Authorization": f"Bearer {node.token}"}
        for method, name, body, wanted in [
            ("GET", "dir/small", None, SMALL),
            ("GET", "dir/small", None, SMALL),
            ("GET", "large", None, LARGE),
            ("GET", "dir/small", None, SMALL),
            ("PUT", "dir/small", b"other", b""),
            ("GET", "dir/small", None, b"other"),
            ("HEAD", "dir/small", None, b""),
        ]:
            connection.request(method, f"{shelf}/{name}", body, said)
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, wanted)


def test_what_is_remembered_of_an_object_is_never_older_than_its_last_change(node: NodeProcess, shelf: str) -> None:
    place = f"{shelf}/dir/small"
    for number in range(3):
        node.ask("PATCH", place, {"action": "", "name": "", "value": {"n": str(number)}})
        for _ in range(3):
            answer = node.ask("GET", place)
            assert (answer.body, answer.headers["ais-custom-md"]) == (SMALL, f"n={number}")
    node.put(shelf.rpartition("/")[2], "dir/small", b"other")
    answer = node.ask("GET", place)
    assert (answer.body, answer.headers["ais-version"]) == (b"other", "2")
    assert "ais-custom-md" not in answer.headers
    file = node.root.path / "buckets" / "ais" / shelf.rpartition("/")[2] / "dir" / "small"
    file.write_bytes(b"by hand")
    assert "changed by hand" in node.ask("GET", place).message
    assert node.ask("DELETE", place).status == 200
    assert node.ask("GET", place).status == 404


def test_a_file_that_cannot_be_read_is_the_frameworks_to_say(node: NodeProcess, shelf: str) -> None:
    place = f"{shelf}/dir/small"
    assert node.ask("GET", place).body == node.ask("GET", place).body == SMALL
    file = node.root.path / "buckets" / "ais" / shelf.rpartition("/")[2] / "dir" / "small"
    file.unlink()
    assert str(file) in node.ask("GET", place).message
    file.mkdir()
    assert node.ask("GET", place).status >= 400


def test_a_right_that_is_taken_away_is_not_remembered(node: NodeProcess, shelf: str) -> None:
    bucket = shelf.rpartition("/")[2]
    for access, status in [(LISTING_ONLY, 403), (EVERYTHING, 200), (LISTING_ONLY, 403)]:
        said = {"action": "set-bprops", "name": "", "value": {"access": access}}
        assert node.ask("PATCH", f"/v1/buckets/{bucket}", said).status == 200
        for _ in range(2):
            assert node.ask("GET", f"{shelf}/dir/small").status == status


def test_a_bucket_that_goes_takes_what_is_remembered_with_it(node: NodeProcess, shelf: str) -> None:
    bucket = shelf.rpartition("/")[2]
    assert node.get(bucket, "dir/small") == node.get(bucket, "dir/small") == SMALL
    said = {"action": "move-bck", "name": "", "value": None}
    assert node.ask("POST", f"/v1/buckets/{bucket}?bck_to=ais/@%23/{bucket}-new/", said).status == 200
    assert node.ask("GET", f"{shelf}/dir/small").status == 404
    assert node.get(f"{bucket}-new", "dir/small") == node.get(f"{bucket}-new", "dir/small") == SMALL
    said = {"action": "destroy-bck", "name": "", "value": None}
    assert node.ask("DELETE", f"/v1/buckets/{bucket}-new", said).status == 200
    assert node.ask("GET", f"/v1/objects/{bucket}-new/dir/small").status == 404


def test_questions_that_come_at_once_or_in_pieces_are_answered_in_order(node: NodeProcess, shelf: str) -> None:
    small, large = question(node, f"{shelf}/dir/small"), question(node, f"{shelf}/large")
    with talk(node) as connection:
        connection.sendall(small)
        assert answers(connection, 1) == [(200, SMALL)]
        connection.sendall(small + large + small)
        assert answers(connection, 3) == [(200, SMALL), (200, LARGE), (200, SMALL)]
    with talk(node) as connection:
        for piece in (small[:10], small[10:]):
            connection.sendall(piece)
            time.sleep(0.05)
        assert answers(connection, 1) == [(200, SMALL)]


def test_whoever_takes_no_answers_is_asked_no_more_and_gets_all_in_the_end(node: NodeProcess, bucket: str) -> None:
    content = bytes(200_000)
    node.put(bucket, "o", content)
    with talk(node) as connection:
        for _ in range(100):
            connection.sendall(question(node, f"/v1/objects/{bucket}/o"))
        assert answers(connection, 100) == [(200, content)] * 100


def test_an_answer_that_is_taken_slowly_comes_whole_and_the_next_question_after_it(
    node: NodeProcess, bucket: str
) -> None:
    content = bytes(range(256)) * 1000
    node.put(bucket, "o", content)
    asked = question(node, f"/v1/objects/{bucket}/o")
    with narrow_talk(node) as connection:
        connection.sendall(asked)
        assert len(connection.recv(1, socket.MSG_PEEK)) == 1
        connection.sendall(asked)  # not read before the first answer has gone out
        assert answers(connection, 2) == [(200, content)] * 2


def test_who_closes_only_its_half_gets_its_answer_and_the_end(node: NodeProcess, shelf: str) -> None:
    with talk(node) as connection:
        connection.sendall(question(node, f"{shelf}/dir/small"))
        connection.shutdown(socket.SHUT_WR)
        assert answers(connection, 1) == [(200, SMALL)]
        assert connection.recv(1) == b""


def test_who_goes_away_in_the_middle_of_an_answer_disturbs_nobody(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", bytes(250_000))
    for _ in range(5):
        with narrow_talk(node) as connection:
            connection.sendall(question(node, f"/v1/objects/{bucket}/o"))
            assert connection.recv(10) == b"HTTP/1.1 2"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert node.get(bucket, "o") == bytes(250_000)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Range: bytes=0-4"], 206),
        (["Host: 127.0.0.1"], 400),
        (["Content-Length: 3", "", "GET"], 200),
        (["Expect: 100-continue"], 100),
        (["Connection: close"], 200),
    ],
)
def test_unusual_questions_are_the_frameworks(node: NodeProcess, shelf: str, lines: list[str], status: int) -> None:
    with talk(node) as connection:
        connection.sendall(question(node, f"{shelf}/dir/small", *lines))
        head = connection.makefile("rb").readline()
    assert int(head.split()[1]) == status


def test_who_may_not_enter_gets_nothing(node: NodeProcess, shelf: str) -> None:
    path = f"{shelf}/dir/small"
    for headers, status in [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": f"Basic {node.token}"}, 401),
        ({"Authorization": f"Bearer {node.token}x"}, 401),
        ({"Host": "evil.example"}, 403),
    ]:
        for _ in range(2):
            answer = node.ask("GET", path, headers=headers)
            assert answer.status == status
            assert SMALL not in answer.body
        assert node.ask("GET", path).body == SMALL, "remembered for those who may enter only"


def test_the_token_may_be_spelled_in_all_ways_that_the_framework_knows(node: NodeProcess, shelf: str) -> None:
    for value in (f"bearer {node.token}", f"Bearer  {node.token}", f"Bearer {node.token} "):
        assert node.ask("GET", f"{shelf}/dir/small", headers={"Authorization": value}).body == SMALL


def test_idle_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with running_node(tmp_path / "home") as node:
        node.put(node.create("abc"), "o", SMALL)
        with talk(node) as silent, talk(node) as served:
            served.sendall(question(node, "/v1/objects/abc/o"))
            assert answers(served, 1) == [(200, SMALL)]
            assert node.stop() == 0
            assert silent.recv(1) == served.recv(1) == b""


async def test_connections_that_neither_ask_nor_take_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aisnb.node.door._IDLE_SECONDS", 0.3)
    root = DataRoot(tmp_path / "home")
    root.prepare()
    async with app.running_node(root, listening=Listening(), idle=600, keep=False, token="t") as node:
        address = urlsplit(node.endpoint)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()


async def test_asking_for_small_objects_keeps_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    now, ahead = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: now() + ahead)
    store, stop = Store(tmp_path / "home"), asyncio.Event()
    leases = Leases(store, 1000.0, stop, lambda: 0)
    leases.reconsider()
    for later, touched, stopped in [(800.0, True, False), (1600.0, False, False), (2400.0, False, True)]:
        ahead = later
        if touched:
            leases.touch()
        await asyncio.sleep(0.05)
        assert stop.is_set() == stopped, later
    leases.close()
    store.close()
