from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import DiskFull
from aisnb.store import Completion, JobRecord, Store
from aisnb.store.fsck import fsck
from tests.store.writing import ABC, content, leftovers, names, put, write_until_full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def full(small_disk: Path) -> Iterator[Store]:
    """A store with the bucket ais://abc and the job ``j`` on that disk."""
    store = Store(small_disk / "data")
    store.create_bucket(ABC)
    store.jobs.insert(JobRecord("j", "download"))
    yield store
    store.close()


def test_a_file_that_is_known_not_to_fit_is_refused_before_its_first_byte(full: Store) -> None:
    partial = full.begin(ABC, "x")
    with pytest.raises(DiskFull, match="100000000 bytes are to come"):
        partial.start(offset=0, validator="", size=100_000_000)
    partial.discard()


def test_a_disk_that_fills_up_stops_the_write_and_keeps_what_came(full: Store) -> None:
    partial = full.begin(ABC, "x", key="k")
    partial.start(offset=0, validator="v", size=None)
    with pytest.raises(DiskFull, match=r"ais://abc/x.*AISNB_HOME"):
        write_until_full(partial)
    offset, validator = partial.resume_point()
    assert offset > 0
    assert validator == "v"
    partial.discard()
    assert leftovers(full) == []
    put(full, "y", b"x" * 100_000)
    assert content(full, "y") == b"x" * 100_000


def take_all_room(ballast: Path) -> None:
    """Write a file until the disk is full."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def put_empty_objects(store: Store) -> None:
    """Store objects without bytes: the index grows, and nothing else."""
    for index in range(1, 5_000):
        put(store, f"{index}", b"", Completion("j", index, "done", 0))


def test_commits_that_find_no_room_for_their_index_fail_and_nothing_else_is_lost(full: Store) -> None:
    put(full, "before", b"data", Completion("j", 0, "done", 4))
    ballast = full.root / "ballast"
    take_all_room(ballast)
    with pytest.raises(DiskFull, match="AISNB_HOME"):
        put_empty_objects(full)
    ballast.unlink()
    stored = len(names(full)) - 1
    assert content(full, "before") == b"data"
    assert full.jobs.load("j").done == stored + 1
    put(full, f"{stored + 1}", b"again", Completion("j", stored + 1, "done", 5))
    assert content(full, f"{stored + 1}") == b"again"
    assert full.jobs.load("j").done == len(names(full)) == stored + 2
    assert leftovers(full) == []
    assert fsck(full).clean


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.store.filling", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert child.returncode == 0, child.stderr
