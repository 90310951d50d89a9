"""Levels of buckets: pages of any number of names, what folders add up to, searches."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.client import portal
from aisnb.client.connection import open_connection
from aisnb.client.levels import MOST_FOUND, Entry, Level, Place, Search, Sum, parse_place, sum_up
from aisnb.explore.levels import level
from aisnb.uris import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aisnb.client.connection import Connection

ABC = Bucket("ais", "abc")


@pytest.fixture
def connection() -> Iterator[Connection]:
    connection = open_connection()
    yield connection
    connection.close()


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    """A bucket of 1,000 names in two folders, and one beside them."""
    bucket = Bucket("ais", f"b-{uuid.uuid4().hex[:12]}")
    for number in range(1_000):
        file = tmp_path / "files" / ("many" if number < 999 else "few") / f"n-{number:04d}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * (number % 2))
    (tmp_path / "files" / "beside").write_bytes(b"12345")
    with aisnb.connect() as client:
        client.create(str(bucket))
        client.put(tmp_path / "files", f"{bucket}/")
        yield bucket
        client.remove(str(bucket), yes=True)


@pytest.mark.parametrize(
    ("text", "place", "begins"),
    [
        ("", Place(), ""),
        ("ht://", Place(provider="ht"), ""),
        ("ais://abc", Place(ABC), ""),
        ("abc/", Place(ABC), ""),
        ("ais://abc/train/", Place(ABC, "train/"), ""),
        ("ais://abc/train/sub/shard-0", Place(ABC, "train/sub/"), "shard-0"),
    ],
)
def test_a_place_is_a_folder_and_what_names_begin_with(text: str, place: Place, begins: str) -> None:
    assert parse_place(text) == (place, begins)


def test_every_place_has_one_above_up_to_all_buckets() -> None:
    place, way = parse_place("ais://abc/train/sub/")[0], list[str]()
    while (above := place.parent) is not None:
        place = above
        way.append(str(place))
    assert way == ["ais://abc/train/", "ais://abc/", ""]
    assert parse_place("ht://")[0].parent == Place()


@pytest.mark.parametrize("text", ["http://host/dir/", "x://y", "ais:///"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(aisnb.AisnbError):
        parse_place(text)


def test_pages_go_forth_and_back_over_all_names(connection: Connection, bucket: Bucket) -> None:
    names, offset, seen = Level(connection, bucket, "many/"), 0, list[str]()
    while True:
        page = portal.run(names.page(offset, 25))
        seen += [entry.name for entry in page.entries]
        if not page.more and offset + len(page.entries) == page.known:
            break
        offset += 25
    assert seen == [f"many/n-{number:04d}" for number in range(999)]
    assert (page.known, page.more) == (999, False)
    assert portal.run(names.page(0, 25)).entries[0] == Entry("many/n-0000", 0)


def test_what_lies_deeper_is_one_folder_and_comes_first(connection: Connection, bucket: Bucket) -> None:
    page = portal.run(Level(connection, bucket).page(0, 25))
    assert page.entries == [Entry("few/"), Entry("many/"), Entry("beside", 5)]
    assert portal.run(sum_up(connection, bucket, "many/")) == Sum(999, 499)
    assert portal.run(Level(connection, bucket, "", "fe").page(0, 25)).entries == [Entry("few/")]


def test_names_that_go_away_meanwhile_end_the_listing(connection: Connection, bucket: Bucket) -> None:
    names = Level(connection, bucket, "many/")
    assert portal.run(names.page(0, 25)).more
    with aisnb.connect() as client:
        client.remove(f"{bucket}/many/n-{{0100..0998}}", yes=True)
    page = portal.run(names.page(100, 25))
    assert (page.offset, page.entries[0].name, page.known, page.more) == (75, "many/n-0075", 100, False)


def test_a_search_ends_with_enough(connection: Connection, bucket: Bucket) -> None:
    async def run(text: str) -> Search:
        search = Search(connection, bucket, "", text)
        async for _ in search.run():
            assert len(search.found) <= MOST_FOUND
        return search

    few = portal.run(run("N-099"))
    assert [entry.name for entry in few.found] == [
        "few/n-0999",
        *[f"many/n-{number:04d}" for number in range(990, 999)],
    ]
    assert (few.looked_at, few.is_over) == (1_001, True)
    assert len(portal.run(run("n-")).found) == 1_000


def test_a_level_is_a_table(bucket: Bucket) -> None:
    found = level(str(bucket))
    assert found["name"].tolist() == ["few/", "many/", "beside"]
    assert found["size"].tolist() == [1, 499, 5]
    assert found["objects"].tolist()[:2] == [1, 999]
    assert not found.attrs["more"]
    assert level(f"{bucket}/many/").attrs["more"]
    assert level("")["name"].str.startswith(("ais://", "ht://")).all()
    with pytest.raises(aisnb.BucketNotFound):
        level("ais://no-such-bucket")
