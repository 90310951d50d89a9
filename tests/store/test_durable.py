"""What is durable has reached the disk before it is acknowledged: file, directories, index."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aisnb.errors import ObjectNotFound
from aisnb.store import Completion, JobRecord, Store
from tests.store.writing import ABC, content, put

SIZES = {"in memory until the commit": 100, "in memory until the sync": 100_000, "in a file of its own": 300_000}


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes that were synced, in order."""
    inodes: list[int] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr("aisnb.store.durability._FULL_SYNC", None)
    return inodes


def put_durable(store: Store, name: str, data: bytes, completion: Completion | None = None) -> None:
    partial = store.begin(ABC, name)
    partial.start(offset=0, validator="", size=len(data))
    partial.write(data)
    partial.sync()
    store.commit(partial, durable=True, completion=completion).result(30)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_file_and_directories_of_a_durable_object_are_synced(store: Store, synced: list[int], size: int) -> None:
    put_durable(store, "a/b/x", bytes(size))
    bucket = store.root / "buckets/ais/abc"
    order = [bucket / "a/b/x", bucket / "a/b", bucket / "a", bucket, store.root / "buckets/ais", store.root]
    places = [synced.index(path.stat().st_ino) for path in order]
    assert places == sorted(places)
    assert content(store, "a/b/x") == bytes(size)


def test_objects_that_are_not_durable_cost_no_sync(store: Store, synced: list[int]) -> None:
    put(store, "x", bytes(300_000))
    assert synced == []


def test_a_file_that_is_skipped_can_be_synced_where_it_lies(store: Store, synced: list[int]) -> None:
    put(store, "dir/x", b"data")
    store.sync(ABC, "dir/x")
    assert (store.root / "buckets/ais/abc/dir/x").stat().st_ino in synced
    with pytest.raises(ObjectNotFound):
        store.sync(ABC, "dir/other")


def test_a_disk_that_fails_to_sync_is_told_and_the_store_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("aisnb.store.durability._FULL_SYNC", None)
        patch.setattr(os, "fsync", fail)
        with pytest.raises(Exception, match="Input/output error"):
            put_durable(store, "x", b"data")
    put_durable(store, "x", b"more")
    assert content(store, "x") == b"more"


def test_the_index_is_synced_before_the_acknowledgement_and_not_otherwise(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync,rename,mkdir", "-o", str(trace)]
    child = [sys.executable, "-m", "tests.store.test_durable", str(tmp_path / "root")]
    done = subprocess.run([*command, *child], capture_output=True, text=True, timeout=60)
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    _, plain, durable, skipped, _ = re.split(r"mkdir\(\"[^\"]*/mark-\d\".*\n", trace.read_text())
    assert "sync(" not in plain
    wal = r"sync\(\d+<[^>]*index\.db-wal>\)"
    steps = rf"fsync\(\d+<[^>]*partial/[^>]*>\)(.|\n)*{wal}(.|\n)*rename\((.|\n)*fsync\(\d+<[^>]*abc>\)(.|\n)*{wal}"
    assert re.search(steps, durable), durable
    assert re.search(wal, skipped), skipped


if __name__ == "__main__":
    with_marks = Store(Path(sys.argv[1]))
    with_marks.create_bucket(ABC)
    with_marks.jobs.insert(JobRecord("job", "download", "running", total=3))
    for number, durable in enumerate((False, True)):
        Path(sys.argv[1], f"mark-{number}").mkdir()  # a line in the trace
        partial = with_marks.begin(ABC, "x")
        partial.start(offset=0, validator="", size=4)
        partial.write(b"data")
        with_marks.commit(partial, durable=durable).result(30)
    Path(sys.argv[1], "mark-2").mkdir()
    with_marks.complete(Completion("job", 0, "skipped"), durable=True).result(30)
    Path(sys.argv[1], "mark-3").mkdir()
    with_marks.close()
