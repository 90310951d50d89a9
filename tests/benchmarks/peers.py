"""Other people's programs: nginx as a source, aria2c and curl as downloaders. Absent ones are skipped with a word."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aisnb

if TYPE_CHECKING:
    from collections.abc import Iterator

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types {{ }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; autoindex on; {more} }}
}}
"""


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def nginx(root: Path, folder: Path, more: str = "") -> Iterator[str]:
    """Serve `root` by nginx with one worker; yields the address, "" where nginx is not installed.

    Args:
        root: what to serve.
        folder: for what nginx writes.
        more: further directives, such as ``autoindex_format json;``.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        print("nginx is not installed: skipped.")
        yield ""
        return
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, root=root, more=more))
    user = ["-g", "user root;"] if Path(root).owner() == "root" else []
    process = subprocess.Popen([program, "-c", str(config), "-p", str(folder), *user])
    try:
        listening(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


def listening(port: int) -> None:
    """Wait until somebody listens on a port of the loopback."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


def fill(path: Path, size: int) -> None:
    """Make a file of `size` random bytes."""
    piece = os.urandom(min(size, 32 << 20))
    with path.open("wb") as file:
        for _ in range(size // len(piece)):
            file.write(piece)


def aria2c(links: list[str], target: Path, options: tuple[str, ...]) -> None:
    """Download all links into an empty folder."""
    always = ["-q", "--file-allocation=none", "--auto-file-renaming=false", "-i", "-"]
    subprocess.run(["aria2c", *options, *always, "-d", str(target)], input="\n".join(links), text=True, check=True)


def curl(links: list[str], target: Path, options: tuple[str, ...]) -> None:
    """Download all links into an empty folder, 16 at once; the options are another program's."""
    config = "".join(f'url="{link}"\noutput="{target}/{n}"\n' for n, link in enumerate(links))
    command = ["curl", "-s", "-Z", "--parallel-max", "16", "-K", "-"]
    subprocess.run(command, input=config, text=True, check=True, stderr=subprocess.DEVNULL)


DOWNLOADERS = {"aria2c": ("aria2c", aria2c), "curl -Z, 16 at once": ("curl", curl)}


_WRK = """
local number = 0
request = function()
  number = (number + 7919) %% %(count)d
  return wrk.format("GET", string.format("%(path)s", number), {["Authorization"] = "%(authorization)s"})
end
done = function(summary, latency, requests)
  local e = summary.errors
  print(summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout)
end
"""


def requests_per_second(link: str, count: int, connections: int, lasting: int, header: str) -> float:
    """Return how many files a server gives wrk in a second, each of which must be an answer with status 200.

    Args:
        link: the files', with a ``%05d`` for their numbers from 0.
        count: of the files.
        connections: at once.
        lasting: seconds.
        header: ``Authorization: VALUE``.
    """
    server, path = link[: link.index("/", 8)], link[link.index("/", 8) :]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_WRK % {"count": count, "path": path, "authorization": header.partition(": ")[2]})
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{lasting}s", "-s", script.name, server]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    requests, microseconds, bad = map(int, said.splitlines()[-1].split())
    assert not bad, said
    return requests / microseconds * 1e6


def authorization() -> str:
    """Return the header line that the embedded node wants."""
    token = json.loads(Path(aisnb.node_status().token_file).read_text())["token"]
    return f"Authorization: Bearer {token}"
