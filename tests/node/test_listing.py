"""Listings of objects, page by page."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from aisnb.node.listing import encoded_page
from aisnb.protocol.listing import ListRequest
from aisnb.store import Store
from aisnb.uris import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nodes import Answer, NodeProcess

NAME_ONLY, NAME_SIZE, NOT_CACHED, NO_RECURSION, NO_DIRS = (str(1 << bit) for bit in (4, 5, 9, 11, 13))
ODD_NAMES = ["%41", "a b", "a#b", "a/b", "a?b", "a{1..2}", "dir/ü", "line\nbreak", "é", "\U0001f600", "～", "+", "&=;"]


def ask(node: NodeProcess, bucket: str, **value: Any) -> Answer:
    body = {"action": "list", "name": "", "value": value}
    return node.ask("GET", f"/v1/buckets/{bucket}?provider=ais", body, {"Accept": "application/msgpack"})


def page(node: NodeProcess, bucket: str, **value: Any) -> dict[str, Any]:
    answer = ask(node, bucket, **value)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/msgpack")
    found = msgspec.msgpack.decode(answer.body)
    assert isinstance(found, dict)
    return found


def names(node: NodeProcess, bucket: str, **value: Any) -> list[str]:
    return [entry["n"] for entry in page(node, bucket, **value)["Entries"]]


@pytest.fixture(scope="module")
def shelf(node: NodeProcess) -> str:
    bucket = node.create("shelf")
    for name in ("a", "a/b/c", "a/b/d", "a/x", "b/1", "b/2", "c", "d/e/f/g"):
        node.put(bucket, name.replace("a/", "dir/"), name.encode())
    return bucket


def test_a_page_is_aistores_map(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "s-000.tar", b"x")
    found = page(node, bucket, prefix="", pagesize=0, uuid="", props="name,size", continuation_token="", flags="0")
    assert found["UUID"]
    assert (found["ContinuationToken"], found["Flags"]) == ("", 0)
    assert found["Entries"] == [{"n": "s-000.tar", "s": 1, "f": 64}]


def test_who_does_not_ask_for_msgpack_gets_json(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", b"12")
    answer = node.ask("GET", f"/v1/buckets/{bucket}", {"action": "list", "value": {"uuid": "mine"}})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "uuid": "mine",
        "continuation_token": "",
        "flags": 0,
        "entries": [{"name": "a", "size": "2", "flags": 64}],
    }


def test_names_of_any_kind_come_in_the_order_of_their_bytes(node: NodeProcess, bucket: str) -> None:
    for name in ODD_NAMES:
        node.put(bucket, name, name.encode())
    assert names(node, bucket) == sorted(ODD_NAMES, key=str.encode)
    for name in ODD_NAMES:
        assert node.get(bucket, name) == name.encode()


def test_columns_come_to_who_asks_for_them_and_tell_what_entries_would(node: NodeProcess, bucket: str) -> None:
    for name in ODD_NAMES:
        node.put(bucket, name, name.encode())
    token, columns = "", "application/vnd.aisnb.columns+msgpack"
    for start in range(0, len(ODD_NAMES), 5):
        value = {"pagesize": 5, "continuation_token": token}
        entries = page(node, bucket, **value)
        body = {"action": "list", "value": value}
        answer = node.ask("GET", f"/v1/buckets/{bucket}", body, {"Accept": f"application/msgpack, {columns}"})
        assert answer.headers["content-type"] == columns
        found = msgspec.msgpack.decode(answer.body)
        assert found["Entries"] is None
        told = msgspec.json.decode(found["Columns"]["names"]), msgspec.json.decode(found["Columns"]["sizes"])
        assert list(zip(*told, strict=True)) == [(entry["n"], entry["s"]) for entry in entries["Entries"]]
        assert list(told[0]) == sorted(ODD_NAMES, key=str.encode)[start : start + 5]
        token = found["ContinuationToken"]
        assert token == entries["ContinuationToken"]
    assert token == ""


@pytest.mark.parametrize("value", [{"flags": NO_RECURSION}, {"props": "name,checksum"}, {"flags": NAME_ONLY}])
def test_what_columns_cannot_tell_comes_as_entries(node: NodeProcess, shelf: str, value: dict[str, str]) -> None:
    accept = {"Accept": "application/msgpack, application/vnd.aisnb.columns+msgpack"}
    answer = node.ask("GET", f"/v1/buckets/{shelf}", {"action": "list", "value": value}, accept)
    assert answer.headers["content-type"] == "application/msgpack"
    assert msgspec.msgpack.decode(answer.body)["Entries"] == page(node, shelf, **value)["Entries"]


def test_pages_follow_each_other_without_gap_or_repetition(node: NodeProcess, shelf: str) -> None:
    whole, token, gathered, uuids = names(node, shelf), "", list[str](), set[str]()
    for _ in itertools.count():
        found = page(node, shelf, pagesize=3, continuation_token=token, uuid=next(iter(uuids), ""))
        gathered += [entry["n"] for entry in found["Entries"]]
        uuids.add(found["UUID"])
        token = found["ContinuationToken"]
        if not token:
            break
        assert len(found["Entries"]) == 3
    assert gathered == whole == sorted(whole)
    assert len(uuids) == 1


def test_a_page_that_ends_with_the_last_object_is_the_last(node: NodeProcess, shelf: str) -> None:
    assert page(node, shelf, pagesize=8)["ContinuationToken"] == ""
    assert page(node, shelf, prefix="b/", pagesize=2)["ContinuationToken"] == ""


def test_prefix_and_start_narrow_the_listing(node: NodeProcess, shelf: str) -> None:
    assert names(node, shelf, prefix="dir/b") == ["dir/b/c", "dir/b/d"]
    assert names(node, shelf, start_after="c") == ["d/e/f/g", "dir/b/c", "dir/b/d", "dir/x"]
    assert names(node, shelf, prefix="nothing") == []


def test_one_level_shows_directories_in_place_of_what_is_in_them(node: NodeProcess, shelf: str) -> None:
    found = page(node, shelf, flags=NO_RECURSION)["Entries"]
    assert [entry["n"] for entry in found] == ["a", "b/", "c", "d/", "dir/"]
    assert [entry["f"] for entry in found] == [64, 256, 64, 256, 256]
    assert names(node, shelf, flags=NO_RECURSION, prefix="dir/") == ["dir/b/", "dir/x"]


def test_directories_are_shown_as_aistore_shows_them_also_to_who_wants_none(node: NodeProcess, shelf: str) -> None:
    flat = str(int(NO_RECURSION) | int(NO_DIRS))
    assert names(node, shelf, flags=flat) == ["a", "b/", "c", "d/", "dir/"]
    assert names(node, shelf, flags=flat, prefix="dir/") == ["dir/b/", "dir/x"]
    assert names(node, shelf, flags=NO_DIRS, prefix="dir/") == ["dir/b/c", "dir/b/d", "dir/x"]


def test_pages_of_one_level_go_on_behind_a_directory(node: NodeProcess, shelf: str) -> None:
    gathered, token = list[str](), ""
    for _ in itertools.count():
        found = page(node, shelf, flags=NO_RECURSION, pagesize=1, continuation_token=token)
        gathered += [entry["n"] for entry in found["Entries"]]
        token = found["ContinuationToken"]
        if not token:
            break
    assert gathered == ["a", "b/", "c", "d/", "dir/"]


def test_only_what_is_asked_for_is_told(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", b"hello world")
    assert page(node, bucket, flags=NAME_ONLY)["Entries"] == [{"n": "a", "f": 64}]
    assert page(node, bucket, flags=NAME_SIZE, props="name,checksum")["Entries"] == [{"n": "a", "s": 11, "f": 64}]
    (full,) = page(node, bucket, props="name,size,checksum,version,atime,location,copies,status,custom")["Entries"]
    assert (full["s"], full["cs"], full["v"], full["c"]) == (11, "45ab6734b21e6968", "1", 1)
    assert full["a"].endswith(" UTC")
    (exact,) = page(node, bucket, props="atime", time_format="2006-01-02T15:04:05.999999999Z07:00")["Entries"]
    assert exact["a"].endswith("Z")
    assert "T" in exact["a"]
    assert page(node, bucket, flags=NOT_CACHED)["Entries"] == []


@pytest.mark.parametrize("value", [{"props": "colour"}, {"flags": "many"}, {"pagesize": "x"}])
def test_what_does_not_exist_cannot_be_asked_for(node: NodeProcess, shelf: str, value: dict[str, str]) -> None:
    assert ask(node, shelf, **value).status == 400


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "home")
    yield store
    store.close()


def fill(store: Store, bucket: Bucket, object_names: list[str]) -> None:
    store.create_bucket(bucket)
    futures = []
    for name in object_names:
        partial = store.begin(bucket, name)
        partial.start(offset=0, validator="", size=0)
        futures.append(store.commit(partial))
    for future in futures:
        future.result()


def test_ten_thousand_objects_are_one_ordered_page_and_one_more_makes_two(store: Store) -> None:
    bucket = Bucket("ais", "many")
    fill(store, bucket, [f"{number * 7919 % 10_001:06d}" for number in range(10_001)])
    first = decoded(store, bucket, ListRequest())
    assert [entry["n"] for entry in first["Entries"]] == [f"{number:06d}" for number in range(10_000)]
    last = decoded(store, bucket, ListRequest(token=first["ContinuationToken"], page_size=1_000_000))
    assert [entry["n"] for entry in last["Entries"]] == ["010000"]
    assert last["ContinuationToken"] == ""


def test_a_level_jumps_over_what_is_in_large_directories(store: Store) -> None:
    bucket = Bucket("ais", "deep")
    fill(store, bucket, [f"{letter}/{number:04d}" for letter in "ab" for number in range(1_500)] + ["a!", "a0", "z"])
    found = decoded(store, bucket, ListRequest(flags=NO_RECURSION))
    assert [entry["n"] for entry in found["Entries"]] == ["a!", "a/", "a0", "b/", "z"]


def decoded(store: Store, bucket: Bucket, request: ListRequest) -> dict[str, Any]:
    body, kind = encoded_page(store, bucket, request, "application/msgpack")
    assert kind == "application/msgpack"
    found = msgspec.msgpack.decode(body)
    assert isinstance(found, dict)
    return found
