from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.faulty import Fault, FaultySource
from tests.support.jobs import control, counts, download, ended, errors, until
from tests.support.sources import python_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nodes import NodeProcess


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as running:
        yield running


def status(node: NodeProcess, job: str, **more: Any) -> dict[str, Any]:
    return dict(node.ask("GET", "/v1/download", {"id": job, **more}).json())


def refusal(node: NodeProcess, request: dict[str, Any]) -> tuple[int, str]:
    answer = node.ask("POST", "/v1/download", request)
    return answer.status, answer.message


def test_a_range_brings_every_file_and_a_second_run_skips_them_all(node: NodeProcess, tmp_path: Path) -> None:
    shards = tmp_path / "abc"
    shards.mkdir()
    for number in range(1, 1000):
        (shards / f"shard-{number:03d}.tar").write_bytes(b"%d " % number * number)
    total_bytes = sum(shard.stat().st_size for shard in shards.iterdir())
    with python_server(tmp_path) as address:
        request = {"type": "range", "template": f"{address}abc/shard-{{001..999}}.tar"}
        shot = ended(node, download(node, "range", **request))
        assert counts(shot) == ("finished", 999, 999, 0, 0)
        assert shot["bytes"] == shot["total_bytes"] == total_bytes
        assert node.get("range", "shard-421.tar") == b"421 " * 421
        again = ended(node, download(node, "range", **request))
        assert counts(again) == ("finished", 999, 999, 999, 0)
        forced = ended(node, download(node, "range", force=True, **request))
        assert counts(forced) == ("finished", 999, 999, 0, 0)


def test_the_downloaders_own_status_ends_progress_bars(node: NodeProcess, source: FaultySource) -> None:
    source.add("/a-1.tar", b"one")
    job = download(node, "status", type="range", template=source.url("/a-{1..2}.tar"))
    ended(node, job)
    found = status(node, job)
    assert found["finished_time"] > found["started_time"] > "2020"
    assert found["all_dispatched"] is True
    assert found["aborted"] is False
    assert (found["total"], found["scheduled_cnt"], found["finished_cnt"], found["error_cnt"]) == (2, 2, 1, 1)
    assert [error["name"] for error in found["download_errors"]] == ["a-2.tar"]
    assert "404" in found["download_errors"][0]["error"]
    assert found["description"] == f"{source.url('/a-{1..2}.tar')} -> ais://status"
    assert "download_errors" not in status(node, job, only_active_tasks=True)


def test_a_running_file_is_told_with_its_bytes_as_text(node: NodeProcess, source: FaultySource) -> None:
    source.add("/slow.tar", b"x" * 5000, faults=[Fault(cut=2000, by="stall")])
    job = download(node, "tasks", type="single", link=source.url("/slow.tar"))
    until(node, job, lambda shot: any(file["bytes"] == 2000 for file in shot["in_flight"]))
    (task,) = status(node, job)["current_tasks"]
    assert (task["name"], task["downloaded"], task["total"]) == ("slow.tar", "2000", "5000")
    assert status(node, job, only_active_tasks=True)["finished_time"] == "1970-01-01T00:00:00Z"  # for the ais CLI
    source.release()
    assert counts(ended(node, job)) == ("finished", 1, 1, 0, 0)


def test_errors_say_status_and_tries_and_only_they_are_retried(node: NodeProcess, source: FaultySource) -> None:
    source.add("/s-1", b"fine")
    source.add("/s-2", b"later", faults=[Fault(status=503)])
    source.add("/s-3", then=Fault(status=500))
    job = download(node, "errors", type="range", template=source.url("/s-{1..4}"))
    assert counts(ended(node, job)) == ("finished", 4, 2, 0, 2)
    third, fourth = errors(node, job)
    assert (third["name"], third["url"], third["status"]) == ("s-3", source.url("/s-3"), 500)
    assert third["tries"] > 1
    assert (fourth["name"], fourth["status"], fourth["tries"]) == ("s-4", 404, 1)
    assert "no such file" in fourth["reason"]
    source.add("/s-3", b"three")
    retried = control(node, job, "retry")["id"]
    assert retried.startswith("dnl-")
    shot = ended(node, retried)
    assert counts(shot) == ("finished", 2, 1, 0, 1)
    whole = f"{source.url('/s-{1..4}')} -> ais://errors"
    assert shot["description"] == f"{whole} (retry of 2 files of {job})"
    again = ended(node, control(node, retried, "retry")["id"])
    assert again["description"] == f"{whole} (retry of 1 file of {retried})"
    assert node.get("errors", "s-3") == b"three"
    assert len(source.asked("/s-1")) == 1


def test_nothing_failed_means_nothing_to_retry(node: NodeProcess, source: FaultySource) -> None:
    job = download(node, "fine", type="single", link=source.add("/fine", b"fine"))
    ended(node, job)
    answer = node.ask("POST", f"/v1/x/jobs/{job}/retry")
    assert (answer.status, "nothing to retry" in answer.message) == (400, True)


def test_every_way_to_name_files_gives_the_names_that_aistore_gives(node: NodeProcess, source: FaultySource) -> None:
    source.add("/x/a%20b.bin", b"1")
    source.add("/x/s-1.tar", b"2")
    source.add("/x/s-2.tar", b"3")
    bare = source.url("/x").removeprefix("http://")
    requests: list[tuple[dict[str, Any], list[str]]] = [
        ({"type": "single", "link": f"{bare}/a%20b.bin?sig=1"}, ["a b.bin"]),
        ({"type": "single", "link": f"{bare}/a%20b.bin", "object_name": "d/e"}, ["d/e"]),
        ({"type": "range", "template": f"{bare}/s-{{1..2}}.tar", "subdir": "in/"}, ["in/s-1.tar", "in/s-2.tar"]),
        ({"type": "multi", "objects": [f"{bare}/s-1.tar", f"http://{bare}/s-2.tar"]}, ["s-1.tar", "s-2.tar"]),
        ({"type": "multi", "objects": {"p/q": f"{bare}/s-1.tar"}}, ["p/q"]),
    ]
    for number, (request, names) in enumerate(requests):
        assert ended(node, download(node, f"names-{number}", **request))["done"] == len(names)
        for name in names:
            assert node.get(f"names-{number}", name)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({}, "not a type of download"),
        ({"type": "odd"}, "'odd' is not a type"),
        ({"type": "range", "template": "http://h/a-{3..1}"}, "swap them"),
        ({"type": "range", "template": "http://h/a-{a..c}"}, "not a whole number"),
        ({"type": "range", "template": "http://h/a-{}"}, "neither a range nor a list"),
        ({"type": "range", "template": "http://h/a-{1..2..0}"}, "step"),
        ({"type": "range", "template": "http://h/a.tar"}, "not a 'bash' template"),
        ({"type": "range", "template": "http://h/a-{1..10000001}"}, "10,000,000"),
        ({"type": "range", "template": "ftp://h/a-{1..2}"}, "not a web link"),
        ({"type": "range", "template": "http://h/{1..3}/a.tar"}, "overwrite one another"),
        ({"type": "range", "template": "http://h/a-{1..2}", "subdir": "../x"}, "could leave its bucket"),
        ({"type": "single"}, "no link"),
        ({"type": "single", "link": "http://h/dir/"}, "is empty"),
        ({"type": "single", "link": "http://h/x", "object_name": "/abs"}, "slash"),
        ({"type": "single", "link": "http://h/x", "timeout": "soon"}, "not a duration"),
        ({"type": "single", "link": "http://h/x", "limits": {"connections": -1}}, "-1 connections"),
        ({"type": "multi", "objects": []}, "no objects"),
        ({"type": "multi", "objects": ["http://h/1/x", "http://h/2/x"]}, "'http://h/1/x' and 'http://h/2/x'"),
        ({"type": "single", "link": "http://h/x", "bucket": {"name": "b", "provider": "ht"}}, "ais:// buckets only"),
        ({"type": "single", "link": "http://h/x", "bucket": {"name": "b ad"}}, "not a bucket name"),
    ],
)
def test_a_request_that_cannot_be_is_refused_and_leaves_nothing(
    node: NodeProcess, request_: dict[str, Any], says: str
) -> None:
    before = node.ask("GET", "/v1/x/jobs").json()
    code, message = refusal(node, {"bucket": {"name": "refused"}, **request_})
    assert (code, says in message) == (400, True), message
    assert node.ask("GET", "/v1/x/jobs").json() == before
    assert node.ask("HEAD", "/v1/buckets/refused").status == 404


def test_names_that_a_file_tree_cannot_hold_are_errors_of_their_files(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/a", b"a")
    objects = {"a": link, "a/b": link, "../x": link, "c" * 300: link, "fine": link}
    job = download(node, "tree", type="multi", objects=objects, limits={"connections": 1})
    assert counts(ended(node, job)) == ("finished", 5, 2, 0, 3)
    conflict, leaves, long = errors(node, job)
    assert conflict["name"] == "a/b"
    assert "cannot be a directory" in conflict["reason"]
    assert "could leave its bucket" in leaves["reason"]
    assert "255 bytes" in long["reason"]
    assert node.get("tree", "a") == node.get("tree", "fine") == b"a"


def test_the_same_conflict_is_found_when_both_arrive_at_once(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/a", b"a")
    objects = {f"d{number}{tail}": link for number in range(40) for tail in ("", "/b")}
    job = download(node, "race", type="multi", objects=objects)
    assert counts(ended(node, job)) == ("finished", 80, 40, 0, 40)


def test_a_stopped_job_leaves_no_partial_file(node: NodeProcess, source: FaultySource) -> None:
    source.add("/big", b"x" * (3 << 20), etag='"1"', faults=[Fault(cut=2 << 20, by="stall")])
    job = download(node, "stopped", type="single", link=source.url("/big"))
    until(node, job, lambda shot: any(file["bytes"] == 2 << 20 for file in shot["in_flight"]))
    assert list((node.root.path / "partial").iterdir())
    assert node.ask("DELETE", "/v1/download/abort", {"id": job}).status == 200
    assert list((node.root.path / "partial").iterdir()) == []
    found = status(node, job)
    assert found["aborted"] is True
    assert found["finished_time"] > "2020"
    assert node.ask("DELETE", "/v1/download/abort", {"id": job}).status == 200
    assert node.ask("GET", "/v1/objects/stopped/big").status == 404


def test_downloads_are_listed_by_description_and_removed(node: NodeProcess, source: FaultySource) -> None:
    source.add("/stall", b"xx", faults=[Fault(cut=1, by="stall")])
    done = download(node, "listed", type="single", link=source.add("/x", b"x"), description="my own words")
    ended(node, done)
    running = download(node, "listed", type="single", link=source.url("/stall"), description="my other words")

    def listed(**selector: Any) -> list[str]:
        return [job["id"] for job in node.ask("GET", "/v1/download", selector).json()]

    assert listed(regex="^my .*words$") == [running, done]
    assert listed(regex="my own") == [done]
    assert listed(regex="my", only_active_tasks=True) == [running]
    assert node.ask("GET", "/v1/download", {"id": done, "regex": "x"}).status == 400
    assert node.ask("GET", "/v1/download", {"regex": "("}).status == 400
    assert node.ask("DELETE", "/v1/download/remove", {"id": running}).status == 400
    assert node.ask("DELETE", "/v1/download/remove", {}).status == 400
    assert node.ask("DELETE", "/v1/download/forget", {"id": done}).status == 400
    assert node.ask("DELETE", "/v1/download/remove", {"id": done}).status == 200
    gone = node.ask("GET", "/v1/download", {"id": done})
    assert (gone.status, gone.message) == (404, f"download job {done} does not exist")
    assert node.ask("DELETE", "/v1/download/remove", {"id": done}).status == 404
    control(node, running, "stop")


def test_a_job_whose_bucket_is_destroyed_fails_and_says_why(node: NodeProcess, source: FaultySource) -> None:
    source.add("/late", b"xx", faults=[Fault(cut=1, by="stall")])
    job = download(node, "doomed", type="single", link=source.url("/late"))
    until(node, job, lambda shot: any(file["bytes"] == 1 for file in shot["in_flight"]))
    destroy = {"action": "destroy-bck", "name": "", "value": None}
    assert node.ask("DELETE", "/v1/buckets/doomed", destroy).status == 200
    source.release()
    shot = ended(node, job)
    assert shot["state"] == "failed"
    assert "ais://doomed" in shot["reason"]
    assert status(node, job)["aborted"] is True


def test_credentials_reach_the_source_and_never_the_disk(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/x", b"x")
    by_header = download(node, "secret", type="single", link=link, headers={"Authorization": ["Bearer s3cr3t-1"]})
    by_link = download(
        node, "secret", type="single", object_name="y", link=link.replace("127.0.0.1", "me:s3cr3t-2@127.0.0.1")
    )
    assert ended(node, by_header)["done"] == ended(node, by_link)["done"] == 1
    sent = [request.headers["authorization"] for request in source.asked("/x")]
    assert sorted(sent) == ["Basic bWU6czNjcjN0LTI=", "Bearer s3cr3t-1"]
    for file in node.root.path.rglob("*"):
        assert not file.is_file() or b"s3cr3t" not in file.read_bytes(), file


def test_a_changed_file_is_fetched_again_and_one_from_elsewhere_too(node: NodeProcess, source: FaultySource) -> None:
    request = {"type": "single", "object_name": "x"}
    one = source.add("/1/x", b"one", etag='"same"')
    two = source.add("/2/x", b"two", etag='"same"')
    assert ended(node, download(node, "change", link=one, **request))["skipped"] == 0
    assert ended(node, download(node, "change", link=one, **request))["skipped"] == 1
    assert ended(node, download(node, "change", link=two, **request))["skipped"] == 0
    assert node.get("change", "x") == b"two"
    source.add("/2/x", b"new", etag='"other"')
    assert ended(node, download(node, "change", link=two, **request))["skipped"] == 0
    assert node.get("change", "x") == b"new"


def test_an_object_whose_file_was_removed_by_hand_comes_again(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/x", b"x", etag='"1"')
    ended(node, download(node, "byhand", type="single", link=link))
    (node.root.path / "buckets" / "ais" / "byhand" / "x").unlink()
    assert ended(node, download(node, "byhand", type="single", link=link))["skipped"] == 0
    assert node.get("byhand", "x") == b"x"


def test_all_that_a_directory_s_index_lists_is_downloaded(node: NodeProcess, tmp_path: Path) -> None:
    (tmp_path / "abc" / "below").mkdir(parents=True)
    names = ["a b#?.tar", "größe", "line\nbreak", "{1..2}"]
    for name in names:
        (tmp_path / "abc" / name).write_bytes(name.encode())
    with python_server(tmp_path) as address:
        request = {"type": "directory", "link": f"{address}abc/", "subdir": "in"}
        shot = ended(node, download(node, "directory", **request))
        assert counts(shot) == ("finished", 4, 4, 0, 0)
        assert shot["description"] == f"{address}abc/ -> ais://directory/in (directories left out: 1)"
        assert [node.get("directory", f"in/{name}") for name in names] == [name.encode() for name in names]
        assert counts(ended(node, download(node, "directory", **request))) == ("finished", 4, 4, 4, 0)


def test_a_directory_s_index_is_asked_with_the_headers_of_the_download(node: NodeProcess, source: FaultySource) -> None:
    source.add("/d/", b'[{"name": "a", "size": 3}, {"name": "b", "size": 3}]')
    source.add("/d/a", b"one")
    headers = {"X-Key": ["k"]}
    shot = ended(node, download(node, "keyed", type="directory", link=source.url("/d/"), headers=headers))
    assert counts(shot) == ("finished", 2, 1, 0, 1)
    assert {request.headers["x-key"] for request in source.requests} == {"k"}
    source.add("/d/b", b"two")
    assert counts(ended(node, control(node, shot["id"], "retry")["id"])) == ("finished", 1, 1, 0, 0)


def test_a_download_of_many_listed_files_keeps_none_of_them_in_its_request(
    node: NodeProcess, source: FaultySource
) -> None:
    rows = ", ".join(f'{{"name": "{number:06d}", "size": 0}}' for number in range(50_000))
    source.add("/d/", f"[{rows}]".encode())
    job = download(node, "many", type="directory", link=source.url("/d/"))
    assert control(node, job, "stop")["total"] == 50_000
    store = sqlite3.connect(f"file:{node.root.path}/index.db?mode=ro", uri=True)
    with contextlib.closing(store):
        ((size,),) = store.execute("SELECT length(request) FROM jobs WHERE id=?", (job,)).fetchall()
    assert size < 1_000


@pytest.mark.parametrize(
    ("fault", "says"), [(Fault(status=404), "404"), (Fault(body=b"<title>Home</title>"), "shows no index")]
)
def test_a_directory_without_an_index_is_refused(
    node: NodeProcess, source: FaultySource, fault: Fault, says: str
) -> None:
    source.add("/d/", b"[]", then=fault)
    assert says in refusal(node, {"type": "directory", "bucket": {"name": "none"}, "link": source.url("/d/")})[1]


def test_a_page_that_came_for_a_file_is_kept_and_told_of(node: NodeProcess, source: FaultySource) -> None:
    page = Fault(headers={"Content-Type": "text/html; charset=utf-8"})
    for name in ("a-1.tar", "a-2.html", "a-3"):
        source.add(f"/{name}", b"<html>Sorry", then=page)
    source.add("/a-4.tar", b"fine")
    names = ("a-1.tar", "a-2.html", "a-3", "a-4.tar")
    shot = ended(node, download(node, "pages", type="multi", objects=[source.url(f"/{name}") for name in names]))
    assert counts(shot) == ("finished", 4, 4, 0, 0)
    assert shot["reason"] == "1 file came as a web page, maybe an error page: a-1.tar"
    assert node.get("pages", "a-1.tar") == b"<html>Sorry"


def test_of_many_pages_that_came_for_files_the_first_are_named(node: NodeProcess, source: FaultySource) -> None:
    for number in range(1, 41):
        source.add(f"/p-{number}.tar", b"<html>Sorry", then=Fault(headers={"Content-Type": "text/html"}))
    shot = ended(node, download(node, "many-pages", type="range", template=source.url("/p-{1..40}.tar")))
    assert counts(shot) == ("finished", 40, 40, 0, 0)
    assert shot["reason"].startswith("40 files came as web pages, maybe error pages: p-")
    assert shot["reason"].endswith(" and 37 more")
