"""What survives the end of the node, in order or not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from aisnb.node.sources import Spec
from aisnb.store import JobRecord, Store
from tests.support.faulty import Fault, FaultySource
from tests.support.jobs import control, counts, download, ended, errors, show, until
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANY = 60
BIG = bytes(range(256)) * (3 << 12)


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def body(number: int) -> bytes:
    return b"%d " % number * 100


def add_many(source: FaultySource) -> str:
    """Add files of which the last ten stall at first, and number 7 is missing; return their template."""
    for number in range(MANY):
        faults = [Fault(cut=50, by="stall")] if number >= MANY - 10 else []
        if number != 7:
            source.add(f"/f-{number:02d}", body(number), etag=f'"{number}"', faults=faults)
    return source.url(f"/f-{{00..{MANY - 1}}}")


def test_a_killed_node_is_followed_by_one_that_ends_the_job_exactly(home: Path, source: FaultySource) -> None:
    template = add_many(source)
    with running_node(home) as node:
        job = download(node, "killed", type="range", template=template)
        until(node, job, lambda shot: shot["done"] >= MANY // 2)
        node.kill()
    with running_node(home) as node:
        source.release()
        shot = ended(node, job)
        assert counts(shot) == ("finished", MANY, MANY - 1, 0, 1)
        assert shot["bytes"] == sum(len(body(number)) for number in range(MANY) if number != 7)
        assert [row["name"] for row in errors(node, job)] == ["f-07"]
        for number in range(MANY):
            if number != 7:
                assert node.get("killed", f"f-{number:02d}") == body(number)
        assert list((home / "partial").iterdir()) == []


def test_what_had_come_of_a_large_file_is_not_fetched_twice(home: Path, source: FaultySource) -> None:
    source.add("/big", BIG, etag='"1"', faults=[Fault(cut=2 << 20, by="stall")])
    with running_node(home) as node:
        job = download(node, "large", type="single", link=source.url("/big"))
        until(node, job, lambda shot: shot["bytes"] == 2 << 20)
        node.kill()
    with running_node(home) as node:
        assert counts(ended(node, job)) == ("finished", 1, 1, 0, 0)
        assert node.get("large", "big") == BIG
    assert source.asked("/big")[-1].headers["range"] == f"bytes={2 << 20}-"


def test_an_orderly_end_keeps_small_beginnings_too(home: Path, source: FaultySource) -> None:
    source.add("/small", b"0123456789", etag='"1"', faults=[Fault(cut=4, by="stall")])
    with running_node(home) as node:
        job = download(node, "orderly", type="single", link=source.url("/small"))
        until(node, job, lambda shot: shot["bytes"] == 4)
        assert node.ask("POST", "/v1/x/stop").status == 200
        assert node.process.wait(60) == 0
    with running_node(home) as node:
        assert counts(ended(node, job)) == ("finished", 1, 1, 0, 0)
        assert node.get("orderly", "small") == b"0123456789"
    assert source.asked("/small")[-1].headers["range"] == "bytes=4-"


def test_a_source_that_changed_meanwhile_is_fetched_whole(home: Path, source: FaultySource) -> None:
    source.add("/f", b"old" * 10, etag='"old"', faults=[Fault(cut=4, by="stall")])
    with running_node(home) as node:
        job = download(node, "changed", type="single", link=source.url("/f"))
        until(node, job, lambda shot: shot["bytes"] == 4)
        node.stop()
        source.add("/f", b"new" * 10, etag='"new"')
    with running_node(home) as node:
        assert counts(ended(node, job)) == ("finished", 1, 1, 0, 0)
        assert node.get("changed", "f") == b"new" * 10


def test_a_paused_job_stays_paused_and_remembers_its_counts(home: Path, source: FaultySource) -> None:
    template = add_many(source)
    with running_node(home) as node:
        job = download(node, "paused", type="range", template=template)
        until(node, job, lambda shot: shot["done"] >= MANY // 2)
        paused = control(node, job, "pause")
        node.kill()
    with running_node(home) as node:
        again = show(node, job)
        assert counts(again) == counts(paused)
        assert again["reason"] == ""
        source.release()
        control(node, job, "resume")
        assert counts(ended(node, job)) == ("finished", MANY, MANY - 1, 0, 1)


def test_a_job_without_its_credentials_waits_for_them(home: Path, source: FaultySource) -> None:
    source.add("/f", b"xxx", faults=[Fault(cut=1, by="stall")])
    with running_node(home) as node:
        job = download(node, "b", type="single", link=source.url("/f"), headers={"X-Key": ["one"]})
        until(node, job, lambda shot: shot["bytes"] == 1)
        node.kill()
    with running_node(home) as node:
        shot = show(node, job)
        assert (shot["state"], "needs credentials" in shot["reason"]) == ("paused", True)
        refused = node.ask("POST", f"/v1/x/jobs/{job}/resume")
        assert (refused.status, "needs credentials" in refused.message) == (400, True)
        control(node, job, "resume", {"X-Key": ["two"]})
        assert counts(ended(node, job)) == ("finished", 1, 1, 0, 0)
    assert [request.headers["x-key"] for request in source.asked("/f")] == ["one", "two"]


def test_ended_jobs_and_their_errors_are_there_after_a_restart(home: Path, source: FaultySource) -> None:
    with running_node(home) as node:
        job = download(node, "b", type="single", link=source.url("/missing"))
        last = ended(node, job)
        rows = errors(node, job)
    with running_node(home) as node:
        again = show(node, job)
        assert {key: again[key] for key in again if key != "version"} == {
            key: last[key] for key in last if key != "version"
        }
        assert errors(node, job) == rows
        source.add("/missing", b"found")
        assert counts(ended(node, control(node, job, "retry")["id"])) == ("finished", 1, 1, 0, 0)


def test_jobs_that_ended_long_ago_are_forgotten(home: Path) -> None:
    store = Store(home)
    for job, days in (("old123456", 8), ("young1234", 6)):
        ended_ns = time.time_ns() - days * 24 * 3600 * 10**9
        record = JobRecord(job, "download", "finished", request=Spec("ais://b").encode(), ended_ns=ended_ns)
        store.jobs.insert(record)
    store.close()
    with running_node(home) as node:
        assert [job["id"] for job in node.ask("GET", "/v1/x/jobs").json()] == ["young1234"]


def test_a_stopped_job_stays_stopped(home: Path, source: FaultySource) -> None:
    source.add("/f", b"xx", faults=[Fault(cut=1, by="stall")])
    with running_node(home) as node:
        job = download(node, "b", type="single", link=source.url("/f"))
        until(node, job, lambda shot: shot["bytes"] == 1)
        control(node, job, "stop")
        node.kill()
    with running_node(home) as node:
        assert show(node, job)["state"] == "aborted"
        assert node.ask("GET", "/v1/x/status").json()["running_jobs"] == 0
