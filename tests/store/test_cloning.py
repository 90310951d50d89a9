"""Whole files taken in by the kernel: the bytes, their checksum, and what is done where the kernel cannot."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xxhash

from aisnb.errors import AlreadyExists, DiskFull
from aisnb.store import Store
from aisnb.store.fsck import fsck
from aisnb.store.small import MOST_BYTES, SmallFiles
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


def take(
    store: Store, path: Path, *, checksum: bool = True, alone: bool = True, size: int | None = None
) -> ObjectRecord:
    partial = store.begin(ABC, path.name)
    length = path.stat().st_size
    partial.start(offset=0, validator="", size=length)
    with path.open("rb") as file:
        told = length if size is None else size
        assert partial.take_file(file.fileno(), told, checksum=checksum, alone=alone)
    return store.commit(partial).result()


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_becomes_an_object_with_the_checksum_of_its_bytes(
    store: Store, tmp_path: Path, size: int, alone: bool
) -> None:
    body = os.urandom(size)
    (tmp_path / "f").write_bytes(body)
    record = take(store, tmp_path / "f", alone=alone)
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


def test_a_copy_from_another_file_system_that_finds_no_room_says_so_once(store: Store, tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    path = memory / f"aisnb-{os.getpid()}-room"
    try:
        path.write_bytes(bytes(1 << 20))
        with limited_to(500_000), pytest.raises(DiskFull, match=r"^'[^']*' cannot be stored: no room is left"):
            take(store, path)
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


@contextmanager
def limited_to(most: int) -> Iterator[None]:
    """Let this process write no file beyond so many bytes."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("checksum", [True, False])
def test_a_copy_that_finds_no_room_says_so(store: Store, tmp_path: Path, checksum: bool) -> None:
    (tmp_path / "f").write_bytes(bytes(1 << 20))
    partial = store.begin(ABC, "f")
    partial.start(offset=0, validator="", size=1 << 20)
    with limited_to(500_000), (tmp_path / "f").open("rb") as file, pytest.raises(DiskFull, match="no room"):
        partial.take_file(file.fileno(), 1 << 20, checksum=checksum)
    partial.discard()
    assert list((tmp_path / "root" / "partial").iterdir()) == []


class Told:
    """What the store told of the files that it took."""

    def __init__(self) -> None:
        self.records: list[ObjectRecord] = []
        self.errors: list[BaseException] = []

    def __call__(self, record: ObjectRecord | None, error: BaseException | None) -> None:
        if error is not None:
            self.errors.append(error)
        if record is not None:
            self.records.append(record)


def take_small(small: SmallFiles, path: Path, told: Told, size: int | None = None) -> bool:
    with path.open("rb") as file:
        return small.take(file.fileno(), path.stat().st_size if size is None else size, path.name, {}, None, told)


@pytest.mark.parametrize("checksum", [True, False])
def test_small_files_are_taken_many_at_a_time(store: Store, tmp_path: Path, checksum: bool) -> None:
    bodies = {f"f{number}": os.urandom(number * 900) for number in range(280)}
    small, told = SmallFiles(store, ABC, checksum=checksum), Told()
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
        assert take_small(small, tmp_path / name, told)
    assert store.page(ABC).records == []
    small.hand_in()
    store.writer.call(lambda: None)
    assert not told.errors
    digests = {name: xxhash.xxh64(body).hexdigest() if checksum else "" for name, body in bodies.items()}
    assert {record.name: (record.size, record.checksum) for record in told.records} == {
        name: (len(body), digests[name]) for name, body in bodies.items()
    }
    for name, body in bodies.items():
        assert Path(store.tree.path(ABC, name)).read_bytes() == body
    assert fsck(store).clean


def test_a_file_that_is_large_or_has_changed_is_left_for_the_other_way(store: Store, tmp_path: Path) -> None:
    small, told = SmallFiles(store, ABC, checksum=True), Told()
    (tmp_path / "large").write_bytes(bytes(MOST_BYTES + 1))
    (tmp_path / "grew").write_bytes(b"12345")
    (tmp_path / "most").write_bytes(bytes(MOST_BYTES))
    assert not take_small(small, tmp_path / "large", told)
    assert not take_small(small, tmp_path / "grew", told, size=4)
    assert not take_small(small, tmp_path / "grew", told, size=6)
    assert take_small(small, tmp_path / "most", told)
    small.hand_in()
    store.writer.call(lambda: None)
    assert [record.name for record in told.records] == ["most"]
    assert list((tmp_path / "root" / "partial").iterdir()) == []


def test_a_small_file_whose_place_is_taken_does_not_stop_the_others(store: Store, tmp_path: Path) -> None:
    small, told = SmallFiles(store, ABC, checksum=True), Told()
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode())
        assert take_small(small, tmp_path / name, told)
    Path(store.tree.path(ABC, "b")).mkdir(parents=True)
    small.hand_in()
    store.writer.call(lambda: None)
    assert [record.name for record in told.records] == ["a", "c"]
    assert [type(error) for error in told.errors] == [AlreadyExists]
    assert list((tmp_path / "root" / "partial").iterdir()) == []


def test_small_files_that_were_not_handed_in_are_gone_when_the_store_opens_again(store: Store, tmp_path: Path) -> None:
    small, told = SmallFiles(store, ABC, checksum=True), Told()
    (tmp_path / "a").write_bytes(b"1")
    assert take_small(small, tmp_path / "a", told)
    store.close()
    again = Store(tmp_path / "root")
    try:
        assert again.page(ABC).records == []
        assert list((tmp_path / "root" / "partial").iterdir()) == []
    finally:
        again.close()


def test_a_small_file_that_finds_no_room_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(100_000))
    with limited_to(50_000), pytest.raises(DiskFull, match="no room"):
        take_small(SmallFiles(store, ABC, checksum=True), tmp_path / "f", Told())
    assert list((tmp_path / "root" / "partial").iterdir()) == []
