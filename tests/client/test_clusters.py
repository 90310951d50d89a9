"""The same client against a cluster: redirects, tokens, certificates, and what a cluster does not tell."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import aisnb
from aisnb.client.credentials import cluster_token
from aisnb.client.downloads import plan_download
from aisnb.client.failed_files import untried
from aisnb.client.faults import refusal
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.downloads import RANGE, DownloadRequest
from aisnb.settings import read_settings
from tests.archives.packing import SHARD, tar
from tests.client.cluster import Proxy
from tests.support.faulty import Fault
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faulty import FaultySource
    from tests.support.nodes import NodeProcess


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


def test_redirects_are_followed_with_body_and_token(cluster: aisnb.Client, shards: Path, proxy: Proxy) -> None:
    assert not cluster.is_local
    assert cluster.endpoint == proxy.url
    cluster.create("ais://redirected")
    big = shards / "big"
    big.write_bytes(b"0123456789abcdef" * 200_000)
    cluster.put(shards, "ais://redirected/dir é")
    assert cluster.get("ais://redirected/dir é/big") == big.read_bytes()
    assert len(cluster.ls("ais://redirected", prefix="dir é/shard")) == 10
    cluster.remove("ais://redirected/dir é/big")
    cluster.remove("ais://redirected/dir é/shard-{000..008}.tar", yes=True)
    assert cluster.summary("ais://redirected").loc[0, "objects"] == 1
    cluster.remove("ais://redirected", yes=True)
    assert ("PUT", "/v1/objects/redirected/dir%20%C3%A9/big?provider=ais") in [asked[:2] for asked in proxy.asked]


def test_shards_of_a_cluster_are_looked_into_by_ranges(cluster: aisnb.Client, tmp_path: Path) -> None:
    (tmp_path / "s.tar").write_bytes(tar())
    cluster.create("ais://looked-into")
    cluster.put(tmp_path / "s.tar", "ais://looked-into")
    listing = cluster.members("ais://looked-into")
    assert list(zip(listing["member"], listing["size"], strict=True)) == [(name, len(SHARD[name])) for name in SHARD]
    assert cluster.member("ais://looked-into/s.tar", "a/1.jpg") == SHARD["a/1.jpg"]


def test_a_token_is_not_shown_to_who_is_not_of_the_cluster(node: NodeProcess, source: FaultySource) -> None:
    source.add("/v1/buckets", b"[]", then=Fault(framing="close"))
    with Proxy(source.url(""), known=False) as proxy, aisnb.connect(proxy.url, "sesame") as cluster:
        assert cluster.buckets().empty
    assert [request.headers.get("authorization") for request in source.requests] == [None]
    assert proxy.asked[0][2] == "Bearer sesame"


def test_a_cluster_tells_less_of_a_job_and_the_rest_is_none(
    cluster: aisnb.Client, node: NodeProcess, source: FaultySource
) -> None:
    source.add("/c-1", b"one")
    source.add("/c-2", b"two", then=Fault(status=404))
    job = cluster.download(source.url("/c-{1,2}"), "ais://told", connections=1, relay="never")
    with pytest.raises(aisnb.JobFailed, match=r"1 of 2 files failed: c-2"):
        job.wait()
    assert (job.state, job.total, job.done, job.failed) == ("finished", 2, 1, 1)
    assert (job.bytes, job.total_bytes, job.rate) == (None, None, None)
    assert job.errors["name"].tolist() == ["c-2"]
    assert job.errors["status"].isna().all()
    assert f"%ais show job {job.id} --progress" in repr(job)
    row = cluster.jobs().set_index("id").loc[job.id]
    assert row["bytes"] is pd.NA
    for call in (job.pause, job.resume):
        with pytest.raises(aisnb.Unsupported, match="not on this cluster"):
            call()


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize("into", ["ais://again", "ais://again/in/"])
def test_what_failed_on_a_cluster_is_tried_again(
    cluster: aisnb.Client, proxy: Proxy, node: NodeProcess, source: FaultySource, into: str, *, remembered: bool
) -> None:
    for number in (1, 2, 3):
        source.add(f"/r-{number}", bytes([number]), faults=[Fault(status=404)] if number > 1 else [])
    job = cluster.download(source.url("/r-{1..3}"), into, relay="never")
    with pytest.raises(aisnb.JobFailed, match=rf"2 of 3 files failed.*%ais retry {job.id}"):
        job.wait()
    with aisnb.connect(proxy.url, node.token) as other:
        again = (job if remembered else other.job(job.id)).retry().wait()
    assert (again.total, again.done, again.failed) == (2, 2, 0)
    prefix = into.removeprefix("ais://again").strip("/")
    assert cluster.ls("ais://again", prefix=prefix)["size"].sum() == 3
    with pytest.raises(aisnb.UsageError, match="nothing to retry"):
        again.retry()
    cluster.remove("ais://again", yes=True)


def test_what_a_cluster_gave_up_before_it_came_to_it_has_failed_too(
    cluster: aisnb.Client, proxy: Proxy, source: FaultySource
) -> None:
    proxy.download_errors, proxy.untried = ["f-0: its source does not answer"], 2
    job = cluster.download(source.url("/f-{0..2}"), "ais://given-up", relay="never")
    with pytest.raises(aisnb.JobFailed, match=r"3 of 3 files failed.*and 2 more"):
        job.wait()
    assert (job.state, job.done, job.failed, job.total) == ("finished", 0, 3, 3)
    asked = DownloadRequest(RANGE, BucketId("given-up"), template=source.url("/f-{0..2}"), subdir="in")
    assert untried(asked, ["in/f-0"]) == ["in/f-1", "in/f-2"]


def test_a_download_whose_links_nobody_knows_is_not_tried_again(
    cluster: aisnb.Client, proxy: Proxy, node: NodeProcess, source: FaultySource
) -> None:
    links = [source.add("/u-1", b"1", then=Fault(status=404)), source.url("/u-2")]
    job = cluster.download(links, "ais://unknown", relay="never")
    with pytest.raises(aisnb.JobFailed):
        job.wait()
    with (
        aisnb.connect(proxy.url, node.token) as other,
        pytest.raises(aisnb.Unsupported, match="does not tell the links"),
    ):
        other.job(job.id).retry()
    assert job.retry().total == 2


def test_a_cluster_can_stop_a_job(cluster: aisnb.Client, source: FaultySource) -> None:
    link = source.add("/slow", b"x" * 1000, then=Fault(cut=100, by="stall"))
    job = cluster.download(link, "ais://stopped", relay="never")
    assert job.stop().state == "aborted"
    with pytest.raises(aisnb.JobAborted, match=f"start download {link} ais://stopped/slow"):
        job.wait()
    source.release()


def test_jobs_of_other_kinds_are_known_by_their_statistics(cluster: aisnb.Client, shards: Path) -> None:
    cluster.create("ais://kinds")
    cluster.put(shards, "ais://kinds")
    cluster.remove("ais://kinds/shard-{000..004}.tar", yes=True)
    found = cluster.jobs()
    row = found[found["kind"] == "delete-listrange"].iloc[0]
    job = cluster.job(row["id"])
    assert (job.kind, job.state, job.total, job.failed) == ("delete-listrange", "finished", None, None)
    assert job.done == row["done"]


def test_what_the_cluster_says_becomes_an_error_of_ours(cluster: aisnb.Client, proxy: Proxy) -> None:
    with pytest.raises(aisnb.BucketNotFound, match="ais://nowhere"):
        cluster.ls("ais://nowhere")
    with pytest.raises(aisnb.JobNotFound):
        cluster.job("dnl-nowhere12")
    with aisnb.connect(proxy.url, "wrong") as stranger, pytest.raises(aisnb.NotAllowed, match="AIS_AUTHN_TOKEN"):
        stranger.buckets()


def test_a_cluster_that_does_not_let_us_look_is_not_called_unreachable(node: NodeProcess, proxy: Proxy) -> None:
    with aisnb.connect(node.endpoint, "wrong") as stranger:
        state = stranger.status()
    assert (state.reachable, state.nodes) == (True, ())
    assert repr(state).startswith(f"Cluster {node.endpoint} answers, but does not say how it is")
    assert "AIS_AUTHN_TOKEN" in repr(state)
    with aisnb.connect(proxy.url, "wrong") as stranger:
        (only,) = stranger.status().nodes
    assert only.reachable
    assert "AIS_AUTHN_TOKEN" in only.trouble


def test_nobody_at_the_endpoint_is_said_with_its_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with aisnb.connect(address) as client, pytest.raises(aisnb.EndpointUnreachable, match=address):
            client.buckets()
    with pytest.raises(aisnb.SchemeMissing, match=r"is no endpoint.*http://localhost:51080"):
        aisnb.connect("localhost:51080")


def test_what_somebody_else_says_is_told_with_one_full_stop() -> None:
    error = refusal(413, b"A body is not read. Send it without one.\n", "Making a bucket", "http://h", "http://h")
    assert str(error).endswith("says: A body is not read. Send it without one. Check AIS_ENDPOINT.")


def test_somebody_else_at_the_endpoint_is_noticed(source: FaultySource) -> None:
    source.add("/v1/buckets", b"<html>hello</html>", then=Fault(framing="close"))
    with aisnb.connect(source.url("")) as client, pytest.raises(aisnb.EndpointRefused, match="AIS_ENDPOINT"):
        client.buckets()


def test_the_environment_names_the_endpoint(monkeypatch: pytest.MonkeyPatch, proxy: Proxy, node: NodeProcess) -> None:
    monkeypatch.setenv("AIS_ENDPOINT", proxy.url + "/")
    monkeypatch.setenv("AIS_AUTHN_TOKEN", node.token)
    with aisnb.connect() as client:
        assert client.endpoint == proxy.url
        client.buckets()


def test_tokens_are_looked_for_where_the_cli_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert cluster_token(read_settings({})) == ""
    (tmp_path / "ais" / "cli").mkdir(parents=True)
    (tmp_path / "ais" / "cli" / "auth.token").write_text(json.dumps({"token": "of the CLI"}))
    assert cluster_token(read_settings({})) == "of the CLI"
    (tmp_path / "named").write_text(json.dumps({"token": "of the file"}))
    named = {"AIS_AUTHN_TOKEN_FILE": str(tmp_path / "named")}
    assert cluster_token(read_settings(named)) == "of the file"
    assert cluster_token(read_settings(named | {"AIS_AUTHN_TOKEN": "said"})) == "said"
    (tmp_path / "named").write_text("nothing")
    with pytest.raises(aisnb.NotAllowed, match="AIS_AUTHN_TOKEN_FILE"):
        cluster_token(read_settings(named))


def test_the_local_nodes_own_address_means_the_local_node(
    client: aisnb.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.buckets()
    state = aisnb.node_status()
    monkeypatch.setenv("AIS_ENDPOINT", str(state.endpoint))
    monkeypatch.setenv("AIS_AUTHN_TOKEN", json.loads(state.token_file.read_text())["token"])
    assert aisnb.connect().is_local
    aisnb.background.stop(read_settings())
    with aisnb.connect() as again:
        assert again.is_local  # known by its token, while it does not run
        again.buckets()
    assert aisnb.node_status().running


def test_the_tokens_of_clusters_are_not_the_local_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIS_AUTHN_TOKEN", "of-some-cluster")
    with aisnb.connect() as client:
        client.buckets()


def test_the_sdk_comes_configured(client: aisnb.Client, bucket: str, shards: Path) -> None:
    client.put(shards / "shard-001.tar", bucket)
    found = aisnb.sdk_client().bucket(bucket.removeprefix("ais://")).object("shard-001.tar").get_reader().read_all()
    assert found == (shards / "shard-001.tar").read_bytes()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A TLS endpoint that answers every request with an empty list; its address, and its authority's file."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        connection.recv(65536)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}", certificate
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_a_certificate_is_trusted_by_its_authority_or_unseen_and_else_refused_at_once(
    secure: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, authority = secure
    with aisnb.connect(address) as client, pytest.raises(aisnb.EndpointUnreachable, match="AIS_CLIENT_CA"):
        client.buckets()
    with monkeypatch.context() as patch:
        patch.setenv("AIS_CLIENT_CA", str(authority))
        with aisnb.connect(address) as client:
            assert client.buckets().empty
    monkeypatch.setenv("AIS_SKIP_VERIFY_CRT", "true")
    with aisnb.connect(address) as client:
        assert client.buckets().empty
    monkeypatch.setenv("AIS_CLIENT_CA", "/no/such/file.pem")
    with aisnb.connect(address) as client, pytest.raises(aisnb.UsageError, match="AIS_CLIENT_CA"):
        client.buckets()


def test_a_plan_says_what_the_downloader_will_hear() -> None:
    assert plan_download("http://h/x/a%20b.bin?sig=1", "b").object_name == "a b.bin"
    several = plan_download("http://h/s-{001..003}.tar", "ais://b/in/")
    assert (several.type, several.subdir) == ("range", "in")
    assert plan_download(["http://h/a", "http://h/b"], "ais://b").objects == ["http://h/a", "http://h/b"]
    assert plan_download(["http://h/a"], "ais://b/c").objects == {"c/a": "http://h/a"}
