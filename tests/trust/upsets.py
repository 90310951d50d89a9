"""What else happens to a data root under a running node: its disk goes, its index is locked, the clock goes back."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.support.faulty import FaultySource
from tests.support.jobs import counts, download, ended, until
from tests.support.nodes import running_node
from tests.trust.clocks import Clock
from tests.trust.disks import compare_kept, content_of, store_some
from tests.trust.figures import Figures
from tests.trust.looking import fetch, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.nodes import NodeProcess

_FILES = 40
#: Seconds that a writer waits for a locked index, about.
_PATIENCE = 20


def removed(folder: Path) -> Figures:
    """Take the disk away under a running node: an empty directory stays, as of one that is not mounted. Put it back."""
    figures = Figures("a disk that is removed under a running node, and put back", trials=1)
    home, away = folder / "home", folder / "away"
    with running_node(home) as node, FaultySource() as source:
        objects = store_some(node)
        template = _furnish(source)
        token = {"Authorization": f"Bearer {node.token}"}
        place = node.connection()
        home.rename(away)
        home.mkdir()
        for method, path, body in (
            ("PUT", "/v1/objects/kept/new", b"new"),
            ("GET", f"/v1/objects/kept/{next(iter(objects))}", None),
            ("POST", "/v1/x/fsck", None),
        ):
            place.request(method, path, body, token)
            answer = place.getresponse()
            told = answer.read()
            figures.faults += 1
            figures.expect(answer.status >= 400 and len(told) > 20, f"{method} {path}: {answer.status} {told!r}")
        place.close()
        strays = [path for path in home.rglob("*") if path.is_file()]
        figures.expect(not strays, f"written where the disk was: {strays}")
        home.rmdir()
        away.rename(home)
        compare_kept(node, objects, figures)
        _bring(node, template, figures)
    with running_node(home) as node:
        compare_kept(node, objects, figures)
    return figures


def locked(folder: Path, seconds: float) -> Figures:
    """Let another process hold the index for so long, in PUTs and a download; then say it again."""
    figures = Figures(f"an index that another process locks for {seconds:.0f} s", trials=1)
    with running_node(folder / "home") as node, FaultySource() as source:
        objects = store_some(node)
        template = _furnish(source)
        with _lock(folder / "home/index.db", seconds):
            figures.faults += 1
            compare_kept(node, objects, figures)  # reading goes on
            request = {"bucket": {"name": "kept"}, "type": "range", "template": template}
            answers = {
                "a PUT": node.ask("PUT", "/v1/objects/kept/while-locked", b"new"),
                "the start of a download": node.ask("POST", "/v1/download", request),
            }
        for what, answer in answers.items():
            told = answer.status >= 400 and "locked" in answer.message if seconds > _PATIENCE else False
            figures.expect(told or answer.status == 200, f"{what} was answered with {answer.status}: {answer.body!r}")
        if seconds < _PATIENCE:
            shot = ended(node, answers["the start of a download"].json()["id"])
            figures.expect(counts(shot)[2:] == (_FILES, 0, 0), f"the job ended as {counts(shot)}: {shot['reason']}")
        _bring(node, template, figures)
        compare_kept(node, objects, figures)
    return figures


def clock_back(folder: Path, times: int) -> Figures:
    """Set the node's clock back by hours in a download, before each of some restarts, and far ahead at last."""
    figures = Figures("a clock that is set back in a download and between starts", trials=times)
    clock = Clock(folder)
    if not clock.environment:
        figures.subject += ": not possible here, skipped"
        return figures
    objects: dict[str, bytes] = {}
    with FaultySource() as source, patch.dict(os.environ, clock.environment):
        template = _furnish(source)
        for number in range(times):
            clock.set(-26 * number)
            with running_node(folder / "home") as node:
                objects |= store_some(node)
                job = download(node, f"back-{number}", type="range", template=template)
                until(node, job, lambda shot: shot["done"] > 0)
                clock.set(-26 * number - 13)
                figures.faults += 2
                figures.expect(counts(ended(node, job))[2:] == (_FILES, 0, 0), f"start {number}: the job lost files")
                store_some(node)  # overwritten, by a clock that says that it was before
                again = ended(node, download(node, f"back-{number}", type="range", template=template))
                figures.expect(again["skipped"] == _FILES, f"start {number}: unchanged files were fetched again")
                compare_kept(node, objects, figures)
        clock.set(400 * 24)
        with running_node(folder / "home") as node:
            compare_kept(node, objects, figures)
            answer = node.ask("POST", "/v1/x/fsck").json()
            figures.expect(not (answer["wrong"] or answer["removed"] or answer["added"]), f"fsck found {answer}")
    return figures


def _furnish(source: FaultySource) -> str:
    for number in range(_FILES):
        source.add(f"/f-{number:02d}", content_of(number), etag=f'"{number}"')
    return source.url(f"/f-{{00..{_FILES - 1}}}")


def _bring(node: NodeProcess, template: str, figures: Figures) -> None:
    """Download all, and hold it against what the source has."""
    shot = ended(node, download(node, "brought", type="range", template=template))
    figures.expect(counts(shot)[2:] == (_FILES, 0, 0), f"a download ended as {counts(shot)}: {shot['reason']}")
    found = listing(node, "brought")
    for number in range(_FILES):
        name = f"f-{number:02d}"
        if name in found:
            figures.compare(name, fetch(node, "brought", name).body, [content_of(number)])
        else:
            figures.lost.append(name)
    figures.partial += [f"{path.name} was left" for path in Path(node.root.path, "partial").glob("*-*")]


@contextmanager
def _lock(index: Path, seconds: float) -> Iterator[None]:
    """Hold the index as another program would, for so long; the block may end earlier or later."""
    held = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(index, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            held.set()
            time.sleep(seconds)
            other.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        thread.join()
