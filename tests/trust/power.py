"""The power goes: what was acknowledged as durable is on the disk as it is at that moment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.support.faulty import FaultySource
from tests.support.jobs import download, ended
from tests.support.nodes import running_node
from tests.trust.crashes import version_of
from tests.trust.figures import Figures
from tests.trust.looking import GONE, listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nodes import NodeProcess

_MEGABYTES = 160
_NAMES = 30
_FILES = 40


def cuts(folder: Path, trials: int, seed: int) -> Figures:
    """Copy the disk at random moments while objects are overwritten durably, and look at what each copy holds.

    The disk is a file behind a loop device: it holds what the system has written out, and nothing of what it still
    has in memory. A copy of it is the disk after a power cut, but for a drive that lies about its own memory.
    """
    figures = Figures("a power cut (copy of the disk) under durable PUTs and a durable download")
    dice = random.Random(f"{seed} power")
    image = folder / "disk.img"
    with FaultySource() as source:
        for number in range(_FILES):
            source.add(f"/f-{number:02d}", version_of(f"f-{number:02d}", number * 400), etag=f'"{number}"')
        with disk(image, folder / "disk") as possible:
            if not possible:
                figures.subject += ": not possible here, skipped"
                return figures
            with running_node(folder / "disk/home") as node:
                node.create("kept")
                _cut_often(node, source, image, folder, trials, dice, figures)
    return figures


@contextmanager
def disk(image: Path, place: Path) -> Iterator[bool]:
    """Mount the file system in `image` (made if it is not there) at `place`; yields whether that is possible here."""
    place.mkdir(exist_ok=True)
    possible = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("mkfs.ext4") is not None
    if possible and not image.exists():
        with image.open("wb") as file:
            file.truncate(_MEGABYTES << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    command = ["mount", "-o", "loop", str(image), str(place)]
    possible = possible and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield possible
    finally:
        if possible:
            subprocess.run(["umount", str(place)], check=True)


class _Writer(threading.Thread):
    """Overwrites its objects durably, over and over; `acknowledged` has the last version of each that was answered."""

    def __init__(self, node: NodeProcess) -> None:
        super().__init__()
        self.acknowledged: dict[str, int] = {}
        self.over = threading.Event()
        self._node = node

    def run(self) -> None:
        version = 0
        with suppress(*GONE):
            while not self.over.is_set():
                version += 1
                name = f"dir-{version % 3}/{version % _NAMES}"
                answer = self._node.ask(
                    "PUT", f"/v1/objects/kept/{name}", version_of(name, version), {"Aisnb-Durable": "true"}
                )
                assert answer.headers["aisnb-durable"] == "true"
                self.acknowledged[name] = version


def _cut_often(
    node: NodeProcess,
    source: FaultySource,
    image: Path,
    folder: Path,
    trials: int,
    dice: random.Random,
    figures: Figures,
) -> None:
    writer = _Writer(node)
    writer.start()
    try:
        for trial in range(trials):
            job = download(
                node, f"d-{trial}", type="range", template=source.url(f"/f-{{00..{_FILES - 1}}}"), durable=True
            )
            ended(node, job)
            time.sleep(dice.uniform(0, 0.3))
            promised = _copy_as_it_is(node, writer, image, folder / "cut.img")
            _look(folder, f"d-{trial}", promised, figures)
            node.ask("DELETE", f"/v1/buckets/d-{trial}?provider=ais", {"action": "destroy-bck", "name": ""})
    finally:
        writer.over.set()
        writer.join()


def _copy_as_it_is(node: NodeProcess, writer: _Writer, image: Path, copy: Path) -> dict[str, int]:
    """Copy the disk as it is at one moment; return what had been acknowledged by then."""
    node.process.send_signal(signal.SIGSTOP)
    try:
        promised = dict(writer.acknowledged)
        changed = 0
        while changed != image.stat().st_mtime_ns:  # the system may just be writing something out
            changed = image.stat().st_mtime_ns
            shutil.copyfile(image, copy)
        return promised
    finally:
        node.process.send_signal(signal.SIGCONT)


def _look(folder: Path, bucket: str, promised: dict[str, int], figures: Figures) -> None:
    """Start a node on the copy; of an object that was just being written, the next version is as good."""
    figures.trials += 1
    figures.faults += 1
    with disk(folder / "cut.img", folder / "cut"), running_node(folder / "cut/home") as node:
        found = listing(node, "kept")
        figures.lost += [f"{name}: version {promised[name]}" for name in promised.keys() - found.keys()]
        for name in promised.keys() & found.keys():
            content = node.get("kept", name)
            version = int(content.split(b" ", 1)[0]) if content[:1].isdigit() else 0
            figures.compare(name, content, [version_of(name, max(version, promised[name]))])
        brought = listing(node, bucket)
        for number in range(_FILES):
            name = f"f-{number:02d}"
            if name in brought:
                figures.compare(f"{bucket}/{name}", node.get(bucket, name), [version_of(name, number * 400)])
            else:
                figures.lost.append(f"{bucket}/{name}")
