from __future__ import annotations

import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aisnb.store import JobRecord, Store
from aisnb.store.fsck import fsck
from tests.store.crashing import JOB, data_of
from tests.store.writing import ABC, XYZ, content, leftovers, names, put

if TYPE_CHECKING:
    from collections.abc import Callable

TOTAL = 3_000


def crash(store: Store, moment: str, name: str = "x", in_between: Callable[[], object] = lambda: None) -> Store:
    """Let a child die at `moment` in the store's root; call `in_between`; return the store, opened again."""
    store.close()
    command = [sys.executable, "-m", "tests.store.crashing", str(store.root), moment, name]
    child = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    in_between()
    return Store(store.root)


def run_job(store: Store, kill_after: int) -> set[int]:
    """Let a child work off the job and kill it after so many lines; return the acknowledged indices."""
    command = [sys.executable, "-m", "tests.store.crashing", str(store.root), "job", str(TOTAL)]
    acknowledged = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if not line.endswith("\n"):
                break  # cut by the kill
            acknowledged.add(int(line))
            if len(acknowledged) == kill_after:
                child.kill()
    return acknowledged


def check_job(store: Store, acknowledged: set[int]) -> set[int]:
    """Hold the job's counters against its ledger, the index and the files; return what its ledger has."""
    job = store.jobs.load(JOB)
    ended = {index for index in range(TOTAL) if index in job.ledger}
    failed = {index for index in ended if index % 10 == 0}
    skipped = {index for index in ended - failed if index % 7 == 0}
    stored = ended - failed - skipped
    assert acknowledged <= ended
    assert (job.failed, job.skipped, job.done) == (len(failed), len(skipped), len(stored) + len(skipped))
    assert job.bytes == sum(len(data_of(index)) for index in stored)
    assert [error.index for error in store.jobs.errors(JOB, limit=-1)] == sorted(failed)
    assert set(names(store)) == {f"d{index % 3}/{index}" for index in stored}
    for index in stored:
        assert content(store, f"d{index % 3}/{index}") == data_of(index)
    return ended


def test_no_file_is_counted_twice_or_lost_however_often_the_process_is_killed(store: Store) -> None:
    store.jobs.insert(JobRecord(JOB, "download", "running", total=TOTAL))
    acknowledged: set[int] = set()
    for _ in range(5):
        store.close()
        acknowledged |= run_job(store, random.randint(1, 400))
        store = Store(store.root)
        check_job(store, acknowledged)
        assert fsck(store).clean
    store.close()
    acknowledged |= run_job(store, TOTAL + 1)
    store = Store(store.root)
    assert check_job(store, acknowledged) == set(range(TOTAL))
    assert leftovers(store) == []
    store.close()


@pytest.mark.parametrize("moment", ["before the rename", "after the rename"])
@pytest.mark.parametrize("name", ["old", "dir/new"])
def test_a_commit_that_a_crash_cut_is_ended_at_the_next_start(store: Store, moment: str, name: str) -> None:
    put(store, "old", b"old bytes, a few more")
    store.jobs.insert(JobRecord(JOB, "download", "running", total=2))
    store = crash(store, moment, name)
    assert content(store, name) == b"new bytes"
    assert store.stat(ABC, name).version == (2 if name == "old" else 1)
    assert (store.jobs.load(JOB).done, store.jobs.load(JOB).bytes) == (1, 9)
    assert leftovers(store) == []
    assert fsck(store).clean
    store.close()


def test_a_commit_that_a_crash_cut_never_takes_the_place_of_a_strange_file(store: Store) -> None:
    store.jobs.insert(JobRecord(JOB, "download", "running", total=2))
    path = store.root / "buckets/ais/abc/x"
    store = crash(store, "before the rename", "x", in_between=lambda: path.write_text("precious"))
    assert path.read_text() == "precious"
    assert (names(store), leftovers(store)) == ([], [])
    assert list(store.jobs.load(JOB).ledger.pending(2)) == [0, 1]
    store.close()


@pytest.mark.parametrize("moment", ["after the detaching", "before the deleting"])
def test_the_removal_of_a_bucket_that_a_crash_cut_is_ended_at_the_next_start(store: Store, moment: str) -> None:
    put(store, "a/b", b"data")
    store = crash(store, moment)
    assert store.buckets() == []
    store.create_bucket(ABC)
    assert names(store) == []
    put(store, "a", b"data")
    assert fsck(store).clean
    store.close()


@pytest.mark.parametrize("moment", ["before the renaming", "after the renaming"])
def test_the_renaming_of_a_bucket_that_a_crash_cut_is_ended_at_the_next_start(store: Store, moment: str) -> None:
    put(store, "a/b", b"data")
    store = crash(store, moment)
    assert [record.bucket for record in store.buckets()] == [XYZ]
    record, file = store.open(XYZ, "a/b")
    with file:
        assert (record.version, file.read()) == (1, b"data")
    store.create_bucket(ABC)
    assert names(store) == []
    assert fsck(store).clean
    store.close()


def test_the_bytes_of_a_large_file_survive_a_crash(store: Store) -> None:
    store = crash(store, "large")
    partial = store.begin(ABC, "large", key="k")
    assert partial.resume_point() == (2 << 20, "v1")
    partial.start(offset=2 << 20, validator="v1", size=4 << 20)
    partial.write(bytes(2 << 20))
    store.commit(partial).result(30)
    assert content(store, "large") == bytes(4 << 20)
    store.close()
