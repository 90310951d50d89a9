"""Listings of ``ht://`` buckets: what is here, and what their source still has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import msgspec
import pytest

from aisnb.uris import link_name, web_bucket
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.nodes import Answer, NodeProcess

CACHED, UNKNOWN = 1 << 6, 1 << 12
CACHED_ONLY, NAME_ONLY, NOT_CACHED, NO_RECURSION = (str(1 << bit) for bit in (0, 4, 9, 11))
WELL = Fault()
ODD = ["%41", "a b", "a#b", "a?b", "<b>", "\"'&amp;", "line\nbreak", "é", "\U0001f600", "～", "+", "{1..2}", "שלום"]


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as running:
        yield running


def add_index(source: FaultySource, names: Sequence[str], then: Fault = WELL) -> None:
    rows = [{"name": name, "type": "file", "size": len(name)} for name in names]
    source.add("/d/", json.dumps(rows).encode(), then=then)


def get(node: NodeProcess, source: FaultySource, name: str) -> str:
    """Bring one file here, with its name as its bytes; return the bucket's name."""
    link = source.add(f"/d/{quote(name)}", name.encode())
    bucket = web_bucket(link).name
    answer = node.ask(
        "GET", f"/v1/objects/{bucket}/{quote(link_name(link))}?provider=ht&original_url={quote(link, safe='')}"
    )
    assert answer.status == 200, answer
    return bucket


def ask(node: NodeProcess, bucket: str, **value: Any) -> Answer:
    body = {"action": "list", "name": "", "value": value}
    return node.ask("GET", f"/v1/buckets/{bucket}?provider=ht", body, {"Accept": "application/msgpack"})


def page(node: NodeProcess, bucket: str, **value: Any) -> dict[str, Any]:
    answer = ask(node, bucket, **value)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/msgpack"), answer
    assert "aisnb-note" not in answer.headers
    return dict(msgspec.msgpack.decode(answer.body))


def rows(node: NodeProcess, bucket: str, **value: Any) -> list[tuple[str, int, int]]:
    """Return name, size and flags of each entry."""
    return [(row["n"], row.get("s", 0), row.get("f", 0)) for row in page(node, bucket, **value)["Entries"]]


def test_what_is_here_and_what_the_source_still_has_are_one_list(node: NodeProcess, source: FaultySource) -> None:
    add_index(source, [*ODD, "c"])
    for name in ("é", "a b", "gone meanwhile"):
        bucket = get(node, source, name)
    everything = sorted([*ODD, "c", "gone meanwhile"], key=str.encode)
    assert rows(node, bucket) == [
        (name, len(name.encode()) if name in ("é", "a b", "gone meanwhile") else len(name),
         CACHED if name in ("é", "a b", "gone meanwhile") else 0)
        for name in everything
    ]  # fmt: skip


def test_pages_follow_each_other_and_the_index_is_read_once(node: NodeProcess, source: FaultySource) -> None:
    names = [f"{number:03d}" for number in range(100)]
    add_index(source, names[::2])
    for name in (*names[1:40:3], names[2]):
        bucket = get(node, source, name)
    whole = rows(node, bucket)
    assert [row[0] for row in whole] == sorted({*names[::2], *names[1:40:3]})
    asked = len(source.asked("/d/"))
    gathered, found = list[tuple[str, int, int]](), page(node, bucket, pagesize=7)
    while True:
        gathered += [(row["n"], row.get("s", 0), row.get("f", 0)) for row in found["Entries"]]
        if not found["ContinuationToken"]:
            break
        assert len(found["Entries"]) == 7
        found = page(node, bucket, pagesize=7, uuid=found["UUID"], continuation_token=found["ContinuationToken"])
    assert gathered == whole
    assert len(source.asked("/d/")) == asked + 1


def test_a_page_of_a_listing_that_nobody_remembers_reads_the_index_again(
    node: NodeProcess, source: FaultySource
) -> None:
    add_index(source, ["a", "b", "c"])
    bucket = get(node, source, "a")
    assert [row[0] for row in rows(node, bucket, continuation_token="a", uuid="forgotten")] == ["b", "c"]


def test_only_what_is_here_is_listed_without_asking_the_source(node: NodeProcess, source: FaultySource) -> None:
    add_index(source, ["a", "b"])
    bucket = get(node, source, "a")
    asked = len(source.requests)
    assert rows(node, bucket, flags=CACHED_ONLY) == [("a", 1, CACHED)]
    assert len(source.requests) == asked


def test_only_what_is_not_here_is_listed(node: NodeProcess, source: FaultySource) -> None:
    add_index(source, ["a", "b", "c"])
    bucket = get(node, source, "b")
    assert rows(node, bucket, flags=NOT_CACHED) == [("a", 1, 0), ("c", 1, 0)]
    assert rows(node, bucket, flags=NOT_CACHED, pagesize=1) == [("a", 1, 0)]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"prefix": "b"}, ["b", "ba"]),
        ({"prefix": "b", "pagesize": 1}, ["b"]),
        ({"start_after": "a"}, ["b", "ba", "c"]),
        ({"prefix": "zz"}, []),
        ({"flags": NO_RECURSION}, ["a", "b", "ba", "c"]),
        ({"flags": NO_RECURSION, "prefix": "b"}, ["b", "ba"]),
    ],
)
def test_a_listing_is_narrowed(
    node: NodeProcess, source: FaultySource, value: dict[str, Any], names: list[str]
) -> None:
    add_index(source, ["a", "ba", "c"])
    bucket = get(node, source, "b")
    assert [row[0] for row in rows(node, bucket, **value)] == names


def test_sizes_that_the_index_lacks_are_asked_for_unless_nobody_wants_them(
    node: NodeProcess, source: FaultySource
) -> None:
    source.add("/d/", b'<title>Index of /d/</title><a href="a">a</a><a href="b">b</a><a href="c">c</a>')
    source.add("/d/b", b"12", faults=[Fault(status=405)])
    bucket = get(node, source, "a")
    asked = len(source.requests)
    assert rows(node, bucket, flags=NAME_ONLY) == [("a", 0, CACHED), ("b", 0, 0), ("c", 0, 0)]
    assert len(source.requests) == asked + 1
    assert rows(node, bucket) == [("a", 1, CACHED), ("b", 2, 0), ("c", 0, UNKNOWN)]


def test_properties_are_known_only_of_what_is_here(node: NodeProcess, source: FaultySource) -> None:
    add_index(source, ["a", "b"])
    bucket = get(node, source, "a")
    first, second = page(node, bucket, props="name,size,cached,checksum,atime,version,copies,location,custom")[
        "Entries"
    ]
    assert {"cs", "a", "v", "c", "t", "m"} <= first.keys()
    assert second == {"n": "b", "s": 1}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(body=b"<title>Home</title>welcome"), "shows no index"),
        (Fault(status=404), "404"),
        (Fault(status=500), "500"),
        (Fault(location="/d/"), "in a circle"),
        (Fault(cut=3), "closed"),
    ],
)
def test_a_source_that_shows_no_index_is_noted(
    node: NodeProcess, source: FaultySource, fault: Fault, says: str
) -> None:
    add_index(source, ["a", "b"], then=fault)
    bucket = get(node, source, "a")
    answer = ask(node, bucket)
    assert answer.status == 200
    assert [row["n"] for row in msgspec.msgpack.decode(answer.body)["Entries"]] == ["a"]
    note = unquote(answer.headers["aisnb-note"])
    assert note.startswith(f"Listed is only what is here of ht://{bucket}.")
    assert says in note


def test_a_source_that_is_gone_is_noted(node: NodeProcess, source: FaultySource) -> None:
    add_index(source, ["a", "b"])
    bucket = get(node, source, "a")
    source.refuse()
    answer = ask(node, bucket)
    assert [row["n"] for row in msgspec.msgpack.decode(answer.body)["Entries"]] == ["a"]
    assert "nobody answers" in unquote(answer.headers["aisnb-note"])


def test_a_bucket_that_is_not_here_is_not_found(node: NodeProcess) -> None:
    assert ask(node, "nowhere").status == 404
