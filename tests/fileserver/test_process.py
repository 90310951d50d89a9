from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import aiohttp
import pytest

from aisnb.errors import DirectoryNotFound, PortInUse, UsageError
from aisnb.fileserver import FileServer
from tests.fileserver.conftest import LARGE, SMALL
from tests.fileserver.running import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

SPARSE = 256 * 1024 * 1024
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@contextmanager
def file_server(directory: Path, *options: str, stdin: int = subprocess.PIPE) -> Iterator[tuple[Any, int]]:
    command = [sys.executable, "-m", "aisnb.fileserver", str(directory), *options]
    with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["port"]
        finally:
            process.kill()


def fails(directory: Path, *options: str) -> tuple[int, dict[str, str]]:
    command = [sys.executable, "-m", "aisnb.fileserver", str(directory), *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    return done.returncode, json.loads(lines[0])


def read(port: int, name: str) -> bytes:
    with urlopen(f"http://localhost:{port}/{name}", timeout=SECONDS) as response:
        content: bytes = response.read()
        return content


def test_it_says_its_port_in_one_line_and_serves(directory: Path) -> None:
    with file_server(directory) as (process, port):
        assert read(port, "shard-001.tar") == SMALL
        process.stdin.close()
        assert process.stdout.read() == b""


def test_it_ends_when_its_stdin_does(directory: Path) -> None:
    with file_server(directory) as (process, port):
        process.stdin.write(b"words that mean nothing\n")
        process.stdin.flush()
        assert read(port, "shard-001.tar") == SMALL
        process.stdin.close()
        assert process.wait(SECONDS) == 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_told_to(directory: Path, number: signal.Signals) -> None:
    with file_server(directory) as (process, port):
        assert read(port, "shard-001.tar") == SMALL
        process.send_signal(number)
        assert process.wait(SECONDS) == 0


def test_without_a_pipe_it_stays(directory: Path) -> None:
    with file_server(directory, stdin=subprocess.DEVNULL) as (process, port):
        assert read(port, "shard-001.tar") == SMALL
        assert process.poll() is None


def test_a_port_in_use_is_said(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, line = fails(directory, "--port", str(port))
    assert (status, line["error"]) == (1, "port-in-use")
    assert str(port) in line["message"]


def test_a_directory_that_is_none_is_said(directory: Path) -> None:
    status, line = fails(directory / "nothing")
    assert (status, line["error"]) == (1, "no-directory")
    assert str(directory / "nothing") in line["message"]
    assert fails(directory / "shard-001.tar")[1]["error"] == "no-directory"


@pytest.mark.parametrize("address", ["192.0.2.1", "not.a.name.invalid"])
def test_an_address_of_another_machine_is_said(directory: Path, address: str) -> None:
    status, line = fails(directory, "--bind", address)
    assert (status, line["error"]) == (1, "bind")
    assert address in line["message"]


@pytest.mark.parametrize("options", [["--port", "x"], ["--port", "70000"], ["--secret", "a/b"], ["--unknown"]])
def test_words_that_do_not_fit_are_a_usage_error(directory: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "aisnb.fileserver", str(directory), *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_port_is_taken_again_at_the_next_start(directory: Path) -> None:
    with file_server(directory) as (process, port):
        assert read(port, "shard-001.tar") == SMALL
        process.stdin.close()
        process.wait(SECONDS)
    with file_server(directory, "--port", str(port)) as (_, same):
        assert same == port
        assert read(port, "shard-001.tar") == SMALL


def test_secret_and_host_are_options(directory: Path) -> None:
    with file_server(directory, "--secret", "s3cret", "--host", "data.lab.example") as (_, port):
        assert read(port, "s3cret/shard-001.tar") == SMALL


async def test_errors_have_classes(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortInUse, match="another port"):
        await FileServer(directory, port=taken.getsockname()[1]).start()
    with pytest.raises(DirectoryNotFound, match="no such directory"):
        await FileServer(directory / "nothing").start()
    with pytest.raises(UsageError, match="address of this machine"):
        await FileServer(directory, bind="192.0.2.1").start()
    with pytest.raises(UsageError, match="70000"):
        FileServer(directory, port=70000)
    with pytest.raises(UsageError, match=r"not\.\.a\.name"):
        await FileServer(directory, bind="not..a.name").start()
    with pytest.raises(UsageError, match="slashes"):
        FileServer(directory, secret="a/b")


async def test_a_server_may_be_closed_twice_and_before_it_starts(directory: Path) -> None:
    server = FileServer(directory)
    await server.close()
    async with server:
        assert server.port
    await server.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
async def test_hundreds_of_connections_each_get_the_right_bytes(directory: Path) -> None:
    contents = {f"{number:03}.bin": os.urandom(4096 + 1000 * number) for number in range(512)}
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    everybody_is_here = asyncio.Barrier(512)

    async def fetch(port: int, name: str) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        await everybody_is_here.wait()
        right = True
        for _ in range(3):
            writer.write(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            right &= await reader.readexactly(len(contents[name])) == contents[name]
        writer.close()
        await writer.wait_closed()
        return right

    with file_server(directory) as (_, port):
        assert all(await asyncio.gather(*(fetch(port, name) for name in contents)))


async def test_aiohttp_reads_it(directory: Path) -> None:
    async with (
        FileServer(directory) as server,
        aiohttp.ClientSession(f"http://localhost:{server.port}") as session,
    ):
        async with session.get("/large.bin") as response:
            assert await response.read() == LARGE
        async with session.get("/train") as response:
            assert response.url.path == "/train/"
        async with session.head("/") as response:
            assert response.status == 200
        async with session.get("/", headers={"Accept": "application/json"}) as response:
            assert next(row["name"] for row in await response.json()) == "empty"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_resumes(directory: Path, tmp_path: Path) -> None:
    target = tmp_path / "resumed.bin"
    target.write_bytes(LARGE[:100_000])
    with file_server(directory) as (_, port):
        link = f"http://localhost:{port}/large.bin"
        command = ["curl", "-sS", "-C", "-", "-o", str(target), link]
        subprocess.run(command, timeout=SECONDS, check=True)
    assert target.read_bytes() == LARGE


@linux
def test_a_big_file_takes_no_memory(directory: Path) -> None:
    marks = {0: b"begin", SPARSE // 2 - 3: b"middle", SPARSE - 3: b"end"}
    with (directory / "sparse.bin").open("wb") as file:
        for place, mark in marks.items():
            file.seek(place)
            file.write(mark)
    with file_server(directory) as (process, port):
        seen, place = {}, 0
        with urlopen(f"http://localhost:{port}/sparse.bin", timeout=SECONDS) as response:
            while piece := response.read(1 << 20):
                stripped = piece.strip(b"\0")
                if stripped:
                    seen[place + piece.index(stripped)] = stripped
                place += len(piece)
        peak = Path(f"/proc/{process.pid}/status").read_text().split("VmHWM:")[1].split()[0]
    assert place == SPARSE
    assert b"".join(seen.values()) == b"beginmiddleend"
    assert int(peak) < 100 * 1024


@linux
def test_clients_that_go_away_leave_nothing_open(directory: Path) -> None:
    with (directory / "sparse.bin").open("wb") as file:
        file.truncate(SPARSE)
    with file_server(directory) as (process, port):
        assert read(port, "shard-001.tar") == SMALL
        opened = Path(f"/proc/{process.pid}/fd")
        before = len(list(opened.iterdir()))
        for target in ("/sparse.bin", "/", "/shard-001.tar") * 10:
            with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
                connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 3)
                assert connection.recv(10)
        deadline = time.monotonic() + SECONDS
        while len(list(opened.iterdir())) > before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(list(opened.iterdir())) <= before
