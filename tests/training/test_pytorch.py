"""The official SDK's PyTorch datasets read buckets of the node, where PyTorch is installed: no test asks for it."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

import aisnb

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.conftest import Samples

_HOW = "PyTorch is not installed: pip install 'aistore[pytorch]' lets this run"
loading: Any = pytest.importorskip("torch.utils.data", reason=_HOW)
datasets: Any = pytest.importorskip("aistore.pytorch", reason=_HOW, exc_type=ImportError)


@pytest.fixture
def shelf(bucket: str) -> Any:
    return aisnb.sdk_client().bucket(bucket.removeprefix("ais://"))


def test_map_datasets_have_each_object_by_its_number(shelf: Any, shards: Path) -> None:
    dataset = datasets.AISMapDataset(shelf, prefix_map={shelf: "shard-00"})
    assert len(dataset) == 10
    assert dataset[9] == ("shard-009.tar", (shards / "shard-009.tar").read_bytes())
    in_parts = datasets.AISParallelMapDataset(shelf, prefix_map={shelf: "shard-00"}, num_workers=2)
    name, content = in_parts[9]
    with content:
        assert (name, content.tobytes()) == dataset[9]


@pytest.mark.parametrize("workers", [0, 2])
def test_the_workers_of_a_loader_share_the_objects(shelf: Any, shards: Path, workers: int) -> None:
    dataset = datasets.AISIterDataset(shelf, prefix_map={shelf: ["shard-01", "shard-02"]})
    loader = loading.DataLoader(
        dataset, batch_size=None, num_workers=workers, multiprocessing_context=_context(workers)
    )
    found = dict(loader)
    assert sorted(found) == [f"shard-{number:03d}.tar" for number in range(10, 30)]
    assert all(content == (shards / name).read_bytes() for name, content in found.items())


@pytest.mark.parametrize("workers", [0, 2])
def test_the_samples_of_all_shards_come_bit_by_bit(shelf: Any, samples: Samples, workers: int) -> None:
    reader = datasets.AISShardReader(shelf)
    found = dict(
        loading.DataLoader(reader, batch_size=None, num_workers=workers, multiprocessing_context=_context(workers))
    )
    assert found == samples


def test_several_shards_are_read_side_by_side(bucket: str, shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aistore.sdk import DataShard

    node = aisnb.node_status()
    monkeypatch.setenv("AIS_AUTHN_TOKEN", json.loads(node.token_file.read_text())["token"])
    shelf, names = bucket.removeprefix("ais://"), ("shard-000.tar", "shard-009.tar")
    sources = [DataShard(client_url=node.endpoint, bucket_name=shelf, prefix=name) for name in names]
    found = list(datasets.AISMultiShardStream(sources))
    expected = list(zip(*(_members(shards / source.prefix) for source in sources), strict=False))
    assert found == expected


def _context(workers: int) -> str | None:
    """Say how workers begin: afresh, as forks beside threads are warned of."""
    return "spawn" if workers else None


def _members(path: Path) -> list[bytes]:
    with tarfile.open(path) as shard:
        files = [shard.extractfile(member) for member in sorted(shard, key=lambda member: member.name)]
        return [file.read() for file in files if file is not None]
