"""AIStore's own Python SDK at work on the node: buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aistore.sdk.errors import AISError, ErrBckAlreadyExists, ErrBckNotFound, InvalidBckProvider

from tests.sdk.using import contents, done, fill, names

if TYPE_CHECKING:
    from pathlib import Path

    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket

FILES = {"a/1.jpg": b"one", "a/2.jpg": b"two", "b.txt": b""}


def test_a_bucket_is_renamed(client: Client, shelf: Bucket) -> None:
    fill(shelf, FILES)
    before = shelf.name
    done(client, shelf.rename(f"{before}-new"))
    assert contents(client.bucket(f"{before}-new")) == FILES
    with pytest.raises(ErrBckNotFound):
        client.bucket(before).list_all_objects()


def test_a_bucket_takes_no_name_that_is_taken(client: Client, shelf: Bucket) -> None:
    other = client.bucket(f"{shelf.name}-other").create()
    with pytest.raises(ErrBckAlreadyExists):
        shelf.rename(other.name)
    with pytest.raises(AISError):
        shelf.rename("a b")
    with pytest.raises(ErrBckNotFound):
        client.bucket("missing").rename("elsewhere")


def test_a_bucket_is_copied_in_part_under_other_names(client: Client, shelf: Bucket) -> None:
    fill(shelf, FILES)
    target = client.bucket(f"{shelf.name}-copy")
    done(client, shelf.copy(target, prefix_filter="a/", prepend="new/", ext={"jpg": "png"}))
    assert contents(target) == {"new/a/1.png": b"one", "new/a/2.png": b"two"}


def test_a_dry_run_of_a_copy_writes_nothing(client: Client, shelf: Bucket) -> None:
    fill(shelf, FILES)
    target = client.bucket(f"{shelf.name}-copy").create()
    done(client, shelf.copy(target, dry_run=True))
    assert names(target) == []


def test_a_copy_brings_custom_words_along_and_overwrites(client: Client, shelf: Bucket) -> None:
    fill(shelf, FILES)
    shelf.object("b.txt").get_writer().set_custom_props({"colour": "green"})
    target = client.bucket(f"{shelf.name}-copy").create()
    fill(target, {"b.txt": b"old"})
    done(client, shelf.copy(target))
    props = target.object("b.txt").props
    assert (props.custom_metadata, props.obj_version) == ({"colour": "green"}, "2")
    assert contents(target) == FILES


def test_a_bucket_is_not_copied_onto_itself(shelf: Bucket) -> None:
    with pytest.raises(AISError, match="onto itself"):
        shelf.copy(shelf)


def test_a_bucket_tells_what_is_in_it(shelf: Bucket) -> None:
    fill(shelf, FILES)
    _, summary = shelf.info()
    assert summary["ObjCount"]["obj_count_present"] == "3"
    _, summary = shelf.info(prefix="a/")
    assert summary["ObjCount"]["obj_count_present"] == "2"


def test_a_local_bucket_is_neither_evicted_nor_prefetched(shelf: Bucket) -> None:
    for refused in (shelf.evict, shelf.objects(obj_names=["a"]).evict, shelf.objects(obj_names=["a"]).prefetch):
        with pytest.raises(InvalidBckProvider):
            refused()


def test_a_directory_of_files_is_put(shelf: Bucket, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "one.txt").write_bytes(b"1")
    (tmp_path / "inner/two.txt").write_bytes(b"2")
    (tmp_path / "three.jpg").write_bytes(b"3")
    shelf.put_files(str(tmp_path), recursive=True, pattern="*.txt", prepend="p/")
    assert contents(shelf) == {"p/inner/two.txt": b"2", "p/one.txt": b"1"}


@pytest.mark.parametrize("name", ["*", ".", " ", "bucket/badname", "bucket and name", "#badname", "$badname"])
def test_names_that_cannot_be_are_refused(client: Client, name: str) -> None:
    with pytest.raises(AISError):
        client.bucket(name).create()
