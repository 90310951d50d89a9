"""The contract of a job: counts, waiting, stopping, retrying, and a node that dies in between."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import aisnb
from tests.support.faulty import Fault
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.faulty import FaultySource

STALL = Fault(cut=100, by="stall")


@pytest.fixture
def stalling(client: aisnb.Client, bucket: str, source: FaultySource) -> aisnb.Job:
    """A job of two files, of which the second stalls at its first try."""
    source.add("/f-1", b"x" * 1000, etag='"1"')
    source.add("/f-2", b"y" * 1000, etag='"1"', faults=[STALL])
    job = client.download(source.url("/f-{1..2}"), bucket)
    until(lambda: job.done == 1)
    return job


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.1)):
        if condition():
            return
        pause.wait(0.1)
    raise AssertionError("it did not come about")


def test_a_range_comes_into_a_bucket_that_is_made_on_the_fly(client: aisnb.Client, shards: Path) -> None:
    with aisnb.serve(shards) as server:
        job = client.download(server.url + "shard-{000..009}.tar", "ais://made-on-the-fly/in")
        assert job.id.startswith("dnl-")
        assert job.kind == "download"
        assert job.wait() is job
    assert (job.state, job.total, job.done, job.skipped, job.failed) == ("finished", 10, 10, 0, 0)
    assert (job.bytes, job.total_bytes) == (45_010, 45_010)
    assert job.errors.empty
    assert client.ls("ais://made-on-the-fly")["name"].str.startswith("in/shard-").all()
    client.remove("ais://made-on-the-fly", yes=True)


def test_what_is_unchanged_is_skipped_and_counts_as_done_unless_forced(
    client: aisnb.Client, bucket: str, shards: Path
) -> None:
    with aisnb.serve(shards) as server:
        link = server.url + "shard-{000..004}.tar"
        client.download(link, bucket, wait=True)
        again = client.download(link, bucket, wait=True)
        forced = client.download(link, bucket, force=True, wait=True)
    assert (again.done, again.skipped) == (5, 5)
    assert (forced.done, forced.skipped) == (5, 0)


def test_destinations_follow_one_rule(client: aisnb.Client, bucket: str, shards: Path) -> None:
    with aisnb.serve(shards) as server:
        one, two = server.url + "shard-001.tar", server.url + "shard-002.tar"
        for source, destination in (
            (one, bucket),
            (one, f"{bucket}/dir/"),
            (one, f"{bucket}/renamed"),
            ([one, two], f"{bucket}/list"),
            (pd.DataFrame({"url": [one]}), f"{bucket}/table/"),
            (server.url + "shard-{001,002}.tar", f"{bucket}/comma"),
        ):
            client.download(source, destination, wait=True)
        client.download([one, two], f"{bucket}/named", object_names=["a", "b/c"], wait=True)
    assert list(client.ls(bucket)["name"]) == [
        "comma/shard-001.tar",
        "comma/shard-002.tar",
        "dir/shard-001.tar",
        "list/shard-001.tar",
        "list/shard-002.tar",
        "named/a",
        "named/b/c",
        "renamed",
        "shard-001.tar",
        "table/shard-001.tar",
    ]


@pytest.mark.parametrize(
    ("source", "destination", "error"),
    [
        ("localhost:8000/a.tar", "ais://b", aisnb.SchemeMissing),
        ("http://h/{3..1}.tar", "ais://b", aisnb.TemplateError),
        ("http://h/{0..10000000}.tar", "ais://b", aisnb.TemplateError),
        ("http://h/a", "http://b", aisnb.NameInvalid),
        ("http://h/a", "ais://b/../c", aisnb.NameInvalid),
        (["http://h/1/a", "http://h/2/a"], "ais://b", aisnb.NameInvalid),
        ([], "ais://b", aisnb.UsageError),
        (pd.DataFrame({"link": ["http://h/a"]}), "ais://b", aisnb.UsageError),
    ],
)
def test_what_cannot_be_downloaded_is_said_before_anything_starts(
    client: aisnb.Client, source: object, destination: str, error: type[Exception]
) -> None:
    before = len(client.jobs())
    with pytest.raises(error):
        client.download(source, destination)  # type: ignore[arg-type]  # wrong on purpose
    assert len(client.jobs()) == before


def test_files_that_failed_are_counted_named_and_retried_exactly(
    client: aisnb.Client, bucket: str, source: FaultySource
) -> None:
    source.add("/s-1", b"one")
    source.add("/s-3", b"three", then=Fault(status=404))
    job = client.download(source.url("/s-{1..3}"), bucket)
    for _ in range(2):  # each time it is asked
        with pytest.raises(aisnb.JobFailed, match=r"2 of 3 files failed.*s-2.*s-3") as failed:
            job.wait()
        assert failed.value.job is job
    assert (job.state, job.total, job.done, job.failed) == ("finished", 3, 1, 2)
    errors = job.errors
    assert list(errors) == ["name", "url", "status", "tries", "reason"]
    assert sorted(zip(errors["name"], errors["url"], errors["status"], strict=True)) == [
        ("s-2", source.url("/s-2"), 404),
        ("s-3", source.url("/s-3"), 404),
    ]
    source.add("/s-2", b"two")
    source.add("/s-3", b"three")
    again = job.retry().wait()
    assert again.id != job.id
    assert (again.total, again.done) == (2, 2)
    assert client.get(f"{bucket}/s-2") == b"two"


def test_headers_reach_the_source(client: aisnb.Client, bucket: str, source: FaultySource) -> None:
    link = source.add("/secret", b"x")
    client.download(link, bucket, headers={"X-Key": "sesame"}, wait=True)
    assert {request.headers.get("x-key") for request in source.asked("/secret")} == {"sesame"}


def test_a_wait_that_is_too_short_leaves_the_job_running(stalling: aisnb.Job, source: FaultySource) -> None:
    with pytest.raises(TimeoutError) as timeout:
        stalling.wait(timeout=0.2)
    assert isinstance(timeout.value, aisnb.JobTimeout)
    assert stalling.state == "running"
    source.release()
    assert stalling.wait().done == 2


async def test_a_job_can_be_awaited(stalling: aisnb.Job, source: FaultySource) -> None:
    source.release()
    assert await stalling is stalling
    assert stalling.last.done == 2


async def test_an_interrupted_wait_leaves_the_job_running_and_says_how_to_stop_it(
    stalling: aisnb.Job, source: FaultySource, capfd: pytest.CaptureFixture[str]
) -> None:
    waiting = asyncio.create_task(stalling.wait_async())
    await asyncio.sleep(0.5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    said = ""
    while not said:
        said += capfd.readouterr().err
        await asyncio.sleep(0.05)
    assert f"%ais stop {stalling.id}" in said
    source.release()
    await stalling


def test_a_stopped_job_is_aborted_and_stopping_twice_is_harmless(stalling: aisnb.Job) -> None:
    assert stalling.stop() is stalling
    with pytest.raises(aisnb.JobAborted, match=stalling.id):
        stalling.wait()
    assert stalling.state == "aborted"
    stalling.stop()


def test_a_paused_job_goes_on_when_it_is_resumed(stalling: aisnb.Job, source: FaultySource) -> None:
    stalling.pause()
    assert stalling.state == "paused"
    source.release()
    stalling.resume()
    assert stalling.wait().done == 2


@pytest.mark.parametrize("timeout", [None, 3600])
def test_waiting_for_a_paused_job_ends_at_once_and_says_how_to_go_on(
    stalling: aisnb.Job, source: FaultySource, timeout: float | None
) -> None:
    stalling.pause()
    with pytest.raises(aisnb.JobPaused, match=f"'%ais resume {stalling.id}' lets it go on") as paused:
        stalling.wait(timeout)
    assert paused.value.job is stalling
    assert isinstance(paused.value, TimeoutError)
    source.release()
    assert stalling.resume().wait().done == 2


def test_a_wait_ends_when_somebody_pauses_the_job(stalling: aisnb.Job, client: aisnb.Client) -> None:
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            stalling.wait()
        except aisnb.JobPaused as paused:
            ended.append(paused)

    waiter = threading.Thread(target=wait)
    waiter.start()
    client.job(stalling.id).pause()
    waiter.join(PATIENCE)
    assert len(ended) == 1


def test_a_representation_never_raises_and_has_what_one_needs(
    stalling: aisnb.Job, source: FaultySource, client: aisnb.Client
) -> None:
    command = f"%ais show job {stalling.id} --progress"
    assert f"{stalling.id}: running, 1 of 2 files" in repr(stalling)
    assert command in repr(stalling)
    stalling.pause()
    assert "paused" in repr(stalling)
    assert command in repr(stalling)
    state = aisnb.node_status()
    assert state.pid is not None
    os.kill(state.pid, signal.SIGKILL)
    assert "1 of 2 files" in repr(stalling)
    assert not aisnb.node_status().running  # looking at it started nothing
    assert stalling.state == "paused"  # asking does
    source.release()
    stalling.resume()
    stalling.wait()
    assert "finished, 2 of 2 files" in repr(stalling)
    assert command in repr(stalling)


def test_a_wait_survives_a_node_that_is_killed(stalling: aisnb.Job, source: FaultySource) -> None:
    before = aisnb.node_status().pid
    assert before is not None
    ended: list[aisnb.Job] = []
    waiter = threading.Thread(target=lambda: ended.append(stalling.wait()))
    waiter.start()
    os.kill(before, signal.SIGKILL)
    source.release()
    waiter.join(PATIENCE)
    assert ended == [stalling]
    assert (stalling.done, stalling.failed) == (2, 0)
    assert aisnb.node_status().pid != before


def test_another_client_finds_the_job_by_its_id(stalling: aisnb.Job, source: FaultySource) -> None:
    with aisnb.connect() as other:
        found = other.job(stalling.id)
        row = other.jobs().set_index("id").loc[stalling.id]
        assert (row["kind"], row["state"], row["total"]) == ("download", "running", 2)
        assert str(other.jobs()["started"].dtype) == "datetime64[ns, UTC]"
        source.release()
        assert found.wait().done == 2
        with pytest.raises(aisnb.JobNotFound):
            other.job("dnl-nosuchjob")


def test_a_prefetch_brings_what_is_not_here_yet(client: aisnb.Client, shards: Path) -> None:
    with aisnb.serve(shards) as server:
        client.get(server.url + "shard-000.tar")
        bucket = client.buckets("ht").set_index("url").loc[server.url, "name"]
        job = client.prefetch(bucket, template="shard-{000..004}.tar").wait()
        assert (job.total, job.done, job.skipped) == (5, 5, 1)
        assert client.prefetch(bucket, names=["shard-007.tar"]).wait().done == 1
        assert client.prefetch(f"{bucket}/shard-{{008..009}}.tar").wait().done == 2
        with pytest.raises(aisnb.UsageError, match="one of them"):
            client.prefetch(bucket, template="a", names=["b"])
    assert len(client.ls(bucket)) == 8
    client.remove(bucket, yes=True)
