"""Load: hundreds of connections at once, with clients beside them that never ask, never read, or vanish."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from tests.support.nodes import PATIENCE, running_node
from tests.trust.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from tests.support.nodes import NodeProcess

    Asking = Callable[[aiohttp.ClientSession, random.Random], Coroutine[object, object, None]]

_FILES = 200
_BUCKET = "load"
_LARGE = 48 << 20
_STUCK = 32
_IDLE = 64
#: Memory may grow by so much, of what it was once all connections were there.
_GROWTH = 1.15
_GROWTH_MEBIBYTES = 6.0
#: Of the readers of the index that came late, one for each thread: a descriptor lost with each connection is more.
_MORE_DESCRIPTORS = 20


@dataclass
class _Process:
    """The memory and descriptors of a process and its children, as Linux tells them: the most of one, and all."""

    pid: int

    @property
    def mebibytes(self) -> float:
        statuses = [(each / "status").read_text() for each in self._all]
        return max(int(status.split("VmRSS:")[1].split()[0]) for status in statuses) / 1024

    @property
    def descriptors(self) -> int:
        return sum(len(list((each / "fd").iterdir())) for each in self._all)

    @property
    def _all(self) -> list[Path]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [Path("/proc", str(pid)) for pid in (self.pid, *children)]


@dataclass
class _Seen:
    """What the clients met: seconds that each answer took, and what was wrong."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def say(self) -> str:
        ordered = sorted(self.seconds) or [0.0]
        part = {p: ordered[min(len(ordered) - 1, len(ordered) * p // 100)] * 1000 for p in (50, 99)}
        return f"{len(self.seconds):,} answers, p50 {part[50]:.0f} ms, p99 {part[99]:.0f} ms"


def _content(number: int) -> bytes:
    return random.Random(number).randbytes(_size(number))


def _size(number: int) -> int:
    return number * 997 % 130_000 + 100


_LARGEST = max(range(_FILES), key=_size)


def file_server(folder: Path, connections: int, seconds: float, seed: int) -> Figures:
    """Ask a file server over so many connections for so long, then stop it in the middle of answers."""
    figures = Figures(f"{connections} connections to a file server for {seconds:.0f} s, {_STUCK + _IDLE} stuck or idle")
    if sys.platform != "linux":
        figures.subject += ": counted on Linux only, skipped"
        return figures
    served = folder / "served"
    served.mkdir()
    for number in range(_FILES):
        (served / f"f-{number:03d}").write_bytes(_content(number))
    (served / "large").write_bytes(bytes(_LARGE))
    with _serving(served) as (server, address):

        async def ask(session: aiohttp.ClientSession, dice: random.Random) -> None:
            number = dice.randrange(_FILES)
            async with session.get(f"{address}f-{number:03d}") as answer:
                assert await answer.read() == _content(number), f"f-{number:03d} is another one"

        async def ask_most(session: aiohttp.ClientSession, _dice: random.Random) -> None:
            async with session.get(f"{address}f-{_LARGEST:03d}") as answer:
                await answer.read()

        _under_load(server, address, "/large", (ask_most, ask), connections, seconds, seed, figures)
    return figures


def node(folder: Path, connections: int, seconds: float, seed: int) -> Figures:
    """The same with the node: reads, writes and listings at once."""
    figures = Figures(f"{connections} connections to a node for {seconds:.0f} s, {_STUCK + _IDLE} stuck or idle")
    if sys.platform != "linux":
        figures.subject += ": counted on Linux only, skipped"
        return figures
    with running_node(folder / "home") as running:
        running.create(_BUCKET)
        for number in range(_FILES):
            running.put(_BUCKET, f"f-{number:03d}", _content(number))
        running.put(_BUCKET, "large", bytes(_LARGE))
        large, asks = f"/v1/objects/{_BUCKET}/large", (_storing_the_largest(running), _asking_a_node(running))
        _under_load(running.process, running.endpoint, large, asks, connections, seconds, seed, figures, running.token)
    return figures


def _storing_the_largest(running: NodeProcess) -> Asking:
    async def ask(session: aiohttp.ClientSession, _dice: random.Random) -> None:
        address = f"{running.endpoint}/v1/objects/{_BUCKET}/f-{_LARGEST:03d}"
        async with session.put(address, data=_content(_LARGEST)) as answer:
            assert answer.status == 200, f"PUT: {answer.status}"

    return ask


def _asking_a_node(running: NodeProcess) -> Asking:
    objects = f"{running.endpoint}/v1/objects/{_BUCKET}"
    listing = f"{running.endpoint}/v1/buckets/{_BUCKET}?provider=ais"

    async def ask(session: aiohttp.ClientSession, dice: random.Random) -> None:
        number, kind = dice.randrange(_FILES), dice.random()
        name = f"f-{number:03d}"
        if kind < 0.1:
            async with session.put(f"{objects}/{name}", data=_content(number)) as answer:
                assert answer.status == 200, f"PUT {name}: {answer.status}"
        elif kind < 0.12:
            value = {"action": "list", "name": "", "value": {"props": "name,size"}}
            async with session.get(listing, json=value) as answer:
                entries = (await answer.json(content_type=None))["entries"]
                assert len(entries) == _FILES + 1, f"a listing of {len(entries)}"
        else:
            async with session.get(f"{objects}/{name}") as answer:
                assert await answer.read() == _content(number), f"{name} is another one"

    return ask


@contextmanager
def _serving(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    command = [sys.executable, "-m", "aisnb.fileserver", str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split(b":")[1].strip(b" }\n").decode()
        try:
            yield process, f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def _under_load(
    process: subprocess.Popen[bytes],
    address: str,
    large: str,
    asks: tuple[Asking, Asking],
    connections: int,
    seconds: float,
    seed: int,
    figures: Figures,
    token: str = "",
) -> None:
    """Load a process with the second of `asks`, once all connections asked the first: the most they take at once.

    Without that, the memory grows for minutes: each time that chance brings more large requests together than before.
    """
    here = _Process(process.pid)
    ask_most, ask = asks
    for warming in (ask_most, ask):
        asyncio.run(_load(warming, here, connections, seconds / 4, seed, token))
    descriptors = _settled_descriptors(here)
    with ExitStack() as stack:
        for number in range(_STUCK + _IDLE):
            stack.enter_context(_bystander(address, large if number < _STUCK else "", token))
        seen, memory = asyncio.run(_load(ask, here, connections, seconds, seed, token))
    figures.trials = len(seen.seconds)
    figures.faults = _STUCK + _IDLE
    figures.checked = len(seen.seconds)
    figures.broken += seen.wrong
    most = memory[0] * _GROWTH + _GROWTH_MEBIBYTES
    figures.expect(memory[1] <= most, f"memory grew from {memory[0]:.0f} to {memory[1]:.0f} MiB")
    left = _settled_descriptors(here)
    most = descriptors + _MORE_DESCRIPTORS
    figures.expect(left <= most, f"{left} descriptors are open, and {descriptors} were before")
    sent = asyncio.run(_stop_midway(process, address, large, token))
    figures.expect(all(size in (0, _LARGE) for size in sent), f"a stop cut answers: {sent}")
    figures.expect(process.wait(PATIENCE) == 0, f"it ended with status {process.returncode}")
    figures.measured = (
        f"{seen.say()}; memory {memory[0]:.0f} MiB at the beginning, {memory[1]:.0f} MiB at the end; "
        f"descriptors {descriptors} before, {left} after"
    )


@contextmanager
def _bystander(address: str, large: str, token: str) -> Iterator[None]:
    """A client that asks for much and reads nothing, or (without `large`) begins to ask and says no more."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname or "", place.port or 80)) as connection:
        lines = [f"GET {large or '/'} HTTP/1.1", f"Host: {place.netloc}", f"Authorization: Bearer {token}"]
        connection.sendall("\r\n".join(lines).encode() + (b"\r\n\r\n" if large else b""))
        yield


async def _load(
    ask: Asking, here: _Process, connections: int, seconds: float, seed: int, token: str
) -> tuple[_Seen, tuple[float, float]]:
    """Ask over all connections until the time is over; return what was seen, and the memory at first and at last."""
    seen = _Seen()
    end = time.monotonic() + seconds
    async with _session(connections, token) as session:
        askers = [
            asyncio.create_task(_keep_asking(ask, session, random.Random(f"{seed} {number}"), end, seen))
            for number in range(connections)
        ]
        await asyncio.sleep(seconds / 4)
        first = here.mebibytes
        await asyncio.gather(*askers)
        return seen, (first, here.mebibytes)


def _session(connections: int, token: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=aiohttp.ClientTimeout(total=PATIENCE),
    )


async def _keep_asking(
    ask: Asking, session: aiohttp.ClientSession, dice: random.Random, end: float, seen: _Seen
) -> None:
    while (begun := time.monotonic()) < end:
        try:
            await ask(session, dice)
        except (AssertionError, TimeoutError, aiohttp.ClientError) as exc:
            seen.wrong.append(f"{type(exc).__name__}: {exc}")
        seen.seconds.append(time.monotonic() - begun)


def _settled_descriptors(here: _Process) -> int:
    """Return how many descriptors are open, once the clients' ends were noticed."""
    found, before = here.descriptors, 0
    while found != before:
        time.sleep(0.5)
        found, before = here.descriptors, found
    return found


async def _stop_midway(process: subprocess.Popen[bytes], address: str, large: str, token: str) -> list[int]:
    """Stop the process while answers are under way; return how many bytes each client was told to be the whole."""
    place = urlsplit(address)
    async with _session(4, token) as session:

        async def read() -> int:
            try:
                async with session.get(f"http://{place.netloc}{large}") as answer:
                    return len(await answer.read())
            except aiohttp.ClientError:
                return 0

        readers = [asyncio.create_task(read()) for _ in range(4)]
        await asyncio.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        return await asyncio.gather(*readers)
