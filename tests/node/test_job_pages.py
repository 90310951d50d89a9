"""Pages of the list of jobs, told when anything changes; and limits that a job keeps."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.faulty import Fault, FaultySource
from tests.support.jobs import control, download, ended, show, until
from tests.support.nodes import PATIENCE, running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nodes import NodeProcess


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as source:
        yield source
        source.release()


@pytest.fixture
def own_node(tmp_path: Path) -> Iterator[NodeProcess]:
    """A node that no other test has jobs on."""
    with running_node(tmp_path / "home") as node:
        yield node


def page(node: NodeProcess, **query: object) -> dict[str, Any]:
    answer = node.ask("GET", f"/v1/x/job-page?{urlencode(query)}")
    assert answer.status == 200, answer
    return dict(answer.json())


def ids(found: dict[str, Any]) -> list[str]:
    return [job["id"] for job in found["jobs"]]


def test_pages_are_newest_first_and_hold_what_was_chosen(own_node: NodeProcess, source: FaultySource) -> None:
    good, stalls = source.add("/good", b"x"), source.add("/stalls", b"xx", faults=[Fault(cut=1, by="stall")])
    first = [download(own_node, "b", type="single", link=good, description=f"No. {n} 100%") for n in range(3)]
    faulty = download(own_node, "b", type="single", link=source.url("/missing"), description="Faulty_one")
    for job in (*first, faulty):
        ended(own_node, job)
    slow = download(own_node, "b", type="single", link=stalls, description="slow")
    newest = [slow, faulty, *reversed(first)]
    assert ids(page(own_node)) == newest
    assert (ids(page(own_node, limit=2)), page(own_node, limit=2)["total"]) == (newest[:2], 5)
    assert ids(page(own_node, offset=3, limit=5)) == newest[3:]
    assert ids(page(own_node, choice="active")) == [slow]
    assert ids(page(own_node, choice="faults")) == [faulty]
    assert ids(page(own_node, choice="finished", match="no. 1")) == [first[1]]
    for text, found in (("FAULTY_", [faulty]), ("100%", newest[2:]), ("F%y", []), (slow[4:], [slow]), ("!", [])):
        assert ids(page(own_node, match=text)) == found, text
    assert page(own_node, limit=1, job=first[0])["chosen"]["id"] == first[0]
    assert page(own_node, job="dnl-nowhere")["chosen"] is None
    for wrong in ("choice=none", "limit=0", "limit=many", "offset=-1"):
        assert own_node.ask("GET", f"/v1/x/job-page?{wrong}").status == 400


def test_a_page_comes_when_any_job_begins_changes_ends_or_is_removed(
    own_node: NodeProcess, source: FaultySource
) -> None:
    link = source.add("/stalls", b"xx", faults=[Fault(cut=1, by="stall")])
    found = page(own_node)
    assert found["jobs"] == []
    threading.Timer(0.2, lambda: download(own_node, "b", type="single", link=link)).start()
    deadline = time.monotonic() + PATIENCE

    def later() -> dict[str, Any]:
        assert time.monotonic() < deadline
        return page(own_node, wait=30, version=found["version"])

    while not found["jobs"] or not found["jobs"][0]["bytes"]:
        found = later()
    (job,) = ids(found)
    threading.Timer(0.2, lambda: control(own_node, job, "pause")).start()
    while found["jobs"][0]["state"] != "paused":
        found = later()
    threading.Timer(0.2, lambda: control(own_node, job, "stop")).start()
    while found["jobs"][0]["state"] != "aborted":
        found = later()
    threading.Timer(0.2, lambda: own_node.ask("DELETE", f"/v1/x/jobs/{job}")).start()
    while found["jobs"]:
        found = later()
    assert page(own_node, wait=0.1, version=found["version"])["jobs"] == []


def test_changed_limits_outlive_the_node_and_hold_for_a_retry(tmp_path: Path, source: FaultySource) -> None:
    link = source.add("/wide", b"x" * 300_000, etag='"1"')
    request = {"type": "multi", "objects": {"wide": link, "missing": source.url("/missing")}}
    wanted = {"connections": 3, "bytes_per_hour": 7_200}
    with running_node(tmp_path / "home") as node:
        job = download(node, "b", **request, limits={"bytes_per_hour": 3_600})
        until(node, job, lambda shot: shot["failed"] == 1)
        assert node.ask("PATCH", f"/v1/x/jobs/{job}", wanted).json()["limits"] == wanted
        node.kill()
    with running_node(tmp_path / "home") as node:
        assert show(node, job)["limits"] == wanted
        control(node, job, "stop")
        again = str(node.ask("POST", f"/v1/x/jobs/{job}/retry").json()["id"])
        assert show(node, again)["limits"] == wanted
        assert node.ask("PATCH", f"/v1/x/jobs/{again}", {}).status in (200, 400)  # it may have ended by now
        ended(node, again)


def test_more_connections_are_used_even_where_few_files_are_left(node: NodeProcess, source: FaultySource) -> None:
    for number in range(4):
        source.add(f"/f-{number}", b"xx", faults=[Fault(cut=1, by="stall")])
    job = download(node, "few", type="range", template=source.url("/f-{0..3}"), limits={"connections": 3})
    until(node, job, lambda shot: len(shot["in_flight"]) == 3)
    node.ask("PATCH", f"/v1/x/jobs/{job}", {"connections": 8})
    until(node, job, lambda shot: len(shot["in_flight"]) == 4)
    control(node, job, "stop")


def test_a_job_that_asks_no_source_has_no_limits(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", b"x")
    job = node.ask("DELETE", f"/v1/buckets/{bucket}", {"action": "delete-listrange", "value": {"objnames": ["a"]}})
    assert show(node, job.body.decode())["limits"] is None
