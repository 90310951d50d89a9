from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.errors import AisnbError, JobNotFound
from aisnb.store import Completion, ErrorRecord, JobRecord, ServerRecord, Store
from aisnb.store.ledger import Ledger
from tests.store.writing import ABC, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JOB = "dnl-abc"


@pytest.fixture
def job(store: Store) -> JobRecord:
    record = JobRecord(JOB, "download", description="three files", request=b"\x00\xff", created_ns=5, total=3)
    store.jobs.insert(record)
    return record


def failure(index: int) -> ErrorRecord:
    return ErrorRecord(index, f"n{index}", f"http://host/n{index}", 404, 3, "The source answered 404.")


def test_an_inserted_job_is_loaded_as_it_was(store: Store, job: JobRecord) -> None:
    assert store.jobs.load(JOB) == job


def test_a_job_survives_reopening(store: Store, job: JobRecord) -> None:
    put(store, "x", b"123", Completion(JOB, 0, "done", 3))
    store.close()
    again = Store(store.root)
    assert again.jobs.load(JOB).ledger == Ledger([0])
    again.complete(Completion(JOB, 1, "skipped")).result(30)
    assert again.jobs.load(JOB).done == 2
    again.close()


def test_a_second_job_of_the_same_id_is_refused(store: Store, job: JobRecord) -> None:
    with pytest.raises(AisnbError):
        store.jobs.insert(job)


@pytest.mark.parametrize(
    "ask",
    [
        lambda jobs, job: jobs.load(job),
        lambda jobs, job: jobs.set_state(job, "running"),
        lambda jobs, job: jobs.set_totals(job, 1, None),
        lambda jobs, job: jobs.update_request(job, b""),
        lambda jobs, job: jobs.remove(job),
    ],
)
def test_a_missing_job_is_answered_in_aistores_words(store: Store, ask: Callable[[object, str], object]) -> None:
    with pytest.raises(JobNotFound, match=r"^download job dnl-x does not exist$"):
        ask(store.jobs, "dnl-x")
    with pytest.raises(JobNotFound, match=r'^job "x" does not exist$'):
        ask(store.jobs, "x")


def test_jobs_are_listed_newest_first_by_kind_and_activity(store: Store) -> None:
    for number, (kind, state) in enumerate(
        [("download", "finished"), ("prefetch", "running"), ("download", "paused"), ("download", "pending")]
    ):
        store.jobs.insert(JobRecord(f"j{number}", kind, state, created_ns=100 - number))
    assert [job.id for job in store.jobs.list()] == ["j0", "j1", "j2", "j3"]
    assert [job.id for job in store.jobs.list("download")] == ["j0", "j2", "j3"]
    assert [job.id for job in store.jobs.list(active_only=True)] == ["j1", "j2", "j3"]
    assert [job.id for job in store.jobs.list("download", active_only=True)] == ["j2", "j3"]


def test_states_carry_their_times_and_reasons(store: Store, job: JobRecord) -> None:
    store.jobs.set_state(JOB, "running")
    started = store.jobs.load(JOB).started_ns
    assert started > 0
    store.jobs.set_state(JOB, "paused", "needs credentials")
    paused = store.jobs.load(JOB)
    assert (paused.state, paused.reason, paused.ended_ns) == ("paused", "needs credentials", 0)
    store.jobs.set_state(JOB, "running")
    assert store.jobs.load(JOB).started_ns == started
    store.jobs.set_state(JOB, "finished")
    finished = store.jobs.load(JOB)
    assert finished.ended_ns >= started
    assert finished.reason == ""
    store.jobs.set_state(JOB, "aborted", ended_ns=77)
    assert store.jobs.load(JOB).ended_ns == 77


def test_totals_and_request_can_be_changed(store: Store, job: JobRecord) -> None:
    store.jobs.set_totals(JOB, 10, 4096)
    store.jobs.update_request(JOB, b"other")
    loaded = store.jobs.load(JOB)
    assert (loaded.total, loaded.total_bytes, loaded.request) == (10, 4096, b"other")
    store.jobs.set_totals(JOB, -1, None)
    assert (store.jobs.load(JOB).total, store.jobs.load(JOB).total_bytes) == (-1, None)


def test_the_counters_follow_what_ended(store: Store, job: JobRecord) -> None:
    put(store, "x", b"123", Completion(JOB, 0, "done", 3))
    store.complete(Completion(JOB, 1, "skipped")).result(30)
    store.complete(Completion(JOB, 2, "failed", 0, failure(2))).result(30)
    loaded = store.jobs.load(JOB)
    assert (loaded.done, loaded.skipped, loaded.failed, loaded.bytes) == (2, 1, 1, 3)
    assert loaded.ledger == Ledger([0, 1, 2])
    assert store.jobs.errors(JOB) == [failure(2)]


def test_no_file_is_counted_twice(store: Store, job: JobRecord) -> None:
    for _ in range(3):
        put(store, "x", b"123", Completion(JOB, 0, "done", 3))
        store.complete(Completion(JOB, 0, "failed", 9, failure(0))).result(30)
    loaded = store.jobs.load(JOB)
    assert (loaded.done, loaded.failed, loaded.bytes) == (1, 0, 3)
    assert store.jobs.errors(JOB) == []


def test_counting_goes_on_after_a_change_of_state(store: Store, job: JobRecord) -> None:
    futures = []
    for index in range(3):
        futures.append(store.complete(Completion(JOB, index, "done", 1)))
        store.jobs.set_state(JOB, "paused" if index % 2 else "running")
        assert futures[-1].done()
    assert store.jobs.load(JOB).done == 3


def test_an_object_of_a_job_that_is_gone_is_stored_all_the_same(store: Store, job: JobRecord) -> None:
    store.complete(Completion(JOB, 1, "failed", 0, failure(1))).result(30)
    store.jobs.add_items(JOB, [("n", "u")])
    store.jobs.remove(JOB)
    put(store, "x", b"123", Completion(JOB, 0, "done", 3))
    assert store.stat(ABC, "x").size == 3
    assert store.jobs.list() == []
    assert store.jobs.errors(JOB) == []
    assert store.jobs.items(JOB, 0, 10) == []


def test_errors_come_in_pages_in_the_order_of_the_list(store: Store, job: JobRecord) -> None:
    for index in (5, 1, 3, 2):
        store.complete(Completion(JOB, index, "failed", 0, failure(index))).result(30)
    assert [error.index for error in store.jobs.errors(JOB)] == [1, 2, 3, 5]
    assert [error.index for error in store.jobs.errors(JOB, offset=1, limit=2)] == [2, 3]
    assert [error.index for error in store.jobs.errors(JOB, offset=1, limit=-1)] == [2, 3, 5]


def test_items_are_taken_in_as_they_come_and_never_all_at_once(store: Store, job: JobRecord) -> None:
    def items() -> Iterator[tuple[str, str]]:
        for number in range(12_000):
            if number == 11_000:
                assert len(store.jobs.items(JOB, 0, 20_000)) == 10_000
            yield f"n{number}", f"u{number}"

    assert store.jobs.add_items(JOB, items()) == 12_000
    assert store.jobs.add_items(JOB, [("last", "link")]) == 12_001
    assert store.jobs.items(JOB, 11_999, 5) == [("n11999", "u11999"), ("last", "link")]


def test_the_failed_files_of_one_job_become_the_items_of_another(store: Store, job: JobRecord) -> None:
    for index in (4, 2):
        store.complete(Completion(JOB, index, "failed", 0, failure(index))).result(30)
    store.jobs.insert(JobRecord("dnl-retry", "download"))
    assert store.jobs.copy_errors_as_items(JOB, "dnl-retry") == 2
    assert store.jobs.items("dnl-retry", 0, 10) == [("n2", "http://host/n2"), ("n4", "http://host/n4")]


def test_servers_are_kept_by_directory(store: Store) -> None:
    one = ServerRecord("/data/one", 8080, hosts=["box"], secret="s")
    two = ServerRecord("/data/two", 8081, bind="0.0.0.0", serving=False)
    for record in (two, one, ServerRecord("/data/two", 1), two):
        store.servers.save(record)
    assert store.servers.list() == [one, two]
    store.servers.forget("/data/one")
    store.servers.forget("/data/none")
    assert store.servers.list() == [two]


def test_small_values_are_kept(store: Store) -> None:
    assert store.get_state("port") == ""
    store.set_state("port", "8080")
    store.set_state("port", "8081")
    store.close()
    again = Store(store.root)
    assert again.get_state("port") == "8081"
    again.close()
