"""The walk-through and every kind of command on an AIStore that is not ours.

Runs where AISNB_TEST_CLUSTER names one, such as http://127.0.0.1:8080; tokens and certificates come from AIStore's own
environment variables.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import webdataset

import aisnb
from aisnb.commands.packing import pack_standard_library
from aisnb.explore.levels import level

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_ENDPOINT = os.environ.get("AISNB_TEST_CLUSTER", "")
#: What proves to that cluster who we are; the tests' own environment has none of it.
_PROOF = {name: value for name, value in os.environ.items() if name.startswith("AIS_") and name != "AIS_ENDPOINT"}

pytestmark = pytest.mark.skipif(not _ENDPOINT, reason="AISNB_TEST_CLUSTER names no AIStore cluster to try")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[aisnb.Client]:
    for name, value in _PROOF.items():
        monkeypatch.setenv(name, value)
    with aisnb.connect(_ENDPOINT) as cluster:
        yield cluster


@pytest.fixture
def bucket(cluster: aisnb.Client) -> Iterator[str]:
    name = f"ais://aisnb-test-{secrets.token_hex(4)}"
    cluster.create(name)
    yield name
    cluster.remove(name, yes=True)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(10):
        (folder / f"shard-{number:03d}.tar").write_bytes(secrets.token_bytes(40_000 * number))
    return folder


def test_the_two_steps_of_the_post_by_prefetch(cluster: aisnb.Client, shards: Path) -> None:
    with aisnb.serve(shards) as server:
        assert cluster.get(server.url + "shard-001.tar") == (shards / "shard-001.tar").read_bytes()
        web = cluster.buckets("ht").set_index("url").loc[server.url, "name"]
        listing = cluster.ls(web)
        assert len(listing) == 10
        assert listing.loc[listing["cached"], "name"].tolist() == ["shard-001.tar"]
        job = cluster.prefetch(web, template="shard-{000..009}.tar").wait(60)
        assert (job.state, job.failed) == ("finished", 0)
        listing = cluster.ls(web)
        assert listing["name"].tolist() == sorted(path.name for path in shards.iterdir())
        assert cluster.get(f"{web}/shard-009.tar") == (shards / "shard-009.tar").read_bytes()
        cluster.remove(f"{web}/shard-001.tar")
        cluster.remove(web, yes=True)
        assert server.url not in cluster.buckets("ht")["url"].tolist()


@pytest.mark.parametrize("relay", ["auto", "always"])
def test_the_two_steps_of_the_post_by_download(cluster: aisnb.Client, bucket: str, shards: Path, relay: str) -> None:
    with aisnb.serve(shards) as server:
        job = cluster.download(server.url + "shard-{000..009}.tar", f"{bucket}/in/", relay=relay).wait(60)
        assert (job.state, job.total, job.done, job.failed) == ("finished", 10, 10, 0)
        again = cluster.download(server.url + "shard-{000..009}.tar", f"{bucket}/in/", relay=relay).wait(60)
        assert again.skipped == 10
        with pytest.raises(aisnb.JobFailed, match="2 of 3 files failed"):
            cluster.download(server.url + "shard-{009..011}.tar", bucket, relay=relay, wait=True)
    for path in shards.iterdir():
        assert cluster.get(f"{bucket}/in/{path.name}") == path.read_bytes()
    assert cluster.job(job.id).done == 10
    assert set(cluster.jobs().set_index("id").loc[[job.id, again.id], "where"]) == {"local node"}


def test_objects_go_in_and_come_out_by_every_way(cluster: aisnb.Client, bucket: str, shards: Path) -> None:
    names = cluster.put(shards, f"{bucket}/dir é/a b/")
    assert len(names) == 10
    listing = cluster.ls(bucket, prefix="dir é/", props="all")
    assert listing["size"].sum() == sum(path.stat().st_size for path in shards.iterdir())
    assert listing["checksum"].notna().all()
    assert cluster.get(names[2], offset=100, length=50) == (shards / "shard-002.tar").read_bytes()[100:150]
    assert cluster.summary(bucket).loc[0, ["objects", "present"]].tolist() == [10, True]
    assert bucket in set(cluster.summary()["name"])
    assert cluster.ls(bucket, cached=False).empty
    cluster.remove(f"{bucket}/dir é/a b/shard-{{000..004}}.tar", yes=True)
    cluster.remove(names[5])
    assert len(cluster.ls(bucket)) == 4
    with pytest.raises(aisnb.ObjectNotFound):
        cluster.get(names[5])
    with pytest.raises(aisnb.ConfirmationNeeded):
        cluster.remove(bucket)


def test_objects_are_copied_renamed_and_packed_inside(cluster: aisnb.Client, bucket: str, shards: Path) -> None:
    cluster.put(shards, bucket)
    other = f"{bucket}-copy"
    try:
        assert cluster.copy(bucket, other, prepend="old/").wait(60).done == 10
        assert cluster.copy(f"{bucket}/shard-{{001..003}}.tar", f"{other}/in/").wait(60).state == "finished"
        assert cluster.copy_object(f"{bucket}/shard-004.tar", f"{other}/in/") == f"{other}/in/shard-004.tar"
        assert cluster.rename_object(f"{other}/in/shard-004.tar", "in/four") == f"{other}/in/four"
        names = ["in/four", "in/shard-001.tar", "in/shard-002.tar", "in/shard-003.tar"]
        assert cluster.ls(other, prefix="in/")["name"].tolist() == names
        assert cluster.get(f"{other}/in/four") == (shards / "shard-004.tar").read_bytes()
        cluster.set_custom(f"{other}/in/four", {"split": "train"})
        assert cluster.ls(other, prefix="in/four", props="custom")["custom"].tolist() == [{"split": "train"}]
        packed = cluster.archive(f"{bucket}/shard-{{001..002}}.tar", f"{other}/packed.tar").wait(60)
        assert packed.id in cluster.jobs()["id"].tolist()
        with cluster.open(f"{other}/packed.tar") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            assert sorted(member.name for member in archive) == ["shard-001.tar", "shard-002.tar"]
        cluster.archive(other, f"{other}/some.tar", prefix="in/shard").wait(60)
        with cluster.open(f"{other}/some.tar") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            assert sorted(member.name for member in archive) == names[1:]  # the targets send theirs as they come
        assert cluster.concat([shards / "shard-001.tar"] * 2, f"{other}/twice") == 80_000
    finally:
        cluster.remove(other, yes=True)


def test_a_promotion_is_understood(cluster: aisnb.Client, bucket: str) -> None:
    with pytest.raises(aisnb.AisnbError) as caught:  # where files may lie differs with the version
        cluster.promote("/nowhere/at/all", bucket, recursive=True, checksum=False)
    assert "unmarshal" not in str(caught.value)


def test_a_bucket_takes_another_name(cluster: aisnb.Client, bucket: str, shards: Path) -> None:
    old, new = f"{bucket}-old", f"{bucket}-new"
    cluster.create(old)
    cluster.put(shards / "shard-001.tar", old)
    assert cluster.rename_bucket(old, new).wait(60).state == "finished"
    try:
        assert cluster.get(f"{new}/shard-001.tar") == (shards / "shard-001.tar").read_bytes()
        assert old not in cluster.buckets()["name"].tolist()
    finally:
        cluster.remove(new, yes=True)


def test_webdataset_reads_shards_bit_by_bit(
    cluster: aisnb.Client, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack_standard_library(tmp_path / "shards")
    cluster.put(tmp_path / "shards", bucket)
    monkeypatch.setitem(webdataset.gopen_schemes, "ais", cluster.open)
    found = {
        f"{sample['__key__']}.{ending}": sample[ending]
        for sample in webdataset.WebDataset(f"{bucket}/shard-{{000..099}}.tar", shardshuffle=False)
        for ending in ("py", "json")
    }
    for path in (tmp_path / "shards").iterdir():
        with tarfile.open(path) as shard:
            for member in shard:
                assert found.pop(member.name) == shard.extractfile(member).read()  # type: ignore[union-attr]  # a file
    assert not found


def test_what_is_not_there_is_said_with_its_own_class(cluster: aisnb.Client) -> None:
    for ask, error in (
        (lambda: cluster.ls("ais://aisnb-test-nowhere"), aisnb.BucketNotFound),
        (lambda: cluster.get("ais://aisnb-test-nowhere/x"), aisnb.BucketNotFound),
        (lambda: cluster.job("dnl-nothere12"), aisnb.JobNotFound),
        (lambda: cluster.job("nothere123"), aisnb.JobNotFound),
    ):
        with pytest.raises(error):
            ask()


def test_its_status_names_each_node(cluster: aisnb.Client) -> None:
    state = cluster.status()
    assert state.reachable
    assert {node.role for node in state.nodes} == {"proxy", "target"}
    assert all(node.reachable and node.version for node in state.nodes)
    assert state.free_bytes
    assert state.buckets is not None


@pytest.mark.timeout(600)
@pytest.mark.parametrize("notebook", sorted(path.name for path in _NOTEBOOKS.glob("*.ipynb")))
def test_the_notebooks_run_there_as_they_are(
    cluster: aisnb.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notebook: str
) -> None:
    before = set(cluster.buckets()["name"])
    monkeypatch.setenv("AIS_ENDPOINT", _ENDPOINT)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    words = [str(_NOTEBOOKS / notebook), str(tmp_path / "record.ipynb"), "--no-progress-bar", "-k", "python3"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "papermill", *words], capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
    finally:
        for name in set(cluster.buckets()["name"]) - before:
            cluster.remove(name, yes=True)


def test_the_sdk_comes_configured(
    cluster: aisnb.Client, bucket: str, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIS_ENDPOINT", _ENDPOINT)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    cluster.put(shards / "shard-001.tar", bucket)
    found = aisnb.sdk_client().bucket(bucket.removeprefix("ais://")).object("shard-001.tar").get_reader().read_all()
    assert found == (shards / "shard-001.tar").read_bytes()


def test_levels_are_browsed_with_counts_and_found_by_their_beginning(
    cluster: aisnb.Client, bucket: str, shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIS_ENDPOINT", _ENDPOINT)
    cluster.put(shards, f"{bucket}/in/deep/")
    top = level(bucket)
    assert top[["name", "objects", "size"]].values.tolist() == [["in/", 10, 40_000 * 45]]
    assert level(f"{bucket}/in/deep/shard-00")["name"].tolist() == [f"in/deep/shard-{n:03d}.tar" for n in range(10)]
    assert level(f"{bucket}/in/deep/shard-003")["name"].tolist() == ["in/deep/shard-003.tar"]
    assert level(f"{bucket}/in/de")["name"].tolist() == ["in/deep/"]
