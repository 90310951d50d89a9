from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from aisnb.uris import web_bucket
from tests.support.faulty import FaultySource
from tests.support.jobs import control, counts, ended, errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.nodes import NodeProcess


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as running:
        for number in range(1, 10):
            running.add(f"/abc/shard-{number:03d}.tar", b"%d" % number, etag=f'"{number}"')
        yield running


@pytest.fixture
def web(node: NodeProcess, source: FaultySource) -> str:
    """An ``ht://`` bucket that came to be when one file of its directory was asked for."""
    link = source.add("/abc/hello-world", b"hello")
    name = web_bucket(link).name
    answer = node.ask("GET", f"/v1/objects/{name}/hello-world?provider=ht&original_url={quote(link, safe='')}")
    assert (answer.status, answer.body) == (200, b"hello")
    return name


def act(node: NodeProcess, web: str, method: str, action: str, value: dict[str, Any]) -> Any:
    body = {"action": action, "name": "", "value": value}
    return node.ask(method, f"/v1/buckets/{web}?provider=ht", body)


def prefetch(node: NodeProcess, web: str, value: dict[str, Any]) -> dict[str, Any]:
    answer = act(node, web, "POST", "prefetch-listrange", value)
    assert answer.status == 200, answer
    return ended(node, answer.body.decode())


def get(node: NodeProcess, web: str, name: str) -> bytes:
    answer = node.ask("GET", f"/v1/objects/{web}/{name}?provider=ht")
    assert answer.status == 200, answer
    return answer.body


def test_a_template_is_prefetched_and_a_second_run_skips_all(node: NodeProcess, source: FaultySource, web: str) -> None:
    shot = prefetch(node, web, {"template": "shard-{001..010}.tar"})
    assert shot["kind"] == "prefetch-objects"
    assert shot["bucket"] == shot["source"] == f"ht://{web}"
    assert counts(shot) == ("finished", 10, 9, 0, 1)
    (row,) = errors(node, shot["id"])
    assert (row["name"], row["status"]) == ("shard-010.tar", 404)
    assert row["url"] == source.url("/abc/shard-010.tar")
    asked = len(source.requests)
    assert get(node, web, "shard-003.tar") == b"3"
    assert len(source.requests) == asked
    assert counts(prefetch(node, web, {"template": "shard-{001..009}.tar"})) == ("finished", 9, 9, 9, 0)


def test_names_are_prefetched_and_failures_retried(node: NodeProcess, source: FaultySource, web: str) -> None:
    shot = prefetch(node, web, {"objnames": ["shard-001.tar", "new one#1", "shard-001.tar", "../x"]})
    assert counts(shot) == ("finished", 3, 1, 0, 2)
    source.add("/abc/new%20one%231", b"new")
    retried = ended(node, control(node, shot["id"], "retry")["id"])
    assert counts(retried) == ("finished", 2, 1, 0, 1)
    assert get(node, web, "new%20one%231") == b"new"


def test_the_at_form_counts_in_a_template(node: NodeProcess, source: FaultySource, web: str) -> None:
    source.add("/abc/shard-000.tar", b"0")
    assert counts(prefetch(node, web, {"template": "shard-@009.tar"})) == ("finished", 10, 10, 0, 0)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"template": "shard-{3..1}.tar"}, "swap them"),
        ({"template": "shard-%06d.tar"}, "has no end"),
        ({"template": "shard-{0..10000000}.tar"}, "10,000,000"),
        ({"objnames": []}, "--template"),
        ({"objnames": "x"}, "not a valid Selection"),
    ],
)
def test_what_cannot_be_prefetched_is_refused(node: NodeProcess, web: str, value: dict[str, Any], says: str) -> None:
    answer = act(node, web, "POST", "prefetch-listrange", value)
    assert (answer.status, says in answer.message) == (400, True), answer


def test_an_unknown_bucket_is_not_found(node: NodeProcess) -> None:
    answer = act(node, "nowhere", "POST", "prefetch-listrange", {"template": "a-{1..2}"})
    assert (answer.status, 'bucket "ht://nowhere" does not exist' in answer.message) == (404, True)


def test_evicted_objects_come_again_from_their_source(node: NodeProcess, source: FaultySource, web: str) -> None:
    assert act(node, web, "DELETE", "delete-listrange", {"template": "hello-world"}).status == 400
    answer = act(node, web, "DELETE", "evict-listrange", {"objnames": ["hello-world"]})
    assert counts(ended(node, answer.body.decode())) == ("finished", 1, 1, 0, 0)
    source.add("/abc/hello-world", b"hello again")
    assert get(node, web, "hello-world") == b"hello again"


def test_aistores_questions_call_a_prefetch_by_its_own_name(node: NodeProcess, web: str) -> None:
    job = prefetch(node, web, {"template": "shard-{001..002}.tar"})["id"]
    for kind in ("", "prefetch-listrange", "prefetch-objects"):
        status = node.ask("GET", "/v1/cluster?what=status", {"ID": job, "Kind": kind}).json()
        assert (status["kind"], status["aborted"]) == ("prefetch-listrange", False)
    assert node.ask("GET", "/v1/x/jobs?kind=prefetch").json()[0]["id"] == job


def test_all_that_the_index_lists_is_prefetched_and_what_is_unchanged_skipped(
    node: NodeProcess, source: FaultySource, web: str
) -> None:
    names = ["hello-world", *(f"shard-{number:03d}.tar" for number in range(1, 10)), "a b#1"]
    source.add("/abc/", json.dumps([{"name": name} for name in names]).encode())
    source.add("/abc/a%20b%231", b"new")
    shot = prefetch(node, web, {})
    assert counts(shot)[:3] == ("finished", 11, 11)
    assert "entire bucket" in shot["description"]
    assert get(node, web, "a%20b%231") == b"new"
    source.add("/abc/shard-003.tar", b"changed", etag='"changed"')
    again = prefetch(node, web, {"template": "*"})
    assert counts(again)[:3] == ("finished", 11, 11)
    assert again["skipped"] == 8  # the two without an ETag and the changed one came again
    assert get(node, web, "shard-003.tar") == b"changed"


def test_of_what_the_index_lists_only_a_prefix_is_prefetched(node: NodeProcess, source: FaultySource, web: str) -> None:
    rows = [{"name": f"shard-{number:03d}.tar", "size": 1} for number in range(1, 10)]
    source.add("/abc/", json.dumps([*rows, {"name": "other", "size": 1}]).encode())
    shot = prefetch(node, web, {"prefix": "shard-"})
    assert counts(shot) == ("finished", 9, 9, 0, 0)
    assert shot["total_bytes"] == 9
    answer = act(node, web, "POST", "prefetch-listrange", {"prefix": "zz"})
    assert (answer.status, "lists no name that begins so" in answer.message) == (404, True)


def test_an_empty_directory_is_prefetched_at_once(node: NodeProcess, source: FaultySource, web: str) -> None:
    source.add("/abc/", b"[]")
    assert counts(prefetch(node, web, {})) == ("finished", 0, 0, 0, 0)


def test_a_name_that_is_no_text_fails_by_itself(node: NodeProcess, source: FaultySource, web: str) -> None:
    source.add("/abc/", b'<title>Index of</title><a href="raw%FF">raw</a><a href="shard-001.tar">x</a>')
    shot = prefetch(node, web, {})
    assert counts(shot) == ("finished", 2, 1, 0, 1)
    (row,) = errors(node, shot["id"])
    assert (row["url"], "UTF-8" in row["reason"]) == (source.url("/abc/raw%FF"), True)


def test_all_of_a_source_without_an_index_is_refused_in_words(
    node: NodeProcess, source: FaultySource, web: str
) -> None:
    source.add("/abc/", b"<title>Home</title>")
    answer = act(node, web, "POST", "prefetch-listrange", {})
    assert (answer.status, "shows no index" in answer.message) == (400, True), answer


def test_more_than_there_is_room_for_is_refused(node: NodeProcess, source: FaultySource, web: str) -> None:
    source.add("/abc/", json.dumps([{"name": "huge", "size": 1 << 60}]).encode())
    answer = act(node, web, "POST", "prefetch-listrange", {})
    assert (answer.status, "still to come" in answer.message) == (507, True), answer
