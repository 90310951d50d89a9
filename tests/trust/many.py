"""Many kernels at once on one data root: downloads over each other, PUTs, deletes, renames, listings.

``python -m tests.trust.many NUMBER FOLDER ROUNDS`` is one of the kernels; it waits for a line, and says what it
saw in a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import xxhash

import aisnb
from aisnb import background
from aisnb.settings import read_settings
from tests.support.jobs import show
from tests.support.nodes import NodeAt
from tests.trust.crashes import version_of
from tests.trust.figures import Figures
from tests.trust.looking import listing

if TYPE_CHECKING:
    from pandas import DataFrame

KERNELS = 8
_SHARED = ("shared-0", "shared-1", "shared-2")
_FILES = 60
_NAMES = 20
_RENAMED = 50
_ENDED = ("finished", "failed", "aborted")


@cache
def _content(kernel: int, name: str) -> bytes:
    dice = random.Random(f"{kernel} {name}")
    return dice.randbytes(dice.randrange(1, 60_000))


def _file(number: int) -> str:
    return f"f-{number:03d}"


@cache
def _allowed(name: str) -> dict[tuple[int, str], bytes]:
    """Return what a downloaded object may be, by size and checksum: one kernel's file, whole."""
    wholes = [_content(kernel, name) for kernel in range(KERNELS)]
    return {(len(whole), xxhash.xxh64_hexdigest(whole)): whole for whole in wholes}


def run(folder: Path, kernels: int, rounds: int) -> Figures:
    """Let so many kernels (8 at most) work at the same time; then hold what is there against what each of them did."""
    figures = Figures(f"{kernels} kernels at once on one data root, {kernels * 4 * rounds} downloads over each other")
    for kernel in range(kernels):
        (folder / f"source-{kernel}").mkdir()
        for number in range(_FILES):
            (folder / f"source-{kernel}" / _file(number)).write_bytes(_content(kernel, _file(number)))
    home = folder / "home"
    with patch.dict(os.environ, {"AISNB_HOME": str(home), "AISNB_PROGRESS": "off", "AISNB_IDLE": "120"}):
        try:
            told = _let_them_work(folder, kernels, rounds)
            for each in told:
                figures.broken += each["broken"]
                figures.faults += each["disturbed"]
            figures.trials = sum(len(each["jobs"]) for each in told)
            _look(NodeAt(home), told, figures)
        finally:
            background.stop(read_settings())
    return figures


def _let_them_work(folder: Path, count: int, rounds: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.trust.many"]
    kernels = [
        subprocess.Popen(
            [*command, str(number), str(folder), str(rounds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for number in range(count)
    ]
    for kernel in kernels:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == b"prepared\n"
    for kernel in kernels:
        assert kernel.stdin is not None
        kernel.stdin.write(b"go\n")
        kernel.stdin.flush()
    told = [json.loads(kernel.communicate()[0]) for kernel in kernels]
    assert all(kernel.returncode == 0 for kernel in kernels)
    return told


def _look(node: NodeAt, told: list[dict[str, Any]], figures: Figures) -> None:
    for bucket in _SHARED:
        for name, entry in listing(node, bucket).items():
            body = node.get(bucket, name)
            if name.startswith("w-"):
                last = [kernel["written"][name] for kernel in told if name in kernel["written"]]
                figures.compare(f"{bucket}/{name}", body, [version_of(f"{k} {name}", version) for k, version in last])
            else:
                figures.compare(f"{bucket}/{name}", body, list(_allowed(name).values()))
            figures.expect(entry["checksum"] == xxhash.xxh64_hexdigest(body), f"{bucket}/{name}: another checksum")
    written = {name for kernel in told for name in kernel["written"]}
    figures.lost += sorted(written - listing(node, _SHARED[0]).keys())
    answer = node.ask("POST", "/v1/x/fsck").json()
    wrong = (answer["removed"], answer["added"], answer["wrong"])
    figures.expect(wrong == (0, 0, []), f"fsck found removed, added, wrong: {wrong}")
    figures.partial += [f"{path.name} was left" for path in Path(node.root.path, "partial").glob("*-*")]


class _Kernel:
    """One of the kernels. Its work goes over that of the others, but for the bucket that it renames."""

    def __init__(self, number: int, folder: Path, client: aisnb.Client) -> None:
        self.told: dict[str, Any] = {"jobs": [], "broken": [], "written": {}, "disturbed": 0}
        self._number = number
        self._client = client
        self._node = NodeAt(folder / "home")
        self._dice = random.Random(number)
        self._address = aisnb.serve(folder / f"source-{number}").url
        self._own = [f"ais://own-{number}-{letter}" for letter in "ab"]

    def prepare(self) -> None:
        """Fill the bucket that is to be renamed."""
        for bucket in _SHARED:
            self._client.create(f"ais://{bucket}")
        self._client.create(self._own[0])
        for number in range(_RENAMED):
            self._node.put(f"own-{self._number}-a", _file(number), b"x")

    def work(self) -> None:
        """Start four downloads, and disturb those of all kernels while they run."""
        template = f"{self._address}f-{{000..{_FILES - 1:03d}}}"
        jobs = [self._client.download(template, f"ais://{bucket}", force=True) for bucket in _SHARED]
        doomed = f"ais://doomed-{self._number}"
        lost = self._client.download(
            template, doomed, bytes_per_hour=3600 * 40_000
        )  # so that it is there to be disturbed
        self._write()
        self._list()
        self._client.delete(f"ais://{_SHARED[1]}", template="f-{000..029}").wait()
        self._client.remove(doomed, yes=True)
        self._client.rename_bucket(*self._own).wait()
        self._own.reverse()
        self.told["disturbed"] += 3
        self._list()
        self._write()
        for job in jobs:
            shot = self._end(job.id)
            whole = (shot["state"], shot["done"], shot["failed"]) == ("finished", _FILES, 0)
            self._expect(whole, f"{job.id} ended as {shot['state']}, {shot['done']}, {shot['failed']}")
        shot = self._end(lost.id)
        self._expect(shot["state"] == "failed" and shot["reason"], f"{lost.id} ended as {shot['state']}, in no words")
        self.told["jobs"] += [*(job.id for job in jobs), lost.id]

    def _end(self, job: str) -> dict[str, Any]:
        shot = show(self._node, job)
        while shot["state"] not in _ENDED:
            shot = self._node.ask("GET", f"/v1/x/jobs/{job}?wait=10&version={shot['version']}").json()
        return shot

    def _expect(self, promise: bool, otherwise: str) -> None:
        if not promise:
            self.told["broken"].append(f"kernel {self._number}: {otherwise}")

    def _write(self) -> None:
        for number in self._dice.sample(range(_NAMES), _NAMES):
            name = f"w-{number}"
            _, version = self.told["written"].get(name, (self._number, 0))
            self._node.put(_SHARED[0], name, version_of(f"{self._number} {name}", version + 1))
            self.told["written"][name] = (self._number, version + 1)

    def _list(self) -> None:
        for bucket in _SHARED:
            self._hold(self._client.ls(f"ais://{bucket}", props=("checksum",)), bucket)
        for number in range(KERNELS):
            for letter in "ab":
                with suppress(aisnb.BucketNotFound):
                    found = self._client.ls(f"ais://own-{number}-{letter}")
                    self._expect(len(found) == _RENAMED, f"a page of own-{number}-{letter} has {len(found)} objects")

    def _hold(self, found: DataFrame, bucket: str) -> None:
        names = found["name"].tolist()
        self._expect(names == sorted(set(names)), f"a listing of {bucket} is out of order, or has a name twice")
        for name, size, checksum in zip(names, found["size"].tolist(), found["checksum"].tolist(), strict=True):
            if name.startswith("f-"):
                self._expect((size, checksum) in _allowed(name), f"{bucket}/{name} was listed as no kernel's file")


def main() -> None:
    """Work as one of the kernels."""
    number, folder, rounds = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with aisnb.connect() as client:
        kernel = _Kernel(number, folder, client)
        kernel.prepare()
        print("prepared", flush=True)
        sys.stdin.readline()
        for _ in range(rounds):
            kernel.work()
    print(json.dumps(kernel.told))


if __name__ == "__main__":
    main()
