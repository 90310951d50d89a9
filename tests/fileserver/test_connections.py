from __future__ import annotations

import os
import select
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from httptools import HttpResponseParser

from aisnb.fileserver import Limits
from tests.fileserver.conftest import LARGE, SMALL
from tests.fileserver.running import SECONDS, RunningServer, read_to_end, status_of

if TYPE_CHECKING:
    from pathlib import Path

HOST = b"Host: localhost\r\n"
BIG = 64 * 1024 * 1024


class Replies:
    """Reads replies that follow each other on one connection."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.statuses: list[int] = []
        self._body = bytearray()
        self._parser = HttpResponseParser(self)

    def read(self, connection: socket.socket, count: int) -> None:
        while len(self.bodies) < count:
            data = connection.recv(1 << 20)
            assert data, f"the server closed after {len(self.bodies)} of {count} replies"
            self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.statuses.append(self._parser.get_status_code())
        self.bodies.append(bytes(self._body))
        self._body.clear()


def get(target: str, *lines: bytes) -> bytes:
    return b"GET " + target.encode() + b" HTTP/1.1\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@pytest.fixture
def big(directory: Path) -> Path:
    path = directory / "big.bin"
    with path.open("wb") as file:
        for number in range(BIG // len(SMALL)):
            file.write(number.to_bytes(8, "big") + SMALL[8:])
    return path


def test_many_requests_use_one_connection(server: RunningServer) -> None:
    replies = Replies()
    with server.connect() as connection:
        for count in range(1, 30):
            connection.sendall(get("/shard-001.tar"))
            replies.read(connection, count)
    assert set(replies.bodies) == {SMALL}


def test_pipelined_requests_are_answered_in_order(server: RunningServer) -> None:
    targets = [
        "/shard-001.tar",
        "/large.bin",
        "/nothing",
        "/train/a.json",
        "/train/?format=json",
        "/empty",
    ] * 40
    replies = Replies()
    with server.connect() as connection:
        sender = threading.Thread(target=connection.sendall, args=(b"".join(map(get, targets)),))
        sender.start()
        replies.read(connection, len(targets))
        sender.join()
    assert replies.statuses == [404 if target == "/nothing" else 200 for target in targets]
    assert replies.bodies[0::6] == [SMALL] * 40
    assert replies.bodies[1::6] == [LARGE] * 40
    assert replies.bodies[3::6] == [b'{"a": 1}'] * 40
    assert all(b'"a.json"' in body for body in replies.bodies[4::6])
    assert replies.bodies[5::6] == [b""] * 40


def test_a_request_may_come_byte_by_byte(server: RunningServer) -> None:
    replies = Replies()
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in get("/train/a.json", b"X-Some: thing"):
            connection.send(bytes([byte]))
        replies.read(connection, 1)
    assert replies.bodies == [b'{"a": 1}']


def test_a_client_that_closes_its_half_still_gets_its_answers(server: RunningServer) -> None:
    with server.connect() as connection:
        connection.sendall(get("/large.bin") + get("/shard-001.tar"))
        connection.shutdown(socket.SHUT_WR)
        received = read_to_end(connection)
    assert LARGE in received
    assert received.endswith(SMALL)


def test_old_clients_get_one_answer_unless_they_ask_to_stay(server: RunningServer) -> None:
    reply = server.raw(b"GET /shard-001.tar HTTP/1.0\r\n\r\n")
    assert b"Connection: close" in reply
    assert reply.endswith(SMALL)
    replies = Replies()
    with server.connect() as connection:
        for count in (1, 2):
            connection.sendall(b"GET /train/a.json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            replies.read(connection, count)
    assert replies.bodies == [b'{"a": 1}'] * 2


def test_connection_close_is_obeyed(server: RunningServer) -> None:
    assert server.raw(get("/large.bin", b"Connection: close") + get("/shard-001.tar")).endswith(LARGE)


def test_a_request_with_a_body_is_refused_and_what_it_hides_is_not_performed(server: RunningServer) -> None:
    inner = get("/train/a.json")
    length = b"Content-Length: %d" % len(inner)
    assert status_of(server.raw(get("/shard-001.tar", length) + inner)) == 413
    chunked = get("/shard-001.tar", b"Transfer-Encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (
        len(inner),
        inner,
    )
    for reply in (server.raw(chunked + inner), server.raw(chunked.replace(b"GET", b"POST", 1) + inner)):
        assert status_of(reply) in (405, 413)
        assert reply.count(b"HTTP/1.1 ") == 1
        assert b"Connection: close" in reply


def test_a_client_that_uploads_much_sees_the_refusal(server: RunningServer) -> None:
    body = bytes(4 * 1024 * 1024)
    head = b"POST /shard-001.tar HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body)
    assert status_of(server.raw(head + body)) == 405


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"hello\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b" folded: x\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n", 400),
        (get("/", b"Content-Length: 1", b"Transfer-Encoding: chunked"), 400),
        (get("/", b"Expect: magic", b"Connection: close"), 417),
        (get("/", b"Expect: 100-continue", b"Connection: close"), 200),
        (get("/", b"Upgrade: h2c", b"Connection: Upgrade"), 200),
        (get("/", b"X: " + b"x" * 100_000), 431),
        (get("/" + "x" * 100_000), 431),
        (get("/", *[b"X-%d: y" % number for number in range(20_000)]), 431),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(server: RunningServer, data: bytes, status: int) -> None:
    reply = server.raw(data)
    assert status_of(reply) == status
    assert server.get("/shard-001.tar").body == SMALL


def test_the_limit_of_a_header_is_one_requests_and_not_the_connections(server: RunningServer) -> None:
    replies = Replies()
    with server.connect() as connection:
        sender = threading.Thread(target=connection.sendall, args=(get("/train/a.json", b"X: " + b"x" * 900) * 300,))
        sender.start()
        replies.read(connection, 300)
        sender.join()
    assert set(replies.bodies) == {b'{"a": 1}'}


def test_a_silent_connection_is_closed_and_a_slow_header_too(directory: Path, big: Path) -> None:
    with (
        RunningServer(directory, limits=Limits(idle_seconds=0.2, header_seconds=0.1)) as server,
        server.connect(receive_buffer=4096) as served,
        server.connect() as silent,
        server.connect() as slow,
    ):
        served.sendall(get("/big.bin", b"Connection: close"))
        slow.sendall(b"GET /shard-001.tar HTTP/1.1\r\nHost:")
        assert silent.recv(1) == b""
        assert status_of(read_to_end(slow)) == 408
        # One that is being sent to may take its time.
        assert len(read_to_end(served)) > BIG


def test_a_slow_reader_holds_up_nobody_and_gets_everything(directory: Path, big: Path) -> None:
    with RunningServer(directory) as server, server.connect(receive_buffer=4096) as slow:
        slow.sendall(get("/big.bin", b"Connection: close"))
        first = slow.recv(1000)
        for _ in range(20):
            assert server.get("/shard-001.tar").body == SMALL
            assert server.get("/large.bin").body == LARGE
        rest = read_to_end(slow)
    head, _, body = (first + rest).partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % BIG in head
    assert body == big.read_bytes()


@pytest.mark.parametrize("target", ["/big.bin", "/shard-001.tar"])
def test_a_client_that_takes_nothing_is_given_up(directory: Path, big: Path, target: str) -> None:
    with (
        RunningServer(directory, limits=Limits(stall_seconds=1)) as server,
        server.connect(receive_buffer=4096) as stuck,
    ):
        stuck.sendall(get(target) * (1 if target == "/big.bin" else 5_000))
        waiting = select.poll()
        waiting.register(stuck, select.POLLHUP | select.POLLERR)
        assert waiting.poll(SECONDS * 1000)
        assert server.get("/shard-001.tar").status == 200


def test_a_client_that_takes_little_at_a_time_is_not_given_up(directory: Path, big: Path) -> None:
    limits = Limits(stall_seconds=2)
    with RunningServer(directory, limits=limits) as server, server.connect(receive_buffer=4096) as slow:
        slow.sendall(get("/big.bin", b"Range: bytes=0-16777215", b"Connection: close"))
        taken = 0
        begun = time.monotonic()
        while time.monotonic() < begun + 4 * limits.stall_seconds:
            taken += len(slow.recv(64 * 1024))
            time.sleep(0.5)
        taken += len(read_to_end(slow))
        assert taken > 16 << 20


def test_answers_that_are_sent_in_part_are_not_mixed_up(server: RunningServer, directory: Path) -> None:
    contents = [bytes([number]) * 200_000 for number in range(8)]
    for number, content in enumerate(contents):
        (directory / f"{number}.bin").write_bytes(content)
    connections = [server.connect(receive_buffer=4096) for _ in contents]
    for number, connection in enumerate(connections):
        connection.sendall(get(f"/{number}.bin") * 30)
    assert server.get("/shard-001.tar").body == SMALL
    for connection, content in zip(connections, contents, strict=True):
        replies = Replies()
        replies.read(connection, 30)
        assert replies.bodies == [content] * 30
        connection.close()


def test_a_client_that_asks_and_never_reads_cannot_fill_the_memory(server: RunningServer) -> None:
    requests = get("/large.bin", b"X: " + b"x" * 8000) * 100
    sent = 0
    with server.connect(receive_buffer=4096) as connection:
        connection.setblocking(False)
        while select.select([], [connection], [], 1.0)[1]:
            sent += connection.send(requests)
            assert sent < 64 * 1024 * 1024
        assert server.get("/shard-001.tar").body == SMALL


def test_a_file_that_becomes_shorter_while_it_is_sent_is_not_passed_off_as_whole(directory: Path, big: Path) -> None:
    with RunningServer(directory) as server, server.connect(receive_buffer=4096) as connection:
        connection.sendall(get("/big.bin") + get("/shard-001.tar"))
        first = connection.recv(1000)
        os.truncate(big, BIG // 2)
        try:
            rest = read_to_end(connection)
        except ConnectionResetError:
            rest = b""
    assert first.startswith(b"HTTP/1.1 200")
    assert len(first + rest) < BIG
    assert first.count(b"HTTP/1.1") + rest.count(b"HTTP/1.1") == 1


def test_a_file_that_grows_while_it_is_sent_is_sent_as_it_was(directory: Path, big: Path) -> None:
    with RunningServer(directory) as server, server.connect(receive_buffer=4096) as connection:
        connection.sendall(get("/big.bin", b"Connection: close"))
        first = connection.recv(1000)
        with big.open("ab") as file:
            file.write(SMALL)
        body = (first + read_to_end(connection)).partition(b"\r\n\r\n")[2]
    assert len(body) == BIG


def test_closing_lets_the_answer_under_way_end(directory: Path, big: Path) -> None:
    with RunningServer(directory, limits=Limits(grace_seconds=30)) as server:
        connection = server.connect()
        connection.sendall(get("/big.bin"))
        received = [connection.recv(1000)]
        reader = threading.Thread(target=lambda: received.append(read_to_end(connection)))
        reader.start()
    reader.join()
    connection.close()
    assert b"".join(received).endswith(big.read_bytes()[-1000:])


def test_closing_does_not_wait_for_ever_and_twice_is_harmless(directory: Path, big: Path) -> None:
    with RunningServer(directory, limits=Limits(grace_seconds=0.1)) as server:
        stuck, idle = server.connect(receive_buffer=4096), server.connect()
        stuck.sendall(get("/big.bin"))
        assert stuck.recv(10)
        server.close()
        server.close()
    assert idle.recv(1) == b""
    stuck.close()
    idle.close()
