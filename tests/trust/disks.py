"""Disks that fill up, refuse to be written, lose their index, or are changed by hand."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.faulty import FaultySource
from tests.support.jobs import download, ended
from tests.support.nodes import running_node
from tests.trust.figures import Figures
from tests.trust.looking import fetch, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.nodes import NodeProcess

_OBJECTS = 60
_MEGABYTES = 24


def content_of(number: int) -> bytes:
    """Return the bytes of an object or file."""
    return random.Random(number).randbytes(1_000 + number * 997 % 200_000)


def _name(number: int) -> str:
    return f"dir-{number % 3}/{number}"


def store_some(node: NodeProcess) -> dict[str, bytes]:
    """Store the objects of the bucket "kept"; return them by name."""
    node.ask("POST", "/v1/buckets/kept", {"action": "create-bck", "name": "", "value": None})
    objects = {_name(number): content_of(number) for number in range(_OBJECTS)}
    for name, content in objects.items():
        node.put("kept", name, content)
    return objects


def compare_kept(node: NodeProcess, objects: dict[str, bytes], figures: Figures) -> None:
    """Hold the bucket "kept" against its objects."""
    found = listing(node, "kept")
    figures.lost += sorted(objects.keys() - found.keys())
    for name in objects.keys() & found.keys():
        figures.compare(name, node.get("kept", name), [objects[name]])


@contextmanager
def small_disk(place: Path, megabytes: int = _MEGABYTES) -> Iterator[bool]:
    """Mount a disk of that size at `place`; yields whether that is possible here (for root, on Linux)."""
    place.mkdir()
    words = ("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place))
    possible = sys.platform == "linux" and os.geteuid() == 0 and _mount(*words)
    try:
        yield possible
    finally:
        if possible:
            subprocess.run(["umount", "-l", str(place)], check=True)


def full(folder: Path, trials: int) -> Figures:
    """Fill the disk by PUTs and by a download; make room; say it again. Each refusal says what to do."""
    figures = Figures("a disk that fills up (tmpfs)")
    with small_disk(folder / "disk") as possible, FaultySource() as source:
        if not possible:
            figures.subject += ": not possible here, skipped"
            return figures
        with running_node(folder / "disk/home") as node:
            objects = store_some(node)
            for number in range(_OBJECTS):
                source.add(f"/f-{number:02d}", content_of(number), etag=f'"{number}"')
            template = source.url(f"/f-{{00..{_OBJECTS - 1}}}")
            for trial in range(trials):
                _fill_and_free(node, folder / "disk/ballast", f"trial-{trial}", template, objects, figures)
    return figures


def _fill_and_free(
    node: NodeProcess, ballast: Path, bucket: str, template: str, objects: dict[str, bytes], figures: Figures
) -> None:
    node.create(bucket)
    figures.trials += 1
    disk = os.statvfs(ballast.parent)
    ballast.write_bytes(bytes(max(0, disk.f_bavail * disk.f_frsize - 1_500_000)))
    refused = node.ask("PUT", "/v1/objects/kept/too-large", bytes(4 << 20))
    figures.faults += 1
    figures.expect(refused.status >= 400 and "no room" in refused.message, f"{bucket}: PUT said {refused.status}")
    job = download(node, bucket, type="range", template=template)
    shot = ended(node, job)
    figures.faults += 1
    told = shot["state"] == "failed" and "no room" in shot["reason"]
    figures.expect(told, f"{bucket}: the job ended as {shot['state']}: {shot['reason']}")
    compare_kept(node, objects, figures)
    ballast.unlink()
    ended(node, download(node, bucket, type="range", template=template))
    found = listing(node, bucket)
    figures.lost += [f"{bucket}/f-{number:02d}" for number in range(_OBJECTS) if f"f-{number:02d}" not in found]
    for number in range(_OBJECTS):
        if f"f-{number:02d}" in found:
            figures.compare(f"{bucket}/f-{number:02d}", node.get(bucket, f"f-{number:02d}"), [content_of(number)])
    figures.partial += [f"{bucket}: {path.name} was left" for path in Path(node.root.path, "partial").glob("*-*")]
    node.ask("DELETE", f"/v1/buckets/{bucket}?provider=ais", {"action": "destroy-bck", "name": ""})


def read_only(folder: Path) -> Figures:
    """Let the file system refuse writes under a running node, then not: reads go on, writes fail, nothing changes.

    A whole file system with files open for writing cannot be made read-only; the directory of partial files can.
    """
    figures = Figures("a file system that turns read-only", trials=1)
    with running_node(folder / "home") as node:
        objects = store_some(node)
        with _frozen(folder / "home/partial") as possible:
            if not possible:
                figures.subject += ": not possible here, skipped"
                return figures
            for number in range(20):
                refused = node.ask("PUT", f"/v1/objects/kept/{_name(number)}", bytes(number * 10_000))
                figures.faults += 1
                told = refused.status >= 400 and "cannot be stored: [Errno 30]" in refused.message
                figures.expect(told, f"a PUT was answered with {refused.status}: {refused.body!r}")
            compare_kept(node, objects, figures)
        node.put("kept", "after", b"after")
        compare_kept(node, objects | {"after": b"after"}, figures)
    return figures


@contextmanager
def _frozen(directory: Path) -> Iterator[bool]:
    """Make a directory read-only, for root too; yields whether that is possible here (for root, on Linux)."""
    place = str(directory)
    possible = sys.platform == "linux" and os.geteuid() == 0 and _mount("--bind", place, place)
    try:
        yield possible and _mount("-o", "remount,bind,ro", place)
    finally:
        if possible:
            subprocess.run(["umount", "-l", place], check=True)


def _mount(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True).returncode == 0


def _remove(index: Path) -> None:
    for path in index.parent.glob(f"{index.name}*"):
        path.unlink()


def _overwrite(index: Path) -> None:
    index.write_bytes(random.Random(1).randbytes(index.stat().st_size))


def _cut(index: Path) -> None:
    os.truncate(index, 5_000)


HARMS: dict[str, Callable[[Path], None]] = {"missing": _remove, "overwritten": _overwrite, "cut": _cut}


def index_lost(folder: Path) -> Figures:
    """Lose the index in each way: the next start makes it anew from the files, and says so in the log."""
    figures = Figures("an index that is " + ", ".join(HARMS))
    for kind, harm in HARMS.items():
        home = folder / kind
        with running_node(home) as node:
            objects = store_some(node)
            node.stop()  # in order: else SQLite's log makes most damage good by itself
        harm(home / "index.db")
        figures.trials += 1
        figures.faults += 1
        with running_node(home) as node:
            compare_kept(node, objects, figures)
            figures.expect("was made anew" in node.log, f"{kind}: the log does not say so")
    return figures


def by_hand(folder: Path) -> Figures:
    """Change and delete object files by hand: nothing is served as what it is not, and fsck settles it."""
    figures = Figures("object files changed or deleted by hand", trials=_OBJECTS // 10 * 2)
    with running_node(folder / "home") as node:
        objects = store_some(node)
        tree = folder / "home/buckets/ais/kept"
        for number in range(0, _OBJECTS, 10):
            changed, deleted = _name(number), _name(number + 1)
            (tree / changed).write_bytes(b"changed by hand")
            (tree / deleted).unlink()
            figures.faults += 2
            answers = [fetch(node, "kept", name) for name in (changed, deleted)]
            figures.expect(answers[0].status >= 400, f"{changed}: served with status {answers[0].status}")
            figures.expect(answers[1].status == 404, f"{deleted}: served with status {answers[1].status}")
            objects[changed] = b"changed by hand"
            del objects[deleted]
        answer = node.ask("POST", "/v1/x/fsck")
        figures.expect(answer.status == 200, f"fsck said {answer.status}")
        compare_kept(node, objects, figures)
        extra = listing(node, "kept").keys() - objects.keys()
        figures.expect(not extra, f"still listed after fsck: {sorted(extra)}")
    return figures
