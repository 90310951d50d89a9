from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aisnb.fileserver import Limits, helping
from tests.fileserver.conftest import LARGE, SMALL
from tests.fileserver.running import SECONDS, RunningServer, read_to_end, status_of
from tests.fileserver.test_process import file_server, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not helping.Helper.pays(), reason="there is no second process here")

MANY = helping.MANY_CLIENTS + 8
REQUEST = b"GET /shard-001.tar HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST_REQUEST = b"GET /%b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"


def children(pid: int) -> list[int]:
    """Return the second processes among a process's children; other tests leave it some of other kinds."""
    listed = [int(child) for each in Path(f"/proc/{pid}/task").glob("*/children") for child in each.read_text().split()]
    return [child for child in listed if b"aisnb.fileserver.helper" in command_line(child)]


def command_line(pid: int) -> bytes:
    """Return what a process was called with, b"" if it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def clients_of(pid: int) -> int:
    try:
        opened = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir() if int(each.name) > 2]
    except OSError:
        return 0
    return sum(each.startswith("socket:") for each in opened) - 2  # the event loop has a pair


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@contextmanager
def many_clients(port: int) -> Iterator[list[socket.socket]]:
    """Clients that have each asked once."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=SECONDS)) for _ in range(MANY)
        ]
        for client in clients:
            ask(client)
        yield clients


def ask(client: socket.socket) -> None:
    client.sendall(REQUEST)
    reply = b""
    while not reply.endswith(SMALL):
        piece = client.recv(1 << 20)
        assert piece
        reply += piece
    assert status_of(reply) == 200


def shared_out(pid: int) -> int:
    """Wait until a second process has half of the clients, and return it."""
    wait_until(lambda: [each for each in children(pid) if clients_of(each) >= MANY // 2])
    (second,) = children(pid)
    return second


def test_many_clients_are_shared_with_a_second_process_and_few_are_not(directory: Path) -> None:
    with file_server(directory) as (process, port):
        with many_clients(port) as clients:
            second = shared_out(process.pid)
            for client in clients * 3:
                ask(client)
            assert clients_of(second) == MANY // 2
            with many_clients(port) as more:
                assert clients_of(second) == MANY
                for client in clients + more:
                    ask(client)
        wait_until(lambda: not clients_of(second))
        assert read(port, "large.bin") == LARGE
    with file_server(directory) as (process, port), many_clients(port) as clients:
        for client in clients[8:]:
            client.close()
        time.sleep(1.5)  # it looks every second
        ask(clients[0])
        assert not children(process.pid)


def test_nobody_is_left_when_the_first_process_is_killed(directory: Path) -> None:
    with file_server(directory) as (process, port), many_clients(port) as clients:
        second = shared_out(process.pid)
        process.kill()
        process.wait(SECONDS)
        wait_until(lambda: not is_alive(second))
        for client in clients:
            with suppress(ConnectionResetError):
                assert client.recv(1) == b""
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_stop_ends_both_and_frees_the_port(directory: Path) -> None:
    with file_server(directory) as (process, port), many_clients(port) as clients:
        second = shared_out(process.pid)
        process.stdin.close()
        assert process.wait(SECONDS) == 0
        assert not is_alive(second)
        assert [client.recv(1) for client in clients] == [b""] * MANY
        with file_server(directory, "--port", str(port)) as (_, same):
            assert read(same, "shard-001.tar") == SMALL


def test_answers_under_way_in_both_end_before_a_stop(directory: Path) -> None:
    limits = Limits(grace_seconds=SECONDS - 5)
    with RunningServer(directory, helped=True, limits=limits) as server, many_clients(server.port) as clients:
        shared_out(os.getpid())
        for client in clients:
            client.sendall(LAST_REQUEST % (b"large.bin", b"localhost"))
            assert client.recv(1) == b"H"
        closing = threading.Thread(target=server.close)
        closing.start()
        assert [read_to_end(client).endswith(LARGE) for client in clients] == [True] * MANY
        closing.join()
        assert not children(os.getpid())


def test_both_obey_the_same_rules(directory: Path) -> None:
    (directory / "link").symlink_to(directory.parent / "outside.txt")
    cases = {
        (b"s3cret/train/a.json", b"localhost"): 200,
        (b"s3cret/train/a.json", b"data.lab.example"): 200,
        (b"s3cret/train/a.json", b"evil.example"): 403,
        (b"train/a.json", b"localhost"): 404,
        (b"s3cret/link", b"localhost"): 404,
        (b"s3cret/../outside.txt", b"localhost"): 404,
    }
    with (
        RunningServer(directory, helped=True, secret="s3cret", hosts=["data.lab.example"]) as server,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(server.connect()) for _ in range(MANY)]
        shared_out(os.getpid())
        for case in cases:
            for client in clients:
                client.sendall(LAST_REQUEST.replace(b"close", b"keep-alive") % case)
        for client in clients:
            with suppress(OSError):  # it may have been hung up by now
                client.shutdown(socket.SHUT_WR)
            statuses = re.findall(rb"HTTP/1.1 (\d+)", read_to_end(client))
            assert list(map(int, statuses)) == list(cases.values())


def test_both_give_up_clients_that_are_too_slow(directory: Path) -> None:
    with (
        RunningServer(directory, helped=True, limits=Limits(header_seconds=0.1)) as server,
        many_clients(server.port) as clients,
    ):
        shared_out(os.getpid())
        for client in clients:
            client.sendall(b"GE")
        assert [status_of(read_to_end(client)) for client in clients] == [408] * MANY


def test_requests_that_have_begun_stay_where_they_are(directory: Path) -> None:
    with RunningServer(directory, helped=True) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(2 * MANY)]
        for client in clients[:MANY]:
            client.sendall(REQUEST[:1])
        wait_until(lambda: [each for each in children(os.getpid()) if clients_of(each) == MANY])
        for client in clients[:MANY]:
            client.sendall(REQUEST[1:-4] + b"\r\nConnection: close\r\n\r\n")
        assert [read_to_end(client)[-4096:] for client in clients[:MANY]] == [SMALL] * MANY


def test_a_server_whose_second_process_does_not_start_goes_on_alone(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for program, said in (("/bin/false", "has died"), ("/nothing/python", "cannot be started")):
        monkeypatch.setattr(sys, "executable", program)
        with RunningServer(directory, helped=True) as server, many_clients(server.port) as clients:
            wait_until(lambda said=said: said in caplog.text)
            for client in clients:
                ask(client)


def test_a_server_whose_second_process_is_killed_goes_on_alone(directory: Path) -> None:
    with file_server(directory) as (process, port):
        with many_clients(port):
            second = shared_out(process.pid)
            os.kill(second, signal.SIGKILL)
            # A process that ends has no command line any more before its sockets are closed.
            wait_until(lambda: not is_alive(second))
        with many_clients(port) as clients:
            for client in clients:
                ask(client)


def test_a_second_process_without_clients_ends(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helping, "PAUSE_SECONDS", 0.0)
    with RunningServer(directory, helped=True) as server:
        with many_clients(server.port):
            shared_out(os.getpid())
        wait_until(lambda: not children(os.getpid()))
        with many_clients(server.port) as clients:
            shared_out(os.getpid())
            for client in clients:
                ask(client)
