from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.commands.packing import pack_standard_library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Samples = Mapping[str, Mapping[str, bytes]]


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the shards of the demo: Python's own sources."""
    directory = tmp_path_factory.mktemp("training") / "shards"
    pack_standard_library(directory)
    return directory


@pytest.fixture(scope="session")
def samples(shards: Path) -> Samples:
    """What is in the shards: by key, then by ending, the bytes."""
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted(shards.iterdir()):
        with tarfile.open(path) as shard:
            for member in shard:
                key, _, ending = member.name.partition(".")
                file = shard.extractfile(member)
                assert file is not None
                found.setdefault(key, {})[ending] = file.read()
    return found


@pytest.fixture(scope="session")
def bucket(shards: Path, data_root: Path) -> str:
    """A bucket of this worker's node that has the shards."""
    name = "ais://training"
    with aisnb.connect() as client:
        client.create(name)
        client.put(shards, name)
    return name
