from __future__ import annotations

import json
import statistics
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from aisnb.node.runner import FEW_CONNECTIONS
from aisnb.protocol.cluster import TARGET_ID
from tests.benchmarks.jobs import resident
from tests.support.faulty import Fault, FaultySource
from tests.support.jobs import control, counts, download, ended, show, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nodes import NodeProcess


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as running:
        yield running


@pytest.fixture
def stalled(node: NodeProcess, source: FaultySource) -> Iterator[str]:
    """A job of one file of 3 MiB that stalls after 2 MiB, and goes on when it is asked for again."""
    source.add("/big", bytes(range(256)) * (3 << 12), etag='"1"', faults=[Fault(cut=2 << 20, by="stall")])
    job = download(node, "stalled", type="single", link=source.url("/big"))
    until(node, job, lambda shot: any(file["bytes"] == 2 << 20 for file in shot["in_flight"]))
    yield job
    node.ask("POST", f"/v1/x/jobs/{job}/stop")


def cluster(node: NodeProcess, what: str, **selector: Any) -> Any:
    answer = node.ask("GET", f"/v1/cluster?what={what}", selector)
    assert answer.status == 200, answer
    return answer.json()


def test_a_snapshot_tells_bytes_and_files_in_flight(node: NodeProcess, stalled: str) -> None:
    shot = show(node, stalled)
    assert shot["state"] == "running"
    assert shot["in_flight"] == [{"name": "big", "bytes": 2 << 20, "total_bytes": 3 << 20}]
    assert (shot["bytes"], shot["total_bytes"]) == (2 << 20, 3 << 20)
    assert shot["bucket"] == "ais://stalled"
    assert shot["source"].endswith("/big")


def test_a_long_poll_answers_at_a_change_and_not_before(node: NodeProcess, stalled: str) -> None:
    shot = show(node, stalled)
    while (later := show_later(node, stalled, shot["version"], 1))["version"] != shot["version"]:
        shot = later  # what was in the air when the file stalled
    assert show_later(node, stalled, shot["version"] - 1, 30)["version"] == shot["version"]
    control(node, stalled, "stop")
    assert show_later(node, stalled, shot["version"], 30)["state"] == "aborted"
    assert show_later(node, stalled, 1 << 62, 30)["state"] == "aborted"


def show_later(node: NodeProcess, job: str, version: int, seconds: int) -> dict[str, Any]:
    return dict(node.ask("GET", f"/v1/x/jobs/{job}?wait={seconds}&version={version}").json())


def test_pause_keeps_the_bytes_and_resume_asks_for_the_rest(
    node: NodeProcess, source: FaultySource, stalled: str
) -> None:
    assert control(node, stalled, "pause")["state"] == "paused"
    assert control(node, stalled, "pause")["state"] == "paused"
    assert show(node, stalled)["in_flight"] == []
    assert control(node, stalled, "resume")["state"] in ("pending", "running")
    assert counts(ended(node, stalled)) == ("finished", 1, 1, 0, 0)
    assert source.asked("/big")[-1].headers["range"] == f"bytes={2 << 20}-"
    assert node.get("stalled", "big") == bytes(range(256)) * (3 << 12)


def test_a_paused_job_can_be_stopped_and_leaves_nothing(node: NodeProcess, stalled: str) -> None:
    control(node, stalled, "pause")
    assert list((node.root.path / "partial").iterdir())
    assert control(node, stalled, "stop")["state"] == "aborted"
    assert list((node.root.path / "partial").iterdir()) == []
    for what in ("pause", "resume"):
        answer = node.ask("POST", f"/v1/x/jobs/{stalled}/{what}")
        assert (answer.status, "it is aborted" in answer.message) == (400, True)


def test_limits_change_while_the_job_runs(node: NodeProcess, source: FaultySource) -> None:
    for number in range(40):
        source.add(f"/f-{number:02d}", b"xx", faults=[Fault(cut=1, by="stall")])
    template = source.url("/f-{00..39}")
    job = download(node, "limits", type="range", template=template, limits={"connections": 2})
    until(node, job, lambda shot: [file["bytes"] for file in shot["in_flight"]] == [1, 1])
    assert node.ask("PATCH", f"/v1/x/jobs/{job}", {"connections": 5}).status == 200
    until(node, job, lambda shot: len(shot["in_flight"]) == 5)
    assert node.ask("PATCH", f"/v1/x/jobs/{job}", {"connections": -5}).status == 400
    assert node.ask("PATCH", f"/v1/x/jobs/{job}", {"connections": 1}).status == 200
    source.release()
    assert counts(ended(node, job)) == ("finished", 40, 40, 0, 0)
    assert node.ask("PATCH", f"/v1/x/jobs/{job}", {"connections": 1}).status == 400


def test_a_limit_of_bytes_holds_until_it_is_lifted(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/wide", b"x" * 300_000)
    job = download(node, "slow", type="single", link=link, limits={"bytes_per_hour": 3600})
    until(node, job, lambda shot: shot["bytes"] > 0)
    assert show(node, job)["state"] == "running"
    assert node.ask("PATCH", f"/v1/x/jobs/{job}", {}).status == 200
    assert counts(ended(node, job)) == ("finished", 1, 1, 0, 0)


def test_a_job_that_runs_is_not_removed_nor_retried(node: NodeProcess, stalled: str) -> None:
    assert node.ask("DELETE", f"/v1/x/jobs/{stalled}").status == 400
    assert node.ask("POST", f"/v1/x/jobs/{stalled}/retry").status == 400
    control(node, stalled, "stop")
    assert node.ask("DELETE", f"/v1/x/jobs/{stalled}").status == 200
    for method, path in [("GET", ""), ("GET", "/errors"), ("POST", "/stop"), ("POST", "/retry"), ("DELETE", "")]:
        assert node.ask(method, f"/v1/x/jobs/{stalled}{path}").status == 404


def test_several_objects_are_deleted_by_name_template_prefix_or_all(node: NodeProcess, bucket: str) -> None:
    names = [f"s-{number:03d}" for number in range(20)] + ["d/1", "d/2", "other"]
    for name in names:
        node.put(bucket, name, b"x")
    selections: list[tuple[dict[str, Any], set[str]]] = [
        ({"objnames": ["s-000", "s-001", "missing"]}, {"s-000", "s-001"}),
        ({"template": "s-{002..005..1}"}, {"s-002", "s-003", "s-004", "s-005"}),
        ({"template": "d/"}, {"d/1", "d/2"}),
        ({}, set(names)),
    ]
    for value, gone in selections:
        shot = delete(node, bucket, value)
        assert (shot["state"], shot["failed"]) == ("finished", 0)
        assert shot["done"] == shot["total"]
        names = [name for name in names if name not in gone]
        left = [name for name in names if node.ask("HEAD", f"/v1/objects/{bucket}/{name}").status == 200]
        assert left == names


def delete(node: NodeProcess, bucket: str, value: dict[str, Any]) -> dict[str, Any]:
    answer = node.ask("DELETE", f"/v1/buckets/{bucket}", {"action": "delete-listrange", "name": "", "value": value})
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("text/plain")
    return ended(node, answer.body.decode())


@pytest.mark.parametrize("template", ["s-{3..1}", "s-%06d", "s-{0..10000000}"])
def test_a_bad_template_deletes_nothing(node: NodeProcess, bucket: str, template: str) -> None:
    node.put(bucket, "s-1", b"x")
    action = {"action": "delete-listrange", "name": "", "value": {"template": template}}
    assert node.ask("DELETE", f"/v1/buckets/{bucket}", action).status == 400
    assert node.get(bucket, "s-1") == b"x"


def test_what_is_nowhere_else_is_not_evicted(node: NodeProcess, bucket: str) -> None:
    for method, action in [("DELETE", "evict-listrange"), ("POST", "prefetch-listrange"), ("DELETE", "odd")]:
        answer = node.ask(method, f"/v1/buckets/{bucket}", {"action": action, "name": "", "value": {"template": "a"}})
        assert answer.status == 400, answer


def test_aistores_questions_about_jobs_know_all_kinds(node: NodeProcess, bucket: str, stalled: str) -> None:
    node.put(bucket, "x", b"x")
    removal = str(delete(node, bucket, {"template": "x"})["id"])
    status = cluster(node, "status", ID=removal, Kind="", Buckets=None)
    assert status["kind"] == "delete-listrange"
    assert (status["uuid"], status["aborted"], status["err"]) == (removal, False, "")
    assert status["end_time"] > 10**18
    assert cluster(node, "status", id=stalled)["end_time"] == 0
    assert f"download[{stalled}]" in cluster(node, "running_all", kind="", show_active=False)
    assert removal not in str(cluster(node, "status_all", show_active=True))
    (stats,) = cluster(node, "qryxstats", id=removal)[TARGET_ID]
    assert stats["bck"]["name"] == bucket
    assert (stats["is_idle"], stats["stats"]["loc-objs"]) == (True, "1")
    (running,) = cluster(node, "qryxstats", id=stalled)[TARGET_ID]
    assert (running["is_idle"], running["end-time"]) == (False, "0001-01-01T00:00:00Z")
    for selector, code in [
        ({"id": "nowhere12"}, 404),
        ({"id": removal, "kind": "download"}, 400),
        ({"kind": "lru"}, 404),
    ]:
        assert node.ask("GET", "/v1/cluster?what=status", selector).status == code


def test_jobs_are_stopped_by_id_or_kind(node: NodeProcess, source: FaultySource) -> None:
    source.add("/s", b"xx", then=Fault(cut=1, by="stall"))
    first, second = (download(node, "kinds", type="single", link=source.url("/s"), object_name=n) for n in "ab")
    assert node.ask("PUT", "/v1/cluster", {"action": "stop", "value": {"ID": first}}).status == 200
    assert cluster(node, "status", id=first)["aborted"] is True
    assert show(node, second)["state"] in ("pending", "running")
    assert node.ask("PUT", "/v1/cluster", {"action": "stop", "value": {"Kind": "download"}}).status == 200
    assert show(node, second)["state"] == "aborted"
    assert node.ask("PUT", "/v1/cluster", {"action": "stop", "value": {}}).status == 400
    assert node.ask("PUT", "/v1/cluster", {"action": "start", "value": {"Kind": "dsort"}}).status == 501


def test_the_newest_job_is_listed_first_and_kinds_are_told_apart(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "x", b"x")
    removal = str(delete(node, bucket, {"template": "x"})["id"])
    assert node.ask("GET", "/v1/x/jobs").json()[0]["id"] == removal
    assert removal not in str(node.ask("GET", "/v1/x/jobs?kind=download").json())


def test_a_job_of_100_000_files_costs_no_memory_for_each(node: NodeProcess, source: FaultySource) -> None:
    before = resident(node.process.pid)
    job = download(node, "many", type="range", template=source.url("/missing-{000000..099999}"))
    polls = []
    shot = show(node, job)
    while shot["failed"] < 5_000:
        began = time.perf_counter()
        show(node, job)
        polls.append(time.perf_counter() - began)
        shot = node.ask("GET", f"/v1/x/jobs/{job}?wait=10&version={shot['version']}").json()
    after = resident(node.process.pid)
    control(node, job, "stop")
    print(f"poll: median {statistics.median(polls) * 1e3:.1f} ms, node: {before >> 20} MiB, then {after >> 20} MiB")
    assert after < 300 << 20
    shot = show(node, job)
    assert shot["state"] == "aborted"
    rows = node.ask("GET", f"/v1/x/jobs/{job}/errors?offset=4000&limit=10").json()
    assert [row["name"] for row in rows] == [f"missing-{number:06d}" for number in range(4000, 4010)]


def test_a_disk_without_room_ends_the_job_early(node: NodeProcess, source: FaultySource) -> None:
    for number in range(200):
        source.add(f"/huge-{number:03d}", b"x", then=Fault(claim=1 << 60))
    job = download(node, "full", type="range", template=source.url("/huge-{000..199}"))
    shot = ended(node, job)
    assert (shot["state"], shot["done"]) == ("failed", 0)
    assert "no room is left" in shot["reason"]
    assert len([request for request in source.requests if "huge" in request.path]) < 100
    assert list((node.root.path / "partial").iterdir()) == []


def test_a_job_that_cannot_fit_is_refused_by_its_sources_own_index(node: NodeProcess, source: FaultySource) -> None:
    index = [{"name": f"f-{number}", "type": "file", "size": 1 << 50} for number in range(5)]
    source.add("/dir/", json.dumps(index).encode())
    for number in range(5):
        source.add(f"/dir/f-{number}", b"xx", then=Fault(silent=True))
    shot = ended(node, download(node, "fit", type="range", template=source.url("/dir/f-{0..4}")))
    assert shot["state"] == "failed"
    assert "5120.00TiB that are still to come" in shot["reason"]
    assert "AISNB_HOME" in shot["reason"]


def test_a_list_of_many_links_is_read_in_slices(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/x", b"x")
    objects = {f"o-{number:04d}": f"{link}?{number}" for number in range(1_000)}
    job = download(node, "list", type="multi", objects=objects)
    assert counts(ended(node, job)) == ("finished", 1_000, 1_000, 0, 0)
    assert {request.path for request in source.requests} == {f"/x?{number}" for number in range(1_000)}


def test_a_range_of_our_own_file_server_knows_its_bytes_early(node: NodeProcess, tmp_path: Path) -> None:
    for number in range(1, 31):
        (tmp_path / f"s-{number:02d}.tar").write_bytes(b"x" * 10_000)
    url = node.ask("POST", "/v1/x/servers", {"directory": str(tmp_path)}).json()["url"]
    request = {"type": "range", "template": f"{url}s-{{01..20}}.tar", "limits": {"bytes_per_hour": 3600}}
    job = download(node, "early", **request)
    assert until(node, job, lambda shot: shot["total_bytes"] is not None)["total_bytes"] == 200_000
    control(node, job, "stop")
    node.ask("DELETE", "/v1/x/servers?all=true")


class _FarAway(BaseHTTPRequestHandler):
    """A source that takes its time for each file, and knows how many were asked for at once."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    now = most = 0

    def do_GET(self) -> None:
        with self.lock:
            _FarAway.now += 1
            _FarAway.most = max(self.most, self.now)
        time.sleep(0.3)
        with self.lock:
            _FarAway.now -= 1
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_source_far_away_is_asked_for_more_files_at_once(node: NodeProcess) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _FarAway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        job = download(node, "far", type="range", template=f"http://127.0.0.1:{server.server_port}/f-{{01..60}}")
        assert counts(ended(node, job)) == ("finished", 60, 60, 0, 0)
        server.shutdown()
    assert _FarAway.most > FEW_CONNECTIONS
