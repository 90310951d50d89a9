"""``--durable`` reaches the endpoint: the local node does it, a cluster is said not to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from tests.client.cluster import Proxy
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.faulty import FaultySource


@pytest.mark.parametrize("line", ["put --durable {file} {place}", "start download --durable --wait {link} {place}"])
def test_a_flag_is_heeded_on_both_endpoints(
    ais: Callable[..., Any],
    source: FaultySource,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
) -> None:
    (tmp_path / "shard-1.tar").write_bytes(b"\1" * 1000)
    words = {"file": tmp_path / "shard-1.tar", "link": source.url("/d/shard-1.tar")}
    ais(line.format(place=bucket, **words))
    assert ais(f"cat {bucket}/shard-1.tar") == b"\1" * 1000
    with running_node(tmp_path / "home") as node, Proxy(node.endpoint) as proxy:
        monkeypatch.setenv("AIS_ENDPOINT", proxy.url)
        monkeypatch.setenv("AIS_AUTHN_TOKEN", node.token)
        node.create("abc")
        with pytest.raises(aisnb.Unsupported, match="not on this cluster"):
            ais(line.format(place="ais://abc", **words))
