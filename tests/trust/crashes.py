"""``kill -9`` at random moments: of the node in downloads and in PUTs, of its helpers, of the file server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.jobs import counts, download, ended
from tests.support.nodes import NodeProcess
from tests.trust.figures import Figures
from tests.trust.looking import GONE, Onlookers, listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.nodes import NodeAt

SHARDS = 999
#: So many that the node's helpers have started before half of them have come.
MANY_SHARDS = 3_000
LATEST_SECONDS = 0.9  # 999 shards take about as long

_WRITERS = 4
_NAMES = 40


@cache
def shard(name: str) -> bytes:
    """Return the bytes of a file of the dataset: of uneven size, one in fifty so large that it is resumed."""
    dice = random.Random(name)
    return dice.randbytes(dice.randrange(1 << 20, 3 << 20) if dice.random() < 0.02 else dice.randrange(20_000))


def make_dataset(directory: Path, shards: int) -> dict[str, bytes]:
    """Write the dataset; return its files by name."""
    directory.mkdir()
    dataset = {f"shard-{number:04d}.tar": shard(f"shard-{number:04d}.tar") for number in range(1, shards + 1)}
    for name, content in dataset.items():
        (directory / name).write_bytes(content)
    return dataset


def file_servers(node: int) -> list[int]:
    """Return the process ids of the children of a node, whose own id is given."""
    shown = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in shown.splitlines()]
    return [pid for pid, parent in pairs if parent == node]


def _kill_servers(node: NodeProcess) -> None:
    for pid in file_servers(node.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _kill_helpers(node: NodeProcess) -> None:
    for pid in file_servers(node.process.pid):
        with suppress(OSError):
            if b"aisnb.node.helper" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


def _kill_all(node: NodeProcess) -> None:
    _kill_servers(node)
    node.kill()


_HELPERS = "helpers"
VICTIMS: dict[str, Callable[[NodeProcess], None]] = {
    "node": NodeProcess.kill,
    "file server": _kill_servers,
    _HELPERS: _kill_helpers,
    "node and file server": _kill_all,
}


def downloads(victim: str, folder: Path, trials: int, seed: int, shards: int = SHARDS) -> Figures:
    """Kill `victim` once in each of `trials` downloads, a reader and a lister beside it; then look at what is there."""
    figures = Figures(f"kill -9 of the {victim} in a download of {shards} files")
    dice = random.Random(f"{seed} {victim}")
    dataset = make_dataset(folder / "shards", shards)
    home = folder / "home"
    with ExitStack() as stack:
        node = NodeProcess(home).wait_until_it_listens()
        stack.callback(lambda: node.stop())
        served = node.ask("POST", "/v1/x/servers", {"directory": str(folder / "shards")}).json()
        template = f"{served['url']}shard-{{0001..{shards:04d}}}.tar"
        for trial in range(trials):
            bucket = f"trial-{trial}"
            job = download(node, bucket, type="range", template=template)
            with Onlookers(node, bucket, lambda name: [dataset.get(name, b"")], figures) as onlookers:
                time.sleep(dice.uniform(0, LATEST_SECONDS * shards / SHARDS))
                VICTIMS[victim](node)
            if node.process.poll() is not None:
                node = NodeProcess(home).wait_until_it_listens()
            look_at_a_download(node, bucket, job, dataset, onlookers.seen, figures)
            if victim == _HELPERS:  # a node that lost them goes without for a while
                node.stop()
                node = NodeProcess(home).wait_until_it_listens()
            node.ask("DELETE", f"/v1/buckets/{bucket}?provider=ais", {"action": "destroy-bck", "name": ""})
    return figures


def look_at_a_download(
    node: NodeAt, bucket: str, job: str, dataset: dict[str, bytes], seen: set[str], figures: Figures
) -> None:
    """Wait for the job's end, then hold everything against the dataset: counts, listing, bytes, partial files."""
    now = listing(node, bucket).keys()
    figures.lost += [f"{bucket}/{name}: listed before the kill" for name in seen - now]
    end = counts(ended(node, job))
    figures.expect(end == ("finished", len(dataset), len(dataset), 0, 0), f"{bucket}: the job ended as {end}")
    found = listing(node, bucket)
    figures.lost += [f"{bucket}/{name}" for name in dataset.keys() - found.keys()]
    for name, content in dataset.items():
        file = Path(node.root.path, "buckets/ais", bucket, name)
        if file.exists():
            figures.compare(f"{bucket}/{name}", file.read_bytes(), [content])
    left = list(Path(node.root.path, "partial").glob("*-*"))
    figures.partial += [f"{bucket}: {path.name} was left" for path in left]
    figures.trials += 1
    figures.faults += 1


class _Writer(threading.Thread):
    """PUTs objects of its own names over and over, until the node is gone.

    Attributes:
        acknowledged: by name, the number of the last version that was answered with 200.
        begun: by name, the number of the last version that was sent.
    """

    def __init__(self, node: NodeProcess, bucket: str, number: int) -> None:
        super().__init__()
        self.acknowledged: dict[str, int] = {}
        self.begun: dict[str, int] = {}
        self._node, self._bucket, self._number = node, bucket, number
        self._dice = random.Random(f"{bucket} {number}")

    def run(self) -> None:
        version = 0
        with suppress(*GONE):
            while True:
                version += 1
                name = f"{self._number}/{self._dice.randrange(_NAMES)}"
                self.begun[name] = version
                self._node.put(self._bucket, name, version_of(name, version))
                self.acknowledged[name] = version


def version_of(name: str, version: int) -> bytes:
    """Return the bytes of an object's version: each says which it is, and no version begins as another does."""
    return b"%d %s " % (version, name.encode()) * (1 + (version * 7919) % 3_000)


def puts(folder: Path, trials: int, seed: int) -> Figures:
    """Kill the node while `_WRITERS` writers overwrite objects: what was acknowledged is there, whole."""
    figures = Figures(f"kill -9 of the node under {_WRITERS} writers (PUT)")
    dice = random.Random(f"{seed} puts")
    home = folder / "home"
    node = NodeProcess(home).wait_until_it_listens()
    try:
        for trial in range(trials):
            bucket = node.create(f"puts-{trial}")
            writers = [_Writer(node, bucket, number) for number in range(_WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(dice.uniform(0.05, 0.5))
            node.kill()
            for writer in writers:
                writer.join()
            node = NodeProcess(home).wait_until_it_listens()
            _look_at_puts(node, bucket, writers, figures)
            node.ask("DELETE", f"/v1/buckets/{bucket}?provider=ais", {"action": "destroy-bck", "name": ""})
    finally:
        node.stop()
    return figures


def _look_at_puts(node: NodeProcess, bucket: str, writers: list[_Writer], figures: Figures) -> None:
    found = listing(node, bucket)
    for writer in writers:
        figures.lost += [f"{bucket}/{name}: acknowledged" for name in writer.acknowledged.keys() - found.keys()]
        for name, last in writer.begun.items():
            if name in found:
                allowed = [version_of(name, version) for version in {writer.acknowledged.get(name, last), last}]
                figures.compare(f"{bucket}/{name}", node.get(bucket, name), allowed)
    figures.partial += [f"{bucket}: {path.name} was left" for path in Path(node.root.path, "partial").glob("*-*")]
    figures.trials += 1
    figures.faults += 1
