"""Whole files taken in by the kernel: the bytes, their checksum, and what is done where the kernel cannot."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xxhash

from aisnb.errors import DiskFull
from aisnb.store import Store
from aisnb.store.fsck import fsck
from aisnb.uris import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.store import ObjectRecord

ABC = Bucket("ais", "abc")
SIZES = [0, 1, 64 << 10, (64 << 10) + 1, 300_001, (33 << 20) + 7]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "root")
    store.create_bucket(ABC)
    yield store
    store.close()


def take(store: Store, path: Path, *, checksum: bool = True, size: int | None = None) -> ObjectRecord:
    partial = store.begin(ABC, path.name)
    length = path.stat().st_size
    partial.start(offset=0, validator="", size=length)
    with path.open("rb") as file:
        assert partial.take_file(file.fileno(), length if size is None else size, checksum=checksum)
    return store.commit(partial).result()


@pytest.mark.parametrize("size", SIZES)
def test_a_file_becomes_an_object_with_the_checksum_of_its_bytes(store: Store, tmp_path: Path, size: int) -> None:
    body = os.urandom(size)
    (tmp_path / "f").write_bytes(body)
    record = take(store, tmp_path / "f")
    assert (record.size, record.checksum) == (size, xxhash.xxh64(body).hexdigest())
    assert Path(store.tree.path(ABC, "f")).read_bytes() == body
    assert fsck(store).clean


@pytest.mark.parametrize("size", SIZES)
def test_files_of_another_file_system_are_taken_all_the_same(store: Store, tmp_path: Path, size: int) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    path, body = memory / f"aisnb-{os.getpid()}", os.urandom(size)
    try:
        path.write_bytes(body)
        assert take(store, path).checksum == xxhash.xxh64(body).hexdigest()
        assert Path(store.tree.path(ABC, path.name)).read_bytes() == body
    finally:
        path.unlink()


def test_a_file_that_grew_since_it_was_measured_is_taken_to_its_end(store: Store, tmp_path: Path) -> None:
    body = os.urandom(200_000)
    (tmp_path / "f").write_bytes(body)
    for measured in (0, 10, 100_000):
        assert take(store, tmp_path / "f", size=measured).checksum == xxhash.xxh64(body).hexdigest()


def test_an_object_taken_without_checksum_gets_it_from_fsck_and_stays_what_it_is(store: Store, tmp_path: Path) -> None:
    body = os.urandom(300_000)
    (tmp_path / "f").write_bytes(body)
    record = take(store, tmp_path / "f", checksum=False)
    assert fsck(store, verify=False).clean
    assert fsck(store).clean
    now = store.stat(ABC, "f")
    assert (now.checksum, now.version) == (xxhash.xxh64(body).hexdigest(), record.version)
    Path(store.tree.path(ABC, "f")).write_bytes(body[:-1] + b"x")
    assert fsck(store).changed == ["ais://abc/f"]


def test_a_copy_that_is_told_to_stop_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(40 << 20))
    halt = threading.Event()
    halt.set()
    partial = store.begin(ABC, "f")
    partial.start(offset=0, validator="", size=40 << 20)
    with (tmp_path / "f").open("rb") as file:
        assert not partial.take_file(file.fileno(), 40 << 20, halt=halt)
    assert partial.position < 40 << 20
    partial.discard()
    assert list((tmp_path / "root" / "partial").iterdir()) == []


def test_a_copy_that_finds_no_room_says_so(store: Store, tmp_path: Path) -> None:
    import resource
    import signal

    (tmp_path / "f").write_bytes(bytes(1 << 20))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    partial = store.begin(ABC, "f")
    partial.start(offset=0, validator="", size=1 << 20)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
        with (tmp_path / "f").open("rb") as file, pytest.raises(DiskFull, match="no room"):
            partial.take_file(file.fileno(), 1 << 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    partial.discard()
    assert list((tmp_path / "root" / "partial").iterdir()) == []
