"""A source that misbehaves at random: what can be fetched is, what cannot is told, and retry fetches exactly that."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.client.secure import Authority, SecureFront
from tests.support.faulty import Fault, FaultySource
from tests.support.jobs import control, counts, download, ended, errors
from tests.support.nodes import running_node
from tests.trust.figures import Figures
from tests.trust.looking import listing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tests.support.nodes import NodeProcess

FILES = 10_000
#: From so many files on, some stall: the node gives such a file up only after half a minute.
ENOUGH_TO_STALL = 1_000

BUCKET = "odd"

_CLOSE = {"Connection": "close"}
_WELL = Fault()


def _content(number: int) -> bytes:
    return random.Random(number).randbytes(number % 7_000 + 20)


def _announced(number: int) -> int:
    return len(_content(number)) * 2 // 3


def _other(number: int) -> bytes:
    return b"another version " + _content(number)


def _cut(dice: random.Random, number: int, by: str = "reset") -> Fault:
    return Fault(cut=dice.randrange(len(_content(number))), by=by)  # type: ignore[arg-type]  # one of its words


#: Faults that a second, third or fourth request overcomes: those of the first requests for a file.
PASSING: dict[str, Callable[[random.Random, int], list[Fault]]] = {
    "reset": lambda dice, number: [_cut(dice, number)],
    "closed early": lambda dice, number: [_cut(dice, number, "close")],
    "slow drip": lambda _, number: [Fault(drip=len(_content(number)) // 20 + 1)],
    "Content-Length too large": lambda _, number: [Fault(claim=len(_content(number)) + 9, headers=_CLOSE)],
    "no Content-Length": lambda _, __: [Fault(framing="close")],
    "chunks that end early": lambda dice, number: [Fault(framing="chunked", cut=dice.randrange(len(_content(number))))],
    "200 for a range": lambda dice, number: [_cut(dice, number), Fault(ignore_range=True)],
    "a range beside the one asked for": lambda dice, number: [_cut(dice, number), Fault(shift=dice.choice([1, 3]))],
    "a range of another version": lambda dice, number: [
        _cut(dice, number),
        Fault(body=_other(number), etag='"other"', ignore_if_range=True),
    ],
    "503": lambda _, __: [Fault(status=503)],
    "503 with Retry-After": lambda _, __: [Fault(status=503, headers={"Retry-After": "1"})],
    "429 with Retry-After": lambda _, __: [Fault(status=429, headers={"Retry-After": "1"})],
}
#: Nobody can tell that this is not all: what was announced is taken, and the rest must not become another file's.
SHORT = "Content-Length too small"
TOLD_SHORT = {SHORT: lambda _, number: [Fault(claim=_announced(number))]}
STALLING = {"stall": lambda dice, number: [_cut(dice, number, "stall")]}

#: Faults that stay: each request of the file meets them.
LASTING: dict[str, Callable[[int], Fault]] = {
    "404": lambda _: Fault(status=404),
    "redirected in a circle": lambda number: Fault(location=_path(number)),
    "compressed, unasked": lambda number: Fault(
        body=gzip.compress(_content(number)), headers={"Content-Encoding": "gzip"}
    ),
    "redirected to a file": lambda _: Fault(location="file:///etc/passwd"),
}


def _path(number: int) -> str:
    return f"/f-{number:05d}"


def _add(source: FaultySource, number: int, faults: Sequence[Fault] = (), then: Fault = _WELL) -> None:
    source.add(_path(number), _content(number), etag=f'"{number}"', faults=faults, then=then)


def furnish(source: FaultySource, files: int, dice: random.Random) -> tuple[int, dict[int, str], set[int]]:
    """Add the files, one in ten with a fault of each kind in turn.

    Returns:
        How many have a fault; the kind of those that cannot be fetched, by number; those announced too short.
    """
    passing = PASSING | TOLD_SHORT | (STALLING if files >= ENOUGH_TO_STALL else {})
    kinds = [*passing, *LASTING]
    dice.shuffle(kinds)
    faulty = sorted(dice.sample(range(files), files // 10))
    for number in set(range(files)) - set(faulty):
        _add(source, number)
    lasting, short = {}, set[int]()
    for position, number in enumerate(faulty):
        kind = kinds[position % len(kinds)]
        if kind in LASTING:
            lasting[number] = kind
            _add(source, number, then=LASTING[kind](number))
        else:
            _add(source, number, passing[kind](dice, number))
            short |= {number} if kind == SHORT else set()
    return len(faulty), lasting, short


def run(folder: Path, files: int, seed: int) -> Figures:
    """Download `files` files of which one in ten misbehaves; mend the others, and retry."""
    figures = Figures(f"a source that misbehaves, 1 in 10 of {files} files", trials=files)
    with FaultySource() as source, running_node(folder / "home") as node:
        figures.faults, lasting, short = furnish(source, files, random.Random(seed))
        job = download(node, BUCKET, type="range", template=source.url(f"/f-{{00000..{files - 1:05d}}}"))
        end = counts(_patiently(node, job))
        wanted = ("finished", files, files - len(lasting), 0, len(lasting))
        figures.expect(end == wanted, f"the job ended as {end}, not {wanted}")
        _hold_errors(node, job, lasting, figures)
        _compare(node, set(range(files)) - lasting.keys(), figures, short)
        for number in lasting:
            _add(source, number)
        before = len(source.requests)
        again = ended(node, control(node, job, "retry")["id"])
        figures.expect(counts(again)[1:] == (len(lasting), len(lasting), 0, 0), f"the retry ended as {counts(again)}")
        asked = {request.path for request in source.requests[before:]}
        figures.expect(asked == {_path(number) for number in lasting}, "the retry asked for other files")
        _compare(node, set(range(files)), figures, short)
        figures.partial += [path.name for path in (folder / "home/partial").iterdir()]
    return figures


def _patiently(node: NodeProcess, job: str) -> dict[str, object]:
    """Return the job's end, however long the files that stall take."""
    while True:
        try:
            return ended(node, job)
        except AssertionError:
            if node.ask("GET", f"/v1/x/jobs/{job}").json()["state"] != "running":
                raise


def _hold_errors(node: NodeProcess, job: str, lasting: dict[int, str], figures: Figures) -> None:
    rows = node.ask("GET", f"/v1/x/jobs/{job}/errors?limit={len(lasting) + 100}").json()
    told = {row["name"] for row in rows}
    wanted = {_path(number)[1:] for number in lasting}
    figures.expect(told == wanted, f"in .errors and should not: {told - wanted}; not told: {wanted - told}")
    figures.expect(all(row["reason"] for row in rows), "an error has no reason")


def _compare(node: NodeProcess, numbers: set[int], figures: Figures, short: Collection[int] = ()) -> None:
    found = listing(node, BUCKET)
    wanted = {_path(number)[1:]: number for number in numbers}
    figures.lost += sorted(wanted.keys() - found.keys())
    figures.wrong += [f"{name}: listed, and could not be fetched" for name in sorted(found.keys() - wanted.keys())]
    for name, number in wanted.items():
        file = Path(node.root.path, "buckets/ais", BUCKET, name)
        if file.exists():
            announced = [_content(number)[: _announced(number)]] if number in short else []
            figures.compare(name, file.read_bytes(), [_content(number), _other(number), *announced])


def outage(folder: Path, files: int, seconds: float) -> Figures:
    """Let the source refuse connections for so long in a download; then retry what failed."""
    figures = Figures(f"a source that refuses connections for {seconds:.0f} s, {files} files", trials=1, faults=1)
    with FaultySource() as source, running_node(folder / "home") as node:
        for number in range(files):
            _add(source, number, [Fault(drip=len(_content(number)) // 5 + 1)])
        job = download(node, BUCKET, type="range", template=source.url(f"/f-{{00000..{files - 1:05d}}}"))
        _refuse_for(source, seconds)
        shot = ended(node, job)
        failed = {row["name"] for row in errors(node, job)}
        figures.expect(shot["done"] + shot["failed"] == files, f"the job ended as {counts(shot)}")
        _compare(node, {number for number in range(files) if _path(number)[1:] not in failed}, figures)
        if failed:
            again = ended(node, control(node, job, "retry")["id"])
            figures.expect(again["failed"] == 0, f"the retry ended as {counts(again)}")
        _compare(node, set(range(files)), figures)
    return figures


def _refuse_for(source: FaultySource, seconds: float) -> None:
    source.refuse()
    time.sleep(seconds)
    source.accept()


def downgrade(folder: Path, files: int) -> Figures:
    """Download over https from a source that sends every second file on to plain http: those are refused, in words."""
    figures = Figures(f"a source that redirects from https to http, every second of {files} files", trials=files)
    if shutil.which("openssl") is None:
        figures.subject += ": openssl is not installed, skipped"
        return figures
    authority = Authority(folder)
    trusted = {"SSL_CERT_FILE": str(authority.certificate)}
    with FaultySource() as source, SecureFront(source.url(""), authority) as front, patch.dict(os.environ, trusted):
        for number in range(files):
            source.add(f"/plain{_path(number)}", _content(number))
            _add(source, number, then=Fault(location=source.url(f"/plain{_path(number)}")) if number % 2 else _WELL)
        with running_node(folder / "home") as node:
            links = {_path(number)[1:]: f"{front.url}{_path(number)}" for number in range(files)}
            job = download(node, BUCKET, type="multi", objects=links)
            figures.faults = files // 2
            end = counts(ended(node, job))
            wanted = ("finished", files, files - files // 2, 0, files // 2)
            figures.expect(end == wanted, f"the job ended as {end}, not {wanted}")
            reasons = [row["reason"] for row in errors(node, job)]
            figures.expect(all("https" in reason for reason in reasons), f"a reason says nothing of it: {reasons[:3]}")
            _compare(node, set(range(0, files, 2)), figures)
    asked = [request.path for request in source.requests if request.path.startswith("/plain")]
    figures.expect(not asked, f"asked over plain http: {asked[:3]}")
    return figures
