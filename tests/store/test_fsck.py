from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from aisnb.store import Store
from aisnb.store.fsck import FsckReport, fsck
from aisnb.uris import Bucket
from tests.store.writing import ABC, content, names, put

if TYPE_CHECKING:
    from pathlib import Path


def file_of(store: Store, name: str) -> Path:
    return store.root / "buckets/ais/abc" / name


def test_a_sound_store_is_clean(store: Store) -> None:
    put(store, "a/b", b"12345")
    put(store, "c", b"")
    assert fsck(store) == FsckReport(objects=2, bytes=5)
    assert fsck(store).clean


def test_an_object_without_a_file_is_dropped(store: Store) -> None:
    put(store, "a", b"1")
    put(store, "b", b"2")
    file_of(store, "a").unlink()
    assert fsck(store, verify=False).missing == ["ais://abc/a"]
    assert names(store) == ["b"]


def test_a_file_without_an_object_is_taken_in(store: Store) -> None:
    file_of(store, "d").mkdir()
    file_of(store, "d/notes.txt").write_bytes(b"hello world")
    report = fsck(store)
    assert (report.added, report.objects, report.bytes) == (["ais://abc/d/notes.txt"], 1, 11)
    assert store.stat(ABC, "d/notes.txt").checksum == "45ab6734b21e6968"
    assert content(store, "d/notes.txt") == b"hello world"
    assert put(store, "d/notes.txt", b"now it may be overwritten").version == 2


def test_a_changed_file_is_indexed_as_it_is_and_loses_its_etag(store: Store) -> None:
    put(store, "x", b"data", ETag="1")
    file_of(store, "x").write_bytes(b"other")
    assert fsck(store, verify=False).changed == ["ais://abc/x"]
    assert content(store, "x") == b"other"
    assert (store.stat(ABC, "x").version, store.stat(ABC, "x").custom) == (2, {})
    assert fsck(store).clean


def test_silent_damage_is_found_by_reading(store: Store) -> None:
    put(store, "x", b"data")
    times = file_of(store, "x").stat()
    file_of(store, "x").write_bytes(b"dAta")
    os.utime(file_of(store, "x"), ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fsck(store, verify=False).clean
    assert fsck(store, verify=True).changed == ["ais://abc/x"]


def test_a_copied_data_root_is_clean(store: Store, tmp_path: Path) -> None:
    record = put(store, "x", b"data", ETag="1")
    store.close()
    shutil.copytree(store.root, tmp_path / "copy")
    copy = Store(tmp_path / "copy")
    assert fsck(copy).clean
    assert copy.stat(ABC, "x").custom == record.custom
    assert copy.stat(ABC, "x").inode == file_of(copy, "x").stat().st_ino
    copy.close()


def test_what_cannot_be_an_object_is_named_and_left_alone(store: Store) -> None:
    file_of(store, "link").symlink_to("/etc/passwd")
    (store.root / "buckets/ais/not a bucket").mkdir()
    (store.root / "buckets/unknown/abc").mkdir(parents=True)
    top = str(store.root / "buckets")
    assert fsck(store).unusable == [f"{top}/ais/not a bucket", f"{top}/unknown/abc", f"{top}/ais/abc/link"]
    assert file_of(store, "link").is_symlink()


def test_a_lost_index_is_made_anew_from_the_files(store: Store) -> None:
    web = Bucket("ht", "MzU3MTg4YTc1M2VlZTJhZA")
    store.create_bucket(web)
    for name in ("a/b", "a/c", "d"):
        put(store, name, name.encode())
    store.close()
    for path in store.root.glob("index.db*"):
        path.unlink()
    again = Store(store.root)
    assert sorted(fsck(again).added) == ["ais://abc/a/b", "ais://abc/a/c", "ais://abc/d"]
    assert names(again) == ["a/b", "a/c", "d"]
    assert [record.bucket for record in again.buckets()] == [ABC, web]
    assert fsck(again).clean
    again.close()
