"""WebDataset reads shards in buckets: on the node, on a cluster, and without a line of Python in between."""

from __future__ import annotations

import json
import sysconfig
import traceback
from typing import TYPE_CHECKING

import pytest
import webdataset

import aisnb
from tests.client.cluster import Proxy
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.conftest import Samples

_TEMPLATE = "shard-{000..099}.tar"


def _read(urls: str) -> Samples:
    found: dict[str, dict[str, bytes]] = {}
    for sample in webdataset.WebDataset(urls, shardshuffle=False):
        key = sample.pop("__key__")
        assert sample.pop("__url__").startswith(urls.partition("shard-")[0])
        assert key not in found
        found[key] = sample
    return found


def test_each_sample_of_a_bucket_on_the_node_comes_bit_by_bit(
    bucket: str, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aisnb.connect() as client:
        monkeypatch.setitem(webdataset.gopen_schemes, "ais", client.open)
        assert _read(f"{bucket}/{_TEMPLATE}") == samples


def test_each_sample_of_a_bucket_on_a_cluster_comes_bit_by_bit(
    shards: Path, samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        running_node(tmp_path / "home") as target,
        Proxy(target.endpoint) as proxy,
        aisnb.connect(proxy.url, target.token) as cluster,
    ):
        assert not cluster.is_local
        cluster.create("ais://training")
        cluster.put(shards, "ais://training/in/")
        monkeypatch.setitem(webdataset.gopen_schemes, "ais", cluster.open)
        assert _read(f"ais://training/in/{_TEMPLATE}") == samples


def test_a_shard_that_is_not_there_is_an_error_that_shows_no_token(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = json.loads(aisnb.node_status().token_file.read_text())["token"]
    with aisnb.connect() as client:
        monkeypatch.setitem(webdataset.gopen_schemes, "ais", client.open)
        with pytest.raises(aisnb.ObjectNotFound, match=r"shard-100\.tar") as caught:
            _read(f"{bucket}/shard-{{099..100}}.tar")
    assert token not in "".join(traceback.format_exception(caught.value))


def test_a_pipe_reads_by_the_terminals_command(bucket: str, samples: Samples) -> None:
    found = _read(f"pipe:{sysconfig.get_path('scripts')}/aisnb get {bucket}/shard-007.tar -")
    assert found
    assert all(samples[key] == sample for key, sample in found.items())
