"""A bucket of a million objects: listed, checked, renamed and half deleted, within bounded memory.

``python -m tests.trust.long COUNT`` takes the steps, and says what each found, and its peak of memory, as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aisnb
from aisnb.explore.checking import examine
from aisnb.store import Store
from aisnb.uris import Bucket
from tests.support.nodes import running_node
from tests.trust.figures import Figures

if TYPE_CHECKING:
    from concurrent.futures import Future

    from aisnb.store import ObjectRecord

_BUCKET, _RENAMED = "ais://long", "ais://renamed"
#: Mebibytes: of a process that has imported everything, for a million objects more, for the node.
_CLIENT, _CLIENT_MILLION, _NODE = 160, 500, 400


def _template(first: int, last: int) -> str:
    return f"train/shard-{{{first:07d}..{last:07d}}}.tar"


def _content(number: int) -> bytes:
    return b"%07d" % number


def run(folder: Path, count: int) -> Figures:
    """Fill a bucket, then take the steps from another process."""
    figures = Figures(f"a bucket of {count:,} objects: list, check, rename, delete half by template")
    home = folder / "home"
    _fill(home, count)
    with running_node(home) as node:
        told = []
        environment = {**os.environ, "AISNB_HOME": str(home), "AISNB_PROGRESS": "off"}
        command = [sys.executable, "-m", "tests.trust.long", str(count)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        for step, found in json.loads(done.stdout).items():
            wanted = _expected(count)[step]
            figures.trials += 1
            figures.expect(found["value"] == wanted, f"{step}: {found['value']}, not {wanted}")
            most = _CLIENT + _CLIENT_MILLION * count / 1_000_000
            figures.expect(found["mebibytes"] <= most, f"{step}: the client took {found['mebibytes']:.0f} MiB")
            told.append(f"{step} {found['seconds']:.1f} s, client {found['mebibytes']:.0f} MiB")
        peak = _peak(node.process.pid)
        figures.expect(peak is None or peak <= _NODE, f"the node took {peak:.0f} MiB")
        for number in range(count // 2, count, max(1, count // 500)):
            name = f"train/shard-{number:07d}.tar"
            figures.compare(name, node.get("renamed", name), [_content(number)])
    figures.measured = f"{'; '.join(told)}; node {peak or 0:.0f} MiB at most"
    return figures


def _expected(count: int) -> dict[str, Any]:
    """Return what each step is to find."""
    return {
        "list": [count, 7 * count, "train/shard-0000000.tar", f"train/shard-{count - 1:07d}.tar"],
        "check": {"missing": 10},
        "rename": count,
        "delete": ["finished", count // 2, 0],
        "list-again": count - count // 2,
    }


def _fill(home: Path, count: int) -> None:
    store = Store(home)
    bucket = Bucket("ais", "long")
    store.create_bucket(bucket)
    flying: deque[Future[ObjectRecord]] = deque()
    for number in range(count):
        partial = store.begin(bucket, f"train/shard-{number:07d}.tar")
        partial.start(offset=0, validator="", size=7)
        partial.write(_content(number))
        flying.append(store.commit(partial))
        if len(flying) > 1_000:
            flying.popleft().result()
    for future in flying:
        future.result()
    store.close()


def _peak(process: int) -> float | None:
    """Return the most memory that a process had, mebibytes; None where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024 if status.exists() else None


def _forget_peak() -> None:
    """Begin to measure this process's peak of memory anew (proc(5): clear_refs)."""
    with suppress(OSError):  # no Linux
        Path("/proc/self/clear_refs").write_text("5")


def _step(step: str, client: aisnb.Client, count: int) -> Any:
    match step:
        case "list":
            found = client.ls(_BUCKET)
            return [len(found), int(found["size"].sum()), found["name"].iloc[0], found["name"].iloc[-1]]
        case "check":
            problems = examine(client, _BUCKET, _template(0, count + 9)).problems
            return {str(kind): int(number) for kind, number in problems["problem"].value_counts().items()}
        case "rename":
            client.rename_bucket(_BUCKET, _RENAMED).wait()
            return int(client.summary(_RENAMED).loc[0, "objects"])
        case "delete":
            job = client.delete(_RENAMED, template=_template(0, count // 2 - 1))
            job.wait()
            return [job.state, job.done, job.failed]
        case _:
            return len(client.ls(_RENAMED))


def main() -> None:
    """Take the steps."""
    count = int(sys.argv[1])
    told = {}
    with aisnb.connect() as client:
        for step in _expected(count):
            _forget_peak()
            begun = time.monotonic()
            value = _step(step, client, count)
            told[step] = {
                "value": value,
                "seconds": time.monotonic() - begun,
                "mebibytes": _peak(os.getpid()) or 0,
            }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
