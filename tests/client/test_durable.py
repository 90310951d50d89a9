"""``durable=True``: asked of the local node, refused where nobody can promise it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import aisnb
from tests.client.cluster import Proxy
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.faulty import FaultySource


def test_what_is_put_durably_is_there(client: aisnb.Client, bucket: str, shards: Path) -> None:
    assert len(client.put(shards, bucket, durable=True)) == 10
    assert client.get(f"{bucket}/shard-007.tar") == (shards / "shard-007.tar").read_bytes()


def test_a_durable_download_brings_and_skips_as_any_other(
    client: aisnb.Client, bucket: str, source: FaultySource
) -> None:
    for number in range(3):
        source.add(f"/{number}", bytes(number * 600_000 + 1), etag=f'"{number}"')
    for skipped in (0, 3):
        job = client.download(source.url("/{0..2}"), bucket, durable=True, wait=True)
        assert (job.state, job.done, job.skipped) == ("finished", 3, skipped)
    assert client.get(f"{bucket}/2") == bytes(1_200_001)


def test_a_cluster_is_not_asked_for_what_it_cannot_promise(shards: Path, tmp_path: Path, source: FaultySource) -> None:
    source.add("/a", b"a")
    with (
        running_node(tmp_path / "home") as node,
        Proxy(node.endpoint) as proxy,
        aisnb.connect(proxy.url, node.token) as cluster,
    ):
        cluster.create("ais://abc")
        with pytest.raises(aisnb.Unsupported, match="not on this cluster"):
            cluster.put(shards, "ais://abc", durable=True)
        with pytest.raises(aisnb.Unsupported, match="not on this cluster"):
            cluster.download(source.url("/a"), "ais://abc", durable=True)
        assert cluster.ls("ais://abc").empty


def test_a_relay_into_a_cluster_promises_nothing(tmp_path: Path) -> None:
    request = {
        "download": {"type": "single", "bucket": {"name": "abc"}, "link": "http://localhost:1/a", "durable": True},
        "cluster": {"endpoint": "http://localhost:1"},
    }
    with running_node(tmp_path / "home") as node:
        answer = node.ask("POST", "/v1/x/relays", request)
        assert answer.status == 501, answer
