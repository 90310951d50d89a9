"""AIStore's own Python SDK at work on the node: the cluster, its jobs, its logs."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aistore.sdk.enums import LogSeverity
from aistore.sdk.errors import AISError, JobInfoNotFound

from tests.sdk.using import WAIT, done, fill, names

if TYPE_CHECKING:
    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket

    from tests.support.nodes import NodeProcess


def test_each_target_tells_its_state(client: Client) -> None:
    performance = client.cluster().get_performance()
    assert set(performance) == set(client.cluster().get_info().tmap)
    for state in performance.values():
        assert state["ais_version"].startswith("5.0")
        assert int(state["capacity"]["total_avail"]) > 0


def test_logs_are_read_whole_by_severity_and_packed(client: Client, node: NodeProcess) -> None:
    (target,) = client.cluster().get_info().tmap
    assert f"serves {node.root.path}" in client.cluster().get_node_log(target)
    assert "serves" not in client.cluster().get_node_log(target, severity=LogSeverity.ERROR)
    assert set(client.cluster().get_cluster_logs()) == {target}
    with tarfile.open(fileobj=io.BytesIO(client.cluster().get_node_log_archive(target))) as archive:
        assert archive.getnames() == [f"{target}.log"]
    with pytest.raises(AISError) as caught:
        client.cluster().get_node_log("tNOWHERE1")
    assert caught.value.status_code == 404


def test_jobs_that_only_a_cluster_needs_end_at_once(client: Client) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    for kind in ("lru", "cleanup"):
        job = client.job(job_kind=kind).start()
        done(client, job)
        assert client.job(job).status().end_time > 0
        assert job in [each.uuid for each in client.cluster().list_jobs_status(job_kind=kind)]
        found = client.job(job).get_within_timeframe(before, datetime.now(UTC) + timedelta(seconds=1))
        assert [snapshot.id for snapshot in found] == [job]
    with pytest.raises(JobInfoNotFound):
        client.job(job_kind="lru").get_within_timeframe(datetime.now(UTC) + timedelta(hours=1))


@pytest.mark.parametrize("kind", ["dsort", "etl-bck", "unheard-of"])
def test_jobs_that_are_not_here_are_not_started(client: Client, kind: str) -> None:
    with pytest.raises(AISError) as caught:
        client.job(job_kind=kind).start()
    assert caught.value.status_code == 501


def test_a_copy_is_listed_as_running_while_it_might_get_more_to_do(client: Client, shelf: Bucket) -> None:
    fill(shelf, {"a": b"1"})
    (job,) = shelf.objects(obj_names=["a"]).copy(client.bucket(f"{shelf.name}-copy"))
    assert client.job(job).wait_for_idle(timeout=WAIT).success
    assert f"copy-listrange[{job}]" in client.cluster().list_running_jobs()
    assert f"copy-listrange[{job}]" in client.cluster().list_running_jobs(job_kind="copy-listrange")
    assert client.cluster().list_running_jobs(job_kind="lru") == []
    assert client.job(job).get_total_time() >= timedelta(0)


def test_a_job_that_was_stopped_does_not_succeed(client: Client, shelf: Bucket, node: NodeProcess) -> None:
    fill(shelf, {"a": b"1"})
    job = shelf.objects(obj_template="s-{0..999999}").delete()
    client.job(job).abort()
    result = client.job(job).wait(timeout=WAIT)
    assert not result.success
    assert client.job(job).status().aborted
    assert names(shelf) == ["a"]
    client.job(job).abort()


def test_a_job_that_nobody_knows_is_an_error(client: Client) -> None:
    for ask in (client.job("nowhere12").status, client.job("nowhere12").wait, client.job("nowhere12").abort):
        with pytest.raises((AISError, JobInfoNotFound)):
            ask()
