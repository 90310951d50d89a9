"""https:// endpoints: whom they trust, whom we trust, and what is said where that does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import aisnb
from tests.client.secure import Authority, SecureFront
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faulty import FaultySource
    from tests.support.nodes import NodeProcess


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    with running_node(tmp_path_factory.mktemp("secure") / "home") as node:
        yield node


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def front(node: NodeProcess, authority: Authority) -> Iterator[SecureFront]:
    """An endpoint that lets in only who shows a certificate that it trusts."""
    with SecureFront(node.endpoint, authority, wants_ours=True) as front:
        yield front


def test_certificates_of_both_sides_come_from_the_environment(
    front: SecureFront,
    authority: Authority,
    node: NodeProcess,
    shards: Path,
    source: FaultySource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate, key = authority.sign("client")
    monkeypatch.setenv("AIS_CLIENT_CA", str(authority.certificate))
    monkeypatch.setenv("AIS_CRT", str(certificate))
    monkeypatch.setenv("AIS_CRT_KEY", str(key))
    with aisnb.connect(front.url, node.token) as client:
        client.create("ais://secure")
        client.put(shards, "ais://secure/in/")
        assert client.get("ais://secure/in/shard-009.tar") == (shards / "shard-009.tar").read_bytes()
        link = source.add("/relayed", b"x" * 700_000)
        assert client.download(link, "ais://secure", relay="always").wait(60).done == 1
        assert node.get("secure", "relayed") == b"x" * 700_000
        assert client.status().reachable


def test_a_missing_certificate_of_ours_is_said_at_once(
    front: SecureFront, authority: Authority, node: NodeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIS_CLIENT_CA", str(authority.certificate))
    with aisnb.connect(front.url, node.token) as client, pytest.raises(aisnb.EndpointUnreachable, match="AIS_CRT_KEY"):
        client.buckets()


def test_trouble_with_its_certificate_says_so_in_the_status_too(front: SecureFront, node: NodeProcess) -> None:
    with aisnb.connect(front.url, node.token) as client:
        assert "AIS_CLIENT_CA" in client.status().trouble


def test_the_wrong_scheme_is_said_with_the_right_one(front: SecureFront, node: NodeProcess) -> None:
    plain = node.endpoint.replace("http:", "https:")
    with (
        aisnb.connect(plain, node.token) as client,
        pytest.raises(aisnb.EndpointUnreachable, match=f"Set AIS_ENDPOINT to {node.endpoint} "),
    ):
        client.buckets()
