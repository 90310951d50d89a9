"""``kill -9`` of real kernels in a download, alone and with all else: the job goes on, and a new kernel finds it."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from aisnb import background
from aisnb.settings import read_settings
from tests.notebook.kernels import Kernel
from tests.support.nodes import NodeAt
from tests.trust.crashes import LATEST_SECONDS, SHARDS, file_servers, look_at_a_download, make_dataset
from tests.trust.figures import Figures
from tests.trust.looking import Onlookers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def downloads(victim: str, folder: Path, trials: int, seed: int) -> Figures:
    """Kill the kernel, or all that `victim` names, once in each download; look from a new kernel."""
    figures = Figures(f"kill -9 of the {victim} in a download of {SHARDS} files")
    dice = random.Random(f"{seed} {victim}")
    dataset = make_dataset(folder / "shards", SHARDS)
    with _environment(folder / "home"):
        kernel = _kernel(folder)
        try:
            for trial in range(trials):
                kernel = _trial(kernel, folder, f"trial-{trial}", dataset, dice, figures, everything=victim != "kernel")
        finally:
            kernel.close()
    return figures


@contextmanager
def _environment(home: Path) -> Iterator[None]:
    """Have kernels use `home`; at the end its node is stopped."""
    with patch.dict(os.environ, {"AISNB_HOME": str(home), "AISNB_PROGRESS": "off", "AISNB_IDLE": "120"}):
        try:
            yield
        finally:
            background.stop(read_settings())


def _kernel(folder: Path) -> Kernel:
    kernel = Kernel(folder)
    _say(kernel, "%load_ext aisnb")
    return kernel


def _say(kernel: Kernel, code: str) -> str:
    cell = kernel.run(code)
    assert not cell.ename, f"{code}: {cell.ename}: {cell.evalue}"
    return "".join(each["text"] for each in cell.of_type("stream") if each["name"] == "stdout").strip()


def _trial(
    kernel: Kernel,
    folder: Path,
    bucket: str,
    dataset: dict[str, bytes],
    dice: random.Random,
    figures: Figures,
    *,
    everything: bool,
) -> Kernel:
    """Kill, and look; return the kernel that is there then."""
    _say(kernel, f"server = %ais serve {folder / 'shards'}")
    _say(kernel, f"job = %ais start download {{server}}shard-{{0001..{len(dataset):04d}}}.tar ais://{bucket}")
    job = _say(kernel, "print(job.id)")
    node = NodeAt(folder / "home")
    before = _processes(node)
    with Onlookers(node, bucket, lambda name: [dataset.get(name, b"")], figures) as onlookers:
        time.sleep(dice.uniform(0, LATEST_SECONDS))
        kernel.kill()
        if everything:
            for pid in reversed(before):
                os.kill(pid, signal.SIGKILL)
    kernel.close()
    kernel = _kernel(folder)
    end = _say(kernel, f"found = %ais wait {job}\nprint(found.state, found.done, found.failed)")
    figures.expect(end == f"finished {len(dataset)} 0", f"{bucket}: the new kernel saw {end}")
    if not everything:
        figures.expect(_processes(node) == before, f"{bucket}: node or file server did not outlive the kernel")
    look_at_a_download(node, bucket, job, dataset, onlookers.seen, figures)
    _say(kernel, f"%ais rmb ais://{bucket} -y")
    return kernel


def _processes(node: NodeAt) -> list[int]:
    """Return the process ids of the node and its file servers."""
    found = node.root.read_node_file()
    assert found is not None
    return [found.pid, *file_servers(found.pid)]
