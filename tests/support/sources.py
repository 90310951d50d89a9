"""Other people's web servers over a directory: Python's http.server, nginx, Go's http.FileServer."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.peers import free_port, nginx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GO = """package main

import (
	"net/http"
	"os"
)

func main() {
	if err := http.ListenAndServe(os.Args[1], http.FileServer(http.Dir(os.Args[2]))); err != nil {
		panic(err)
	}
}
"""


@contextlib.contextmanager
def listening(command: list[str], port: int) -> Iterator[str]:
    """Run `command` until the block ends; yields its address once the port answers."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"http://localhost:{port}/"
        finally:
            process.terminate()


@contextlib.contextmanager
def python_server(root: Path) -> Iterator[str]:
    """Serve `root` by ``python -m http.server``."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(root),
    ]
    with listening(command, port) as address:
        yield address


@contextlib.contextmanager
def nginx_server(root: Path, folder: Path, more: str = "") -> Iterator[str]:
    """Serve `root` by nginx (with `more` directives), or skip the test where it is not installed."""
    with nginx(root, folder / "nginx", more) as address:
        if not address:
            pytest.skip("nginx is not installed")
        yield address.replace("127.0.0.1", "localhost")


@contextlib.contextmanager
def go_server(root: Path, folder: Path) -> Iterator[str]:
    """Serve `root` by Go's ``http.FileServer``, or skip the test where Go is not installed."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed")
    source = folder / "fileserver.go"
    source.write_text(_GO)
    program = folder / "fileserver"
    subprocess.run([go, "build", "-o", str(program), str(source)], check=True, capture_output=True, cwd=folder)
    port = free_port()
    with listening([str(program), f"127.0.0.1:{port}", str(root)], port) as address:
        yield address
