"""Copies, new names, packed objects: what changes inside an endpoint."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import aisnb

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def filled(client: aisnb.Client, bucket: str, shards: Path) -> str:
    """A bucket with ten shards, and one object in a directory."""
    client.put(shards, bucket)
    client.put(shards / "shard-001.tar", f"{bucket}/dir/one")
    return bucket


def _another() -> str:
    return f"ais://b-{uuid4().hex[:12]}"


def test_a_whole_bucket_is_copied_into_one_that_is_made_for_it(client: aisnb.Client, filled: str, shards: Path) -> None:
    copy = _another()
    job = client.copy(filled, copy, prepend="old/").wait(60)
    assert (job.state, job.done) == ("finished", 11)
    assert client.ls(copy)["name"].tolist() == [f"old/{name}" for name in client.ls(filled)["name"]]
    assert client.get(f"{copy}/old/shard-003.tar") == (shards / "shard-003.tar").read_bytes()


def test_objects_are_copied_by_template_name_and_prefix(client: aisnb.Client, filled: str) -> None:
    copy = _another()
    client.copy(f"{filled}/shard-{{001..002}}.tar", f"{copy}/in/").wait(60)
    client.copy(filled, copy, names=["shard-005.tar"]).wait(60)
    client.copy(filled, copy, prefix="dir/").wait(60)
    assert client.ls(copy)["name"].tolist() == ["dir/one", "in/shard-001.tar", "in/shard-002.tar", "shard-005.tar"]
    with pytest.raises(aisnb.UsageError, match="in two ways"):
        client.copy(f"{filled}/dir/one", copy, prefix="d")
    with pytest.raises(aisnb.BucketNotFound):
        client.copy(_another(), copy)


def test_no_bucket_is_made_for_what_does_not_begin(client: aisnb.Client) -> None:
    fresh = _another()
    for begin in (
        lambda: client.copy(_another(), fresh),
        lambda: client.copy(_another(), fresh, names=["a"]),
        lambda: client.archive(_another(), f"{fresh}/a.tar"),
    ):
        with pytest.raises(aisnb.BucketNotFound):
            begin()
    assert fresh not in set(client.buckets()["name"])


def test_one_object_is_copied_under_its_name_or_another(client: aisnb.Client, filled: str, shards: Path) -> None:
    assert client.copy_object(f"{filled}/dir/one", f"{filled}/") == f"{filled}/one"
    assert client.copy_object(f"{filled}/dir/one", f"{filled}/a b/é") == f"{filled}/a b/é"
    assert client.get(f"{filled}/a b/é") == (shards / "shard-001.tar").read_bytes()
    with pytest.raises(aisnb.ObjectNotFound):
        client.copy_object(f"{filled}/nothing", filled)


def test_buckets_and_objects_take_new_names(client: aisnb.Client, filled: str, shards: Path) -> None:
    assert client.rename_object(f"{filled}/dir/one", "two") == f"{filled}/two"
    new = _another()
    moved = client.rename_bucket(filled, new).wait(60)
    assert moved.state == "finished"
    assert f"finished, renamed {filled} -> {new}. " in repr(moved)
    assert client.get(f"{new}/two") == (shards / "shard-001.tar").read_bytes()
    with pytest.raises(aisnb.BucketNotFound):
        client.ls(filled)
    client.create(filled)
    with pytest.raises(aisnb.AlreadyExists):
        client.rename_bucket(new, filled)


def test_words_are_noted_with_objects(client: aisnb.Client, filled: str) -> None:
    place = f"{filled}/dir/one"
    client.set_custom(place, {"split": "train"})
    client.set_custom(place, {"lang": "de"})
    assert client.ls(filled, prefix="dir/", props="custom")["custom"].tolist() == [{"split": "train", "lang": "de"}]
    client.set_custom(place, {"lang": "en"}, replace=True)
    assert client.ls(filled, prefix="dir/", props="custom")["custom"].tolist() == [{"lang": "en"}]


def test_files_become_one_object(client: aisnb.Client, bucket: str, shards: Path) -> None:
    paths = [shards / "shard-003.tar", shards / "shard-001.tar"]
    whole = b"".join(path.read_bytes() for path in paths)
    assert client.concat(paths, f"{bucket}/whole") == len(whole)
    assert client.get(f"{bucket}/whole") == whole
    with pytest.raises(aisnb.DirectoryNotFound, match="nothing-here"):
        client.concat([shards / "nothing-here"], f"{bucket}/whole")
    with pytest.raises(aisnb.UsageError, match="at least one"):
        client.concat([], f"{bucket}/whole")


def test_objects_are_packed_and_more_is_added(client: aisnb.Client, filled: str, shards: Path) -> None:
    place = f"{_another()}/packed.zip"
    client.archive(f"{filled}/shard-{{000..002}}.tar", place).wait(60)
    client.archive(filled, place, names=["dir/one"], append=True).wait(60)
    content = client.get(place)
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["shard-000.tar", "shard-001.tar", "shard-002.tar", "dir/one"]
        assert archive.read("dir/one") == (shards / "shard-001.tar").read_bytes()
    client.archive(filled, place, prefix="dir/").wait(60)
    content = client.get(place)
    assert isinstance(content, bytes)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [name.partition("/")[0] for name in archive.namelist()] == ["dir"]
    with pytest.raises(aisnb.ArchiveInvalid):
        client.archive(filled, f"{filled}/packed.txt")
