"""Files that a cluster cannot or will not fetch: the local node brings them, as a job like any other."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.settings import read_settings
from tests.client.cluster import Proxy
from tests.support.faulty import Fault
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faulty import FaultySource
    from tests.support.nodes import NodeProcess

_BLOCKED = 'Get "http://h/f": dial tcp 10.0.0.1:80: dload: egress blocked: 10.0.0.1 (tcp4)'


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The cluster's target."""
    with running_node(tmp_path_factory.mktemp("cluster") / "home") as node:
        yield node


@pytest.fixture
def proxy(node: NodeProcess) -> Iterator[Proxy]:
    with Proxy(node.endpoint) as proxy:
        yield proxy


@pytest.fixture
def cluster(proxy: Proxy, node: NodeProcess) -> Iterator[aisnb.Client]:
    with aisnb.connect(proxy.url, node.token) as cluster:
        yield cluster


def test_what_lies_on_this_machine_is_relayed_and_the_reason_said(
    cluster: aisnb.Client, node: NodeProcess, shards: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with aisnb.serve(shards) as server:
        job = cluster.download(server.url + "shard-{000..009}.tar", "ais://relayed/in/").wait(60)
        again = cluster.download(server.url + "shard-{000..009}.tar", "ais://relayed/in/").wait(60)
    assert (job.state, job.total, job.done, job.failed, job.skipped) == ("finished", 10, 10, 0, 0)
    assert job.bytes == sum(path.stat().st_size for path in shards.iterdir())
    assert again.skipped == 10
    assert "relayed through this machine, as '127.0.0.1' means this machine" in capfd.readouterr().err
    assert node.get("relayed", "in/shard-007.tar") == (shards / "shard-007.tar").read_bytes()
    listing = cluster.ls("ais://relayed", props="custom")
    assert listing["custom"][3]["orig_url"].endswith("/shard-003.tar")


def test_a_file_of_many_pieces_arrives_whole_though_its_source_breaks_off(
    cluster: aisnb.Client, node: NodeProcess, source: FaultySource
) -> None:
    body = bytes(range(256)) * 40_000
    link = source.add("/big.tar", body, etag='"1"', faults=[Fault(cut=3_000_000), Fault(cut=1_000_000, by="reset")])
    job = cluster.download(link, "ais://pieces", force=True).wait(60)
    assert job.done == 1
    assert node.get("pieces", "big.tar") == body
    assert [request.headers.get("range") for request in source.requests][1] == "bytes=3000000-"


def test_another_version_halfway_leaves_only_that_version(
    cluster: aisnb.Client, node: NodeProcess, source: FaultySource
) -> None:
    old, new = b"a" * 2_000_000, b"b" * 2_000_000
    faults = [Fault(cut=1_000_000), Fault(body=new, etag='"2"', ignore_range=True)]
    link = source.add("/changed.tar", old, etag='"1"', faults=faults)
    cluster.download(link, "ais://changed", force=True).wait(60)
    assert node.get("changed", "changed.tar") == new


def test_an_empty_file_and_one_of_unknown_size_arrive(
    cluster: aisnb.Client, node: NodeProcess, source: FaultySource
) -> None:
    links = [source.add("/empty", b""), source.add("/unknown", b"x" * 300_000, then=Fault(framing="chunked"))]
    cluster.download(links, "ais://sizes").wait(60)
    assert node.get("sizes", "empty") == b""
    assert node.get("sizes", "unknown") == b"x" * 300_000


def test_what_fails_is_told_and_retried_as_anywhere(
    cluster: aisnb.Client, node: NodeProcess, source: FaultySource
) -> None:
    source.add("/f-1", b"one")
    source.add("/f-2", b"two", faults=[Fault(status=404)])
    job = cluster.download(source.url("/f-{1..2}"), "ais://retried")
    with pytest.raises(aisnb.JobFailed, match="1 of 2 files failed: f-2"):
        job.wait(60)
    assert job.errors["status"].tolist() == [404]
    assert job.retry().wait(60).done == 1
    assert node.get("retried", "f-2") == b"two"


def test_the_cluster_is_tried_first_and_its_own_words_are_the_reason(
    cluster: aisnb.Client, proxy: Proxy, capfd: pytest.CaptureFixture[str]
) -> None:
    proxy.download_errors = [_BLOCKED]
    with pytest.raises(aisnb.JobError):
        cluster.download("http://192.0.2.1/t-1", "ais://tried", wait=True, timeout=0.2)
    assert "dload: egress blocked: 10.0.0.1 (tcp4)" in capfd.readouterr().err
    assert [asked[1] for asked in proxy.asked if asked[0] == "DELETE"] == ["/v1/download/abort", "/v1/download/remove"]


def test_errors_of_the_source_itself_are_no_reason_to_relay(cluster: aisnb.Client, proxy: Proxy) -> None:
    proxy.download_errors = [_BLOCKED, "http://h/f-2 does not exist"]
    assert cluster.download("http://192.0.2.1/t-{1..2}", "ais://kept").id == "dnl-refused01"


def test_never_and_always_are_heeded(cluster: aisnb.Client, source: FaultySource) -> None:
    link = source.add("/w", b"w")
    assert "where" not in aisnb.connect().jobs().columns
    never = cluster.download(link, "ais://ways", relay="never").wait(60)
    always = cluster.download(link, "ais://ways", relay="always").wait(60)
    places = cluster.jobs().set_index("id")["where"]
    assert (places[never.id], places[always.id]) == ("cluster", "local node")
    assert cluster.job(always.id).done == 1
    with pytest.raises(aisnb.UsageError, match="auto, always or never"):
        cluster.download(link, "ais://ways", relay="perhaps")


def test_a_cluster_in_trouble_pauses_the_job_and_resume_goes_on(
    cluster: aisnb.Client, proxy: Proxy, node: NodeProcess, source: FaultySource
) -> None:
    source.add("/p-1", b"one")
    source.add("/p-2", b"two")
    cluster.buckets()
    proxy.down = True
    job = cluster.download(source.url("/p-{1..2}"), "ais://paused")
    with pytest.raises(aisnb.JobPaused, match="503"):
        job.wait(100)
    proxy.down = False
    assert job.resume().wait(60).done == 2
    assert node.get("paused", "p-2") == b"two"


def test_the_clusters_token_never_reaches_the_disk_and_a_resume_brings_it_again(
    cluster: aisnb.Client, proxy: Proxy, node: NodeProcess, source: FaultySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIS_ENDPOINT", proxy.url)
    monkeypatch.setenv("AIS_AUTHN_TOKEN", node.token)
    link = source.add("/slow", b"x" * 500_000, faults=[Fault(cut=100_000, by="stall")])
    job = cluster.download(link, "ais://token")
    assert job.state in ("pending", "running")
    aisnb.background.stop(read_settings())
    source.release()
    kept = [path for path in aisnb.node_status().root.rglob("*") if path.is_file()]
    assert not [path for path in kept if node.token.encode() in path.read_bytes()]
    with pytest.raises(aisnb.JobPaused, match="needs credentials"):
        job.wait(60)
    assert job.resume().wait(60).done == 1


def test_web_buckets_are_kept_by_stand_ins_that_any_notebook_finds(
    cluster: aisnb.Client,
    proxy: Proxy,
    node: NodeProcess,
    shards: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with aisnb.serve(shards) as server:
        link = server.url + "shard-003.tar"
        assert cluster.get(link) == (shards / "shard-003.tar").read_bytes()
        with pytest.raises(aisnb.ObjectNotFound, match="404"):
            cluster.get(server.url + "nothing")
        with aisnb.connect(proxy.url, node.token) as another:
            row = another.buckets("ht").iloc[0]
            assert (row["provider"], row["url"]) == ("ht", server.url)
            listing = another.ls(row["name"], props="checksum")
            assert listing["name"].tolist() == sorted(path.name for path in shards.iterdir())
            assert listing.loc[listing["cached"], "name"].tolist() == ["shard-003.tar"]
            assert listing["size"].tolist() == [(shards / name).stat().st_size for name in listing["name"]]
            assert another.ls(row["name"], cached=True)["name"].tolist() == ["shard-003.tar"]
            there = another.ls(row["name"], cached=False, prefix="shard-00", start_after="shard-001.tar", limit=3)
            assert there["name"].tolist() == ["shard-002.tar", "shard-004.tar", "shard-005.tar"]
            job = another.prefetch(row["name"], template="shard-{000..009}.tar").wait(60)
            assert (job.kind, job.done, job.skipped) == ("prefetch-objects", 10, 1)
            listing = another.ls(row["name"])
            assert listing["name"].tolist() == sorted(path.name for path in shards.iterdir())
            assert listing["cached"].all()
            assert listing.attrs["bucket"] == row["name"]
            assert another.summary(row["name"]).loc[0, "objects"] == 10
            another.remove(f"{row['name']}/shard-004.tar")
            assert another.get(f"{row['name']}/shard-004.tar", tmp_path / "again").stat().st_size == 4001
            assert another.ls(row["name"], cached=False, limit=2).empty
            server.stop()
            assert len(another.ls(row["name"])) == 10
            assert "only what is here" in capsys.readouterr().err
            another.remove(row["name"], yes=True)
            assert another.buckets("ht").empty
            with pytest.raises(aisnb.BucketNotFound, match="http:// link first"):
                another.ls(row["name"])
    assert pickle.loads(pickle.dumps(listing)).equals(listing)
