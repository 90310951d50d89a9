from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.fileserver.running import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = random.Random(1).randbytes(4096)
LARGE = random.Random(2).randbytes(3 * 1024 * 1024 + 17)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    root = tmp_path / "served"
    (root / "train").mkdir(parents=True)
    (root / "shard-001.tar").write_bytes(SMALL)
    (root / "large.bin").write_bytes(LARGE)
    (root / "empty").write_bytes(b"")
    (root / "train" / "a.json").write_text('{"a": 1}')
    (tmp_path / "outside.txt").write_text("not served")
    return root


@pytest.fixture
def server(directory: Path) -> Iterator[RunningServer]:
    with RunningServer(directory) as running:
        yield running
