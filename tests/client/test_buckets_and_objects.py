"""Buckets and objects of a real node, through the client."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import aisnb

if TYPE_CHECKING:
    from tests.support.faulty import FaultySource


def test_a_bucket_is_made_once_and_making_it_again_is_no_error(client: aisnb.Client, bucket: str) -> None:
    assert not client.create(bucket)
    row = client.buckets("ais").set_index("name").loc[bucket]
    assert (row["provider"], row["present"]) == ("ais", True)
    assert list(client.buckets()) == ["name", "provider", "present", "url"]
    assert bucket in set(client.ls()["name"])


def test_an_empty_bucket_lists_with_the_same_columns(client: aisnb.Client, bucket: str) -> None:
    listing = client.ls(bucket)
    assert list(listing) == ["name", "size"]
    assert listing.empty
    assert isinstance(listing["name"].dtype, pd.StringDtype)
    assert listing["size"].dtype == "int64"


def test_nothing_of_a_bucket_that_is_nowhere_else_is_missing_here(
    client: aisnb.Client, bucket: str, shards: Path
) -> None:
    client.put(shards, bucket)
    assert len(client.ls(bucket, cached=True)) == 10
    assert client.ls(bucket, cached=False).empty
    assert list(client.ls(bucket, cached=False)) == ["name", "size"]


def test_a_file_is_stored_under_its_own_name_or_the_one_that_is_given(
    client: aisnb.Client, bucket: str, shards: Path
) -> None:
    file = shards / "shard-003.tar"
    assert client.put(file, bucket) == [f"{bucket}/shard-003.tar"]
    assert client.put(str(file), f"{bucket}/dir/") == [f"{bucket}/dir/shard-003.tar"]
    assert client.put(file, f"{bucket}/other name") == [f"{bucket}/other name"]
    assert list(client.ls(bucket)["name"]) == ["dir/shard-003.tar", "other name", "shard-003.tar"]
    assert client.get(f"{bucket}/other name") == file.read_bytes()


def test_a_directory_is_stored_with_the_paths_below_it(client: aisnb.Client, bucket: str, shards: Path) -> None:
    (shards / "deeper").mkdir()
    (shards / "deeper" / "é &%20?.txt").write_text("hello")
    assert len(client.put(shards, f"{bucket}/train")) == 11
    assert client.get(f"{bucket}/train/deeper/é &%20?.txt") == b"hello"
    assert len(client.ls(bucket, prefix="train/shard-")) == 10


def test_what_is_not_there_cannot_be_stored(client: aisnb.Client, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(aisnb.DirectoryNotFound, match="nothing-here"):
        client.put(tmp_path / "nothing-here", bucket)
    with pytest.raises(aisnb.BucketNotFound, match="ais://no-such-bucket"):
        client.put(Path(__file__), "ais://no-such-bucket")


def test_names_are_sorted_by_their_bytes_and_pages_join_without_a_seam(
    client: aisnb.Client, bucket: str, tmp_path: Path
) -> None:
    names = ["Z", "a", "a b", "z", "é", "\U0001f600", "～"]
    for name in names:
        (tmp_path / name).write_text(name)
        client.put(tmp_path / name, bucket)
    assert list(client.ls(bucket)["name"]) == sorted(names, key=str.encode)
    assert list(client.ls(bucket, limit=3)["name"]) == sorted(names, key=str.encode)[:3]
    assert client.ls(bucket, limit=0).empty
    assert client.ls(bucket).attrs["bucket"] == bucket


def test_every_property_has_its_dtype(client: aisnb.Client, bucket: str, shards: Path) -> None:
    client.put(shards, bucket)
    listing = client.ls(bucket, props="all")
    assert list(listing) == [
        "name", "size", "checksum", "atime", "version", "location", "copies", "custom", "status", "chunked",
    ]  # fmt: skip
    assert str(listing["atime"].dtype) == "datetime64[ns, UTC]"
    assert listing["atime"].max() <= pd.Timestamp.now("UTC")
    assert listing["chunked"].dtype == "bool"
    assert listing["copies"].dtype == "int64"
    assert set(listing["status"]) == {"ok"}
    assert listing["custom"].map(type).eq(dict).all()
    assert list(client.ls(bucket, props=["version"])) == ["name", "size", "version"]
    assert list(client.ls(bucket, props="size")) == ["name", "size"]
    with pytest.raises(aisnb.UsageError, match=r"'chekcsum'.*Did you mean 'checksum'"):
        client.ls(bucket, props="chekcsum")


def test_a_summary_counts_objects_and_bytes(client: aisnb.Client, bucket: str, shards: Path) -> None:
    client.put(shards, bucket)
    found = client.summary(bucket)
    assert list(found) == ["name", "provider", "present", "url", "objects", "size"]
    assert found.loc[0, ["name", "objects", "size"]].tolist() == [bucket, 10, 45_010]
    assert bucket in set(client.summary()["name"])


def test_an_object_is_read_whole_or_in_part(client: aisnb.Client, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "digits").write_bytes(b"0123456789")
    client.put(tmp_path / "digits", bucket)
    assert client.get(f"{bucket}/digits") == b"0123456789"
    assert client.get(f"{bucket}/digits", offset=3, length=4) == b"3456"
    assert client.get(f"{bucket}/digits", offset=7) == b"789"
    assert client.get(f"{bucket}/digits", length=2) == b"01"
    with pytest.raises(aisnb.UsageError, match="offset=-1"):
        client.get(f"{bucket}/digits", offset=-1)


def test_a_file_appears_whole_and_replaces_only_if_it_may(client: aisnb.Client, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    client.put(tmp_path / "new", f"{bucket}/dir/file")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert client.get(f"{bucket}/dir/file", folder) == folder / "file"
    (folder / "file").write_text("old")
    with pytest.raises(aisnb.AlreadyExists):
        client.get(f"{bucket}/dir/file", folder / "file", clobber=False)
    assert (folder / "file").read_text() == "old"
    client.get(f"{bucket}/dir/file", str(folder / "file"))
    assert (folder / "file").read_text() == "new"
    with pytest.raises(aisnb.ObjectNotFound):
        client.get(f"{bucket}/missing", folder / "missing")
    with pytest.raises(aisnb.DirectoryNotFound):
        client.get(f"{bucket}/dir/file", tmp_path / "no" / "such" / "folder")
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_web_link_is_kept_in_a_bucket_on_its_way(client: aisnb.Client, source: FaultySource) -> None:
    link = source.add("/data/hello%20world", b"hello world\n")
    assert client.get(link) == b"hello world\n"
    assert client.get(link) == b"hello world\n"
    assert len([request for request in source.requests if request.method == "GET"]) == 1
    row = client.buckets("ht").set_index("url").loc[source.url("/data/")]
    listing = client.ls(row["name"])
    assert list(listing) == ["name", "size", "cached"]
    assert listing.loc[0].tolist() == ["hello world", 12, True]
    client.remove(row["name"], yes=True)


def test_a_directory_is_no_file_to_get(client: aisnb.Client) -> None:
    with pytest.raises(aisnb.NameInvalid, match="names a directory"):
        client.get("http://localhost:1/dir/")
    with pytest.raises(aisnb.NameInvalid, match="NAME"):
        client.get("ais://abc")


def test_removing_what_is_not_empty_wants_a_yes(client: aisnb.Client, bucket: str, shards: Path) -> None:
    client.put(shards, bucket)
    with pytest.raises(aisnb.ConfirmationNeeded, match="-y"):
        client.remove(bucket)
    with pytest.raises(aisnb.ConfirmationNeeded, match="3 objects"):
        client.remove(f"{bucket}/shard-{{000..002}}.tar")
    assert len(client.ls(bucket)) == 10
    client.remove(f"{bucket}/shard-009.tar")
    client.remove(f"{bucket}/shard-{{000..002}}.tar", yes=True)
    assert len(client.ls(bucket)) == 6
    with pytest.raises(aisnb.ObjectNotFound):
        client.remove(f"{bucket}/shard-009.tar")
    client.remove(bucket, yes=True)
    with pytest.raises(aisnb.BucketNotFound):
        client.ls(bucket)


def test_emptying_a_bucket_wants_a_yes(client: aisnb.Client, bucket: str, shards: Path) -> None:
    client.put(shards, bucket)
    with pytest.raises(aisnb.ConfirmationNeeded, match="yes=True"):
        client.delete(bucket)
    assert len(client.ls(bucket)) == 10
    client.delete(bucket, yes=True).wait()
    assert client.ls(bucket).empty


def test_an_empty_bucket_is_removed_without_asking(client: aisnb.Client, bucket: str) -> None:
    client.remove(bucket)
    with pytest.raises(aisnb.BucketNotFound, match=bucket):
        client.remove(bucket)


async def test_every_method_can_be_awaited(bucket: str, shards: Path) -> None:
    async with aisnb.connect() as client:
        await client.put_async(shards, bucket)
        listing, found = await asyncio.gather(client.ls_async(bucket), client.get_async(f"{bucket}/shard-001.tar"))
        assert len(listing) == 10
        assert found == (shards / "shard-001.tar").read_bytes()


def test_twins_have_the_same_words_and_read_well() -> None:
    for name in ("buckets", "ls", "summary", "get", "put", "create", "remove", "download", "prefetch", "jobs", "job"):
        method, twin = getattr(aisnb.Client, name), getattr(aisnb.Client, f"{name}_async")
        assert (method.__name__, twin.__name__) == (name, f"{name}_async")
        assert inspect.signature(method) == inspect.signature(twin)
        assert inspect.iscoroutinefunction(twin)
        assert not inspect.iscoroutinefunction(method)
        assert method.__doc__
    words = list(inspect.signature(aisnb.Client.ls).parameters)
    assert words[:6] == ["self", "bucket", "prefix", "props", "cached", "limit"]


def test_a_closed_client_works_again_and_closing_twice_is_harmless(bucket: str) -> None:
    client = aisnb.connect()
    client.close()
    assert client.ls(bucket).empty
    client.close()
    client.close()
    assert client.ls(bucket).empty
    client.close()


def test_a_path_with_a_slash_at_its_end_is_a_directory_made_if_need_be(
    client: aisnb.Client, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "x.tar").write_bytes(b"x")
    client.put(tmp_path / "x.tar", bucket)
    written = client.get(f"{bucket}/x.tar", f"{tmp_path}/new/")
    assert written == tmp_path / "new" / "x.tar"


def test_the_status_of_the_local_node_does_not_call_it_a_cluster(client: aisnb.Client, bucket: str) -> None:
    state = client.status()
    assert (state.local, state.reachable, state.endpoint) == (True, True, client.endpoint)
    first, *others = repr(state).splitlines()
    assert first == f"Local node at {client.endpoint}, speaks AIStore {state.version}"
    assert "Cluster" not in repr(state)
    assert not any("proxy" in line or "target" in line for line in others)
