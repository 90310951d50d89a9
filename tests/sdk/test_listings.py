"""AIStore's own Python SDK at work on the node: listings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aistore.sdk.errors import AISError, ErrBckNotFound
from aistore.sdk.list_object_flag import ListObjectFlag

from tests.archives.packing import SHARD, tar, tgz, zipped
from tests.sdk.using import fill

if TYPE_CHECKING:
    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket

TREE = {name: name.encode() for name in ("a/1", "a/2", "a/deep/3", "b", "c/4")}


def listed(bucket: Bucket, *flags: ListObjectFlag, **selection: object) -> list[str]:
    return [entry.name for entry in bucket.list_all_objects(flags=list(flags), **selection)]


def test_a_listing_starts_after_a_name(shelf: Bucket) -> None:
    fill(shelf, TREE)
    assert listed(shelf, start_after="a/2") == ["a/deep/3", "b", "c/4"]
    assert listed(shelf, start_after="a/2", page_size=1) == ["a/deep/3", "b", "c/4"]
    assert listed(shelf, start_after="a/2", prefix="a/") == ["a/deep/3"]


def test_a_listing_does_not_go_into_directories_if_told_so(shelf: Bucket) -> None:
    fill(shelf, TREE)
    flat = ListObjectFlag.NO_RECURSION
    assert listed(shelf, flat) == ["a/", "b", "c/"]
    assert listed(shelf, flat, prefix="a/", page_size=1) == ["a/1", "a/2", "a/deep/"]
    assert listed(shelf, flat, ListObjectFlag.NO_DIRS, prefix="a/") == ["a/1", "a/2", "a/deep/"]


def test_a_listing_of_names_has_no_sizes(shelf: Bucket) -> None:
    fill(shelf, TREE)
    assert {entry.size for entry in shelf.list_all_objects(flags=[ListObjectFlag.NAME_ONLY])} == {0}
    assert {entry.size for entry in shelf.list_all_objects(flags=[ListObjectFlag.NAME_SIZE])} == {1, 3, 8}


def test_entries_say_that_they_are_here_and_well(shelf: Bucket) -> None:
    fill(shelf, TREE)
    entries = shelf.list_all_objects(props="name,cached,checksum,copies,custom,status")
    assert all(entry.is_cached() and entry.is_ok() and entry.checksum for entry in entries)


@pytest.mark.parametrize(("name", "packed"), [("s.tar", tar()), ("s.tgz", tgz()), ("s.zip", zipped())])
@pytest.mark.parametrize("size", [0, 2])
def test_archives_are_listed_inside(shelf: Bucket, name: str, packed: bytes, size: int) -> None:
    fill(shelf, {name: packed, "other": b""})
    inside = sorted(f"{name}/{member}" for member in SHARD)
    found = shelf.list_archive(name, page_size=size) if size else shelf.list_archive(name)
    assert [entry.name for entry in found] == inside
    assert [entry.size for entry in found] == [len(SHARD[entry.name.partition("/")[2]]) for entry in found]
    assert [entry.name for entry in shelf.list_archive(name, include_archive_obj=True)] == [name, *inside]
    assert listed(shelf, ListObjectFlag.ARCH_DIR) == sorted(["other", name, *inside])


def test_a_listing_that_cannot_be_is_an_error_of_its_kind(client: Client, shelf: Bucket) -> None:
    with pytest.raises(ErrBckNotFound):
        client.bucket("missing").list_all_objects()
    with pytest.raises(AISError, match="not a property"):
        shelf.list_all_objects(props="colour")
    fill(shelf, {"s.tar": b"no archive"})
    with pytest.raises(AISError, match="damaged"):
        shelf.list_archive("s.tar")
