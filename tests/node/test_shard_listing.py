"""Listings of what is inside shards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.archives.packing import SHARD, tar, tgz, zipped
from tests.node.test_listing import ask, page

if TYPE_CHECKING:
    from tests.support.nodes import NodeProcess


def names_inside(node: NodeProcess, bucket: str, **value: Any) -> list[str]:
    """List inside shards, page by page; return all names."""
    found: list[str] = []
    token = ""
    while True:
        answer = page(node, bucket, flags="8", continuation_token=token, **value)
        found += [entry["n"] for entry in answer["Entries"]]
        token = answer["ContinuationToken"]
        if not token:
            return found


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_shards_are_listed_inside_page_by_page(node: NodeProcess, bucket: str, size: int) -> None:
    node.put(bucket, "s.tar", tar())
    node.put(bucket, "s.tar-note", b"after the shard in the bucket's order")
    node.put(bucket, "a.zip", zipped())
    node.put(bucket, "damaged.tar", b"no archive")
    inside = sorted(SHARD)
    assert names_inside(node, bucket, pagesize=size) == [
        "a.zip", *(f"a.zip/{name}" for name in inside), "damaged.tar",
        "s.tar", *(f"s.tar/{name}" for name in inside), "s.tar-note",
    ]  # fmt: skip
    assert names_inside(node, bucket, pagesize=size, prefix="s.tar/a/1") == ["s.tar/a/1.cls", "s.tar/a/1.jpg"]
    assert names_inside(node, bucket, pagesize=size, prefix="none.tar/a") == []


def test_what_is_inside_is_told_apart(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "s.tgz", tgz())
    shard, *inside = page(node, bucket, flags="8")["Entries"]
    assert (shard["f"], shard["s"]) == (1 << 6 | 1 << 9, len(tgz()))
    assert {entry["f"] for entry in inside} == {1 << 6 | 1 << 7}
    assert {entry["n"]: entry.get("s", 0) for entry in inside} == {
        f"s.tgz/{name}": len(content) for name, content in SHARD.items()
    }
    assert all("s" not in entry for entry in page(node, bucket, flags=str(8 | 16))["Entries"])


def test_one_damaged_shard_that_was_asked_for_is_an_error(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "s.tar", b"no archive")
    answer = ask(node, bucket, flags="8", prefix="s.tar")
    assert (answer.status, "damaged" in answer.message) == (400, True)
