"""Our file server against nginx with one worker and Python's own: small files, parts, a large one, indexes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks.measuring import bounds, cpu_seconds, family, interleaved, peak_bytes, seconds, table
from tests.benchmarks.peers import fill, free_port, listening, nginx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 3
INDEXED = (10_000, 100_000)
_LARGE = "large"
#: wrk's own measure, as one line of JSON; it asks for one file after the other, or for parts of one.
_SCRIPT = """
local number, count, part, size = 0, %(count)d, %(part)d, %(size)d
request = function()
  number = (number + 7919) %% count
  if part == 0 then return wrk.format("GET", string.format("/%(folder)s/f-%%06d", number)) end
  local start = math.random(0, size - part)
  local range = string.format("bytes=%%d-%%d", start, start + part - 1)
  return wrk.format("GET", "/%(folder)s", {Range = range})
end
done = function(summary, latency, requests)
  local e = summary.errors
  local bad = e.connect + e.read + e.write + e.status + e.timeout
  local line = '{"took": %%d, "requests": %%d, "bad": %%d, "slow": %%d}'
  print(string.format(line, summary.duration, summary.requests, bad, latency:percentile(99)))
end
"""


class Load(NamedTuple):
    """What wrk asks for: whole files of a folder, or random parts (bytes) of the large one."""

    folder: str
    connections: int
    count: int = 1
    part: int = 0


class Files(NamedTuple):
    """A folder of files."""

    count: int
    size: int


FOLDERS = {"128K": Files(999, 128 << 10), "4K": Files(10_000, 4 << 10)}
LARGE_BYTES = 2 << 30
SHORT = {
    "FOLDERS": {"128K": Files(9, 128 << 10), "4K": Files(9, 4 << 10)},
    "LOADS": {"9 x 4 KiB, 2 connections": Load("4K", 2, 9), "parts, 2 connections": Load("large", 2, part=128 << 10)},
    "LARGE_BYTES": 4 << 20,
    "SECONDS": 1,
    "INDEXED": (50,),
}
NGINX = "nginx, 1 worker"
PYTHON = "python -m http.server"  # knows neither ranges nor JSON
LOADS = {
    "999 x 128 KiB, 64 connections": Load("128K", 64, 999),
    "10,000 x 4 KiB, 64 connections": Load("4K", 64, 10_000),
    "999 x 128 KiB, 512 connections": Load("128K", 512, 999),
    "parts of 128 KiB, 64 connections": Load(_LARGE, 64, part=128 << 10),
    "parts of 1 MiB, 16 connections": Load(_LARGE, 16, part=1 << 20),
}
ONE_LARGE = "1 x 2 GiB by curl"
GOALS = {
    "999 x 128 KiB, 64 connections": {NGINX: 0.55, PYTHON: 5},
    "10,000 x 4 KiB, 64 connections": {NGINX: 0.7, PYTHON: 14},
    "999 x 128 KiB, 512 connections": {NGINX: 0.5},
    ONE_LARGE: {NGINX: 0.95},
}
MOST_MEMORY = 40  # MiB


class Server(NamedTuple):
    """A server that runs: its address and its process, the one that works, alone or with children."""

    address: str
    pid: int


def run(folder: Path, rounds: int) -> None:
    """Print a table for each load, one for a large file, and what an index costs."""
    root = folder / "source"
    for name, files in FOLDERS.items():
        (root / name).mkdir(parents=True)
        for number in range(files.count):
            fill(root / name / f"f-{number:06d}", files.size)
    fill(root / _LARGE, LARGE_BYTES)
    for count in INDEXED:
        (root / f"index-{count}").mkdir()
        for number in range(count):
            (root / f"index-{count}" / f"shard-{number:06d}.tar").touch()
    with contextlib.ExitStack() as stack:
        servers = {"aisnb": stack.enter_context(served(root))}
        if address := stack.enter_context(nginx(root, folder / "nginx", "autoindex_format json;")):
            servers[NGINX] = Server(address, int((folder / "nginx" / "nginx.pid").read_text()))
        servers[PYTHON] = stack.enter_context(_python(root))
        _print_tables(folder, servers, rounds)


def _print_tables(folder: Path, servers: dict[str, Server], rounds: int) -> None:
    for title, load in LOADS.items() if shutil.which("wrk") else ():
        script = write_script(load, folder)
        able = {name: server for name, server in servers.items() if not (load.part and name == PYTHON)}
        _print_load(title, load, script, able, rounds)
        _print_memory(servers["aisnb"])
    if shutil.which("curl"):
        figures = interleaved(_works(servers, _LARGE, _by_curl), rounds)
        table(ONE_LARGE, figures, "aisnb", GOALS[ONE_LARGE])
        _print_memory(servers["aisnb"])
    for count in INDEXED:
        listers = {name: server for name, server in servers.items() if name != PYTHON}
        works = _works(listers, f"index-{count}/?format=json", _read_index)
        table(f"Index of {count:,} files, as JSON", interleaved(works, rounds), "aisnb")


def _print_memory(server: Server) -> None:
    peaks = [peak_bytes(pid) / 2**20 for pid in family(server.pid)]
    rows = {f"memory of process {number}": (peak, MOST_MEMORY, "MiB") for number, peak in enumerate(peaks, 1)}
    bounds("Our processes so far", rows)


def _works(servers: dict[str, Server], path: str, ask: Callable[[str], object]) -> dict[str, Callable[[], float]]:
    return {
        name: lambda address=server.address: seconds(lambda: ask(address + path)) for name, server in servers.items()
    }


def _by_curl(link: str) -> None:
    subprocess.run(["curl", "-s", "-o", os.devnull, link], check=True)


def _read_index(link: str) -> None:
    with urllib.request.urlopen(link) as answer:  # the link is ours
        answer.read()


def write_script(load: Load, folder: Path) -> Path:
    """Return the file that tells wrk what to ask for."""
    script = folder / "load.lua"
    script.write_text(_SCRIPT % {**load._asdict(), "size": LARGE_BYTES})
    return script


def ask_by_wrk(server: Server, load: Load, script: Path) -> tuple[dict[str, int], float]:
    """Put a load on a server; return what wrk measured, and how many microseconds of CPU an answer cost the server."""
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{SECONDS}s", "-s", str(script), server.address]
    before = cpu_seconds(server.pid)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = json.loads(said.splitlines()[-1])
    return answer, (cpu_seconds(server.pid) - before) * 1e6 / max(1, answer["requests"])


def _print_load(title: str, load: Load, script: Path, servers: dict[str, Server], rounds: int) -> None:
    answers: dict[str, list[dict[str, int]]] = {name: [] for name in servers}
    cpu: dict[str, list[float]] = {name: [] for name in servers}

    def ask(name: str, server: Server) -> float:
        answer, cost = ask_by_wrk(server, load, script)
        answers[name].append(answer)
        cpu[name].append(cost)
        return float(answer["took"]) / max(1, answer["requests"])

    # Bound at once: `interleaved` calls them with nothing.
    works = {name: lambda name=name, server=server: ask(name, server) for name, server in servers.items()}
    goals = GOALS.get(title)
    table(f"{title}: microseconds an answer", interleaved(works, rounds), "aisnb", goals)
    # A processor that others use, too, makes answers slow; what they cost stays.
    table(f"{title}: microseconds of CPU an answer", {name: cpu[name][1:] for name in cpu}, "aisnb", goals)
    for name, said in answers.items():
        slow = statistics.median(answer["slow"] for answer in said) / 1000
        print(f"{name}: 99 % within {slow:.0f} ms, {sum(answer['bad'] for answer in said)} errors")
    print(flush=True)


@contextlib.contextmanager
def served(root: Path) -> Iterator[Server]:
    """Serve a directory by our file server in a process of its own."""
    command = [sys.executable, "-m", "aisnb.fileserver", str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Server(f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}/", process.pid)
        finally:
            process.terminate()


@contextlib.contextmanager
def _python(root: Path) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "-b", "127.0.0.1", "-d", str(root), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            listening(port)
            yield Server(f"http://127.0.0.1:{port}/", process.pid)
        finally:
            process.terminate()
