"""Limits that change while a job runs; and jobs a page at a time, of a node, a cluster, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.client import portal
from aisnb.client.job_pages import JobPages
from aisnb.protocol.downloads import Limits
from aisnb.protocol.extension import JobQuery
from tests.client.cluster import Proxy
from tests.support.faulty import Fault
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aisnb.client.job_pages import Look
    from tests.support.faulty import FaultySource
    from tests.support.nodes import NodeProcess


EVERY = JobQuery()


@pytest.fixture
def pages() -> Iterator[JobPages]:
    pages = JobPages()
    yield pages
    pages.close()


@pytest.fixture
def slow(client: aisnb.Client, bucket: str, source: FaultySource) -> Iterator[aisnb.Job]:
    """A job that would take a day."""
    job = client.download(source.add("/slow", b"x" * 300_000), bucket, bytes_per_hour=3_600)
    yield job
    job.stop()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    with running_node(tmp_path_factory.mktemp("cluster") / "home") as node:
        yield node


@pytest.fixture
def cluster(target: NodeProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A cluster that the environment names."""
    with Proxy(target.endpoint) as proxy:
        monkeypatch.setenv("AIS_ENDPOINT", proxy.url)
        monkeypatch.setenv("AIS_AUTHN_TOKEN", target.token)
        yield proxy


def look(pages: JobPages, query: JobQuery = EVERY, version: int = -1, seconds: float = 0.0) -> Look:
    return portal.run(pages.look(query, version, seconds, start=version < 0))


def test_a_limit_is_changed_alone_and_lifted(slow: aisnb.Job) -> None:
    assert slow.limits == Limits(0, 3_600)
    assert slow.limit(connections=2) is slow
    assert slow.limits == Limits(2, 3_600)
    assert slow.limit(bytes_per_hour=0).wait(60).limits == Limits(2, 0)
    with pytest.raises(aisnb.UsageError, match=r"cannot be limited: it is finished\."):
        slow.limit(connections=1)


async def test_a_limit_is_changed_by_the_async_twin(slow: aisnb.Job) -> None:
    await slow.limit_async(connections=3, bytes_per_hour=7_200)
    assert slow.limits == Limits(3, 7_200)
    with pytest.raises(aisnb.EndpointRefused, match="-1 connections"):
        await slow.limit_async(connections=-1)


def test_a_page_shows_limits_errors_and_what_was_done(
    client: aisnb.Client, bucket: str, source: FaultySource, pages: JobPages
) -> None:
    source.add("/f-1", b"xx", faults=[Fault(cut=1, by="stall")])
    job = client.download(source.url("/f-{1..9}"), bucket, connections=2, description=f"paged in {bucket}")
    query = JobQuery(match=f"paged in {bucket}", job=job.id)
    found = look(pages, query)
    while found.page.jobs[0].failed < 8:
        found = look(pages, query, found.page.version, 30)
    assert found.page.chosen is not None
    assert (found.page.total, found.page.chosen.id, found.of_cluster) == (1, job.id, frozenset())
    rows = portal.run(pages.errors(job.id, 6, 5))
    assert len(rows) == 2
    assert portal.run(pages.limit(job.id, Limits(1, 2))).limits == Limits(1, 2)
    portal.run(pages.control(job.id, "stop"))
    assert client.job(job.id).state == "aborted"
    assert client.job(portal.run(pages.retry(job.id))).total == 8
    client.forget(job.id)
    assert look(pages, query).page.chosen is None


def test_a_clusters_jobs_can_be_stopped_and_not_limited(cluster: Proxy, source: FaultySource) -> None:
    link = source.add("/stalls", b"xx", faults=[Fault(cut=1, by="stall")])
    with aisnb.connect() as client:
        job = client.download(link, "ais://of-cluster", relay="never")
        pages = JobPages()
        found = look(pages, JobQuery(job=job.id))
        assert found.page.chosen is not None
        assert found.page.chosen.limits is None
        assert job.id in found.of_cluster
        assert look(pages, JobQuery(choice="finished", match=job.id)).page.jobs == []
        assert [each.id for each in look(pages, JobQuery(choice="active", match=job.id)).page.jobs] == [job.id]
        for work in (pages.limit(job.id, Limits(1, 0)), pages.control(job.id, "pause")):
            with pytest.raises(aisnb.Unsupported, match="not on this cluster"):
                portal.run(work)
        with pytest.raises(aisnb.Unsupported, match="start it again with"):
            job.limit(connections=1)
        portal.run(pages.control(job.id, "stop"))
        pages.close()


def test_relays_stand_among_a_clusters_jobs_and_can_do_more(cluster: Proxy, source: FaultySource) -> None:
    with aisnb.connect() as away:
        relay = away.download(source.add("/wide", b"x" * 300_000), "ais://relayed-page", bytes_per_hour=3_600)
        own = away.download(source.add("/a", b"x"), "ais://of-cluster", relay="never")
    pages = JobPages()
    found = look(pages, JobQuery(job=own.id))
    assert {relay.id, own.id} <= {job.id for job in found.page.jobs}
    assert own.id in found.of_cluster
    assert relay.id not in found.of_cluster
    assert portal.run(pages.limit(relay.id, Limits(1, 0))).limits == Limits(1, 0)
    (newest,) = look(pages, JobQuery(limit=1)).page.jobs
    (next_one,) = look(pages, JobQuery(limit=1, offset=1)).page.jobs
    assert {newest.id, next_one.id} == {relay.id, own.id}
    assert relay.wait(60).done == 1
    pages.close()


def test_who_only_looks_starts_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    pages = JobPages()
    with pytest.raises(aisnb.EndpointUnreachable, match="node start"):
        portal.run(pages.look(JobQuery()))
    assert not aisnb.node_status().running
    with running_node(tmp_path / "home"):
        first = look(pages).page
    for _ in range(3):
        with pytest.raises(aisnb.EndpointUnreachable):
            look(pages, version=first.version, seconds=1)
    assert not aisnb.node_status().running
    with running_node(tmp_path / "home"):  # started by somebody else
        again = look(pages, version=first.version, seconds=1).page
    assert again.version > first.version
    pages.close()
