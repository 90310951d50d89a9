from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import aisnb
from tests.support.faulty import FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def client() -> Iterator[aisnb.Client]:
    """A client of this worker's node."""
    with aisnb.connect() as client:
        yield client


@pytest.fixture
def bucket(client: aisnb.Client) -> str:
    """The name of a new bucket, with its scheme."""
    name = f"ais://b-{uuid4().hex[:12]}"
    assert client.create(name)
    return name


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """A web server that misbehaves on demand."""
    with FaultySource() as source:
        yield source


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """A directory with ten files of uneven size."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(10):
        (folder / f"shard-{number:03d}.tar").write_bytes(bytes([number]) * (1000 * number + 1))
    return folder
