"""``ht://``: objects of web servers, brought when they are first asked for."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from aisnb.uris import link_name, web_bucket
from tests.support.faulty import Fault, FaultySource
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.nodes import Answer, NodeProcess

LARGE = os.urandom(3 << 20)


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as source:
        yield source


def get_link(node: NodeProcess, link: str) -> Answer:
    bucket, name = web_bucket(link).name, quote(link_name(link))
    return node.ask("GET", f"/v1/objects/{bucket}/{name}?provider=ht&original_url={quote(link, safe='')}")


def test_a_cold_object_is_brought_once_and_then_kept(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/d/a%20b.bin", LARGE, etag='"1"')
    first, second = get_link(node, link), get_link(node, link)
    assert first.body == second.body == LARGE
    assert len(source.asked("/d/a%20b.bin")) == 1
    words = first.headers["ais-custom-md"]
    assert words == f'source=ht, orig_url={link}, ETag="1"'
    props = node.ask("HEAD", f"/v1/buckets/{web_bucket(link).name}?provider=ht").headers["ais-bucket-props"]
    assert f'"original_url": "{source.url("/d/")}"' in props


def test_once_its_bucket_is_known_an_object_needs_no_link(node: NodeProcess, source: FaultySource) -> None:
    bucket = web_bucket(source.add("/e/a", b"a")).name
    source.add("/e/b%20b", b"b")
    get_link(node, source.url("/e/a"))
    assert node.ask("GET", f"/v1/objects/{bucket}/b%20b?provider=ht").body == b"b"
    found = node.ask("GET", f"/v1/buckets/{bucket}?provider=ht").json()["entries"]
    assert [entry["name"] for entry in found] == ["a", "b b"]


def test_many_who_ask_for_one_cold_object_have_it_fetched_once(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/f/a", LARGE, faults=[Fault(cut=100, by="stall")])
    with ThreadPoolExecutor(8) as callers:
        answers = [callers.submit(get_link, node, link) for _ in range(8)]
        while not source.asked("/f/a"):
            time.sleep(0.01)
        source.release()
        assert {answer.result(PATIENCE).body for answer in answers} == {LARGE}
    assert len(source.asked("/f/a")) <= 2  # the one that was held up, and the one that went on from there


def test_a_source_that_has_no_such_file_leaves_no_bucket(node: NodeProcess, source: FaultySource) -> None:
    link = source.url("/gone/a")
    answer = get_link(node, link)
    assert answer.status == 404
    assert answer.message.startswith(f"{web_bucket(link)}/a does not exist: {link} answers 404")
    assert node.ask("HEAD", f"/v1/buckets/{web_bucket(link).name}?provider=ht").status == 404


def test_a_source_that_refuses_is_quoted(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/h/a", b"", then=Fault(status=403))
    answer = get_link(node, link)
    assert 400 <= answer.status < 500
    assert "403" in answer.message
    assert link in answer.message


def test_an_unknown_web_bucket_says_how_it_becomes_known(node: NodeProcess) -> None:
    answer = node.ask("GET", "/v1/objects/MzU3MTg4YTc1M2VlZTJhZA/a?provider=ht")
    assert answer.status == 404
    assert 'bucket "ht://MzU3MTg4YTc1M2VlZTJhZA" does not exist' in answer.message
    assert "http://" in answer.message


@pytest.mark.parametrize("name", ["other", "a"])
def test_a_link_of_something_else_is_refused(node: NodeProcess, source: FaultySource, name: str) -> None:
    link = source.add("/i/a", b"a")
    bucket = web_bucket(link).name if name == "other" else "MzU3MTg4YTc1M2VlZTJhZA"
    answer = node.ask("GET", f"/v1/objects/{bucket}/{name}?provider=ht&original_url={quote(link, safe='')}")
    assert answer.status == 400
    assert link in answer.message


def test_web_buckets_are_read_only_but_can_be_evicted(node: NodeProcess, source: FaultySource) -> None:
    link = source.add("/j/a", b"a")
    get_link(node, link)
    bucket = web_bucket(link).name
    for method in ("PUT", "DELETE"):
        answer = node.ask(method, f"/v1/objects/{bucket}/a?provider=ht", b"")
        assert answer.status == 400
        assert "read-only" in answer.message
    evict = {"action": "evict-remote-bck", "name": "", "value": None}
    assert node.ask("DELETE", f"/v1/buckets/{bucket}?provider=ht&keep_bck_md=True", evict).status == 200
    assert node.ask("GET", f"/v1/buckets/{bucket}?provider=ht").json()["entries"] == []
    assert node.ask("GET", f"/v1/objects/{bucket}/a?provider=ht").body == b"a"
    assert node.ask("DELETE", f"/v1/buckets/{bucket}?provider=ht&keep_bck_md=False", evict).status == 200
    assert node.ask("HEAD", f"/v1/buckets/{bucket}?provider=ht").status == 404
