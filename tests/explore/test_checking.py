"""A bucket held against a template and its source."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.explore.planning import describe
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_numbers = itertools.count(1)
DATES = ("Tue, 24 Nov 2026 00:16:08 GMT", "Tue, 24 Nov 2026 00:17:08 GMT")
TEMPLATE = "s-{00..11}.tar"


@pytest.fixture(params=["etags", "dates"])
def source(request: pytest.FixtureRequest) -> Iterator[FaultySource]:
    """A web server with twelve files, which it marks by ETags or by dates alone."""
    with FaultySource() as server:
        server.marks = request.param  # type: ignore[attr-defined]  # for `serve` below
        for name in aisnb.Template(TEMPLATE):
            serve(server, name, 1000)
        yield server


def serve(server: FaultySource, name: str, size: int, version: int = 0) -> None:
    etag = f'"{version}-{size}"' if server.marks == "etags" else ""  # type: ignore[attr-defined]  # set above
    server.add(f"/d/{name}", b"x" * size, etag=etag, last_modified=DATES[version])


@pytest.fixture
def bucket(source: FaultySource) -> str:
    name = f"ais://checked-{next(_numbers)}"
    aisnb.connect().download(source.url(f"/d/{TEMPLATE}"), name, wait=True)
    return name


def put(tmp_path: Path, place: str, size: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"y" * size)
    aisnb.connect().put(file, place)


def rows(frame: object) -> list[tuple[object, ...]]:
    table = frame.astype({"size": "float", "expected": "float"}).fillna(-1)  # type: ignore[attr-defined]  # a DataFrame
    return list(table.itertuples(index=False, name=None))


def test_a_complete_bucket_has_no_problem(source: FaultySource, bucket: str) -> None:
    for found in (
        aisnb.check(bucket),
        aisnb.check(bucket, TEMPLATE, strict=True),
        aisnb.check(bucket, TEMPLATE, source=source.url("/d/"), strict=True),
        aisnb.check(bucket, source=source.url(f"/d/{TEMPLATE}"), strict=True),
    ):
        assert list(found.columns) == ["name", "problem", "size", "expected"]
        assert found.empty
        assert str(found["size"].dtype) == str(found["expected"].dtype) == "Int64"


def test_each_problem_has_a_row_with_what_was_expected(source: FaultySource, bucket: str, tmp_path: Path) -> None:
    client = aisnb.connect()
    client.remove(f"{bucket}/s-01.tar")
    put(tmp_path, f"{bucket}/stranger", 1000)
    put(tmp_path, f"{bucket}/s-02.tar", 0)
    put(tmp_path, f"{bucket}/s-03.tar", 900)
    put(tmp_path, f"{bucket}/s-04.tar", 9000)
    serve(source, "s-05.tar", 1000, version=1)
    assert rows(aisnb.check(bucket, TEMPLATE, source=source.url("/d"))) == [
        ("s-01.tar", "missing", -1, 1000),
        ("s-02.tar", "zero-size", 0, 1000),
        ("s-03.tar", "truncated", 900, 1000),
        ("s-04.tar", "changed", 9000, 1000),
        ("s-05.tar", "changed", 1000, 1000),
        ("stranger", "extra", 1000, -1),
    ]
    assert rows(aisnb.check(bucket, TEMPLATE)) == [
        ("s-01.tar", "missing", -1, -1),
        ("s-02.tar", "zero-size", 0, -1),
        ("s-04.tar", "outlier", 9000, 1000),
        ("stranger", "extra", 1000, -1),
    ]


def test_a_strict_check_raises_what_it_found(bucket: str) -> None:
    with pytest.raises(aisnb.CheckFailed, match=r"1 missing: 's-12.tar' \(missing\)") as caught:
        aisnb.check(bucket, "s-{00..12}.tar", strict=True)
    assert caught.value.problems["name"].tolist() == ["s-12.tar"]


def test_without_a_template_a_hole_in_the_names_is_missing(bucket: str) -> None:
    aisnb.connect().remove(f"{bucket}/s-07.tar")
    assert rows(aisnb.check(bucket)) == [("s-07.tar", "missing", -1, -1)]


def test_a_directory_is_checked_by_the_names_below_it(source: FaultySource) -> None:
    bucket = f"ais://checked-{next(_numbers)}"
    aisnb.connect().download(source.url("/d/s-{00..09}.tar"), f"{bucket}/in/", wait=True)
    found = aisnb.check(f"{bucket}/in/", "s-{00..10}.tar", source=source.url("/d/"))
    assert rows(found) == [("s-10.tar", "missing", -1, 1000)]
    with pytest.raises(aisnb.UsageError, match="for a directory"):
        aisnb.check(f"{bucket}/in")


def test_what_the_source_does_not_have_any_more_is_no_problem_of_the_bucket(source: FaultySource, bucket: str) -> None:
    source.add("/d/s-00.tar", then=Fault(status=404))
    assert aisnb.check(bucket, TEMPLATE, source=source.url("/d/")).empty


def test_an_empty_bucket_misses_everything_and_no_bucket_is_an_error() -> None:
    client = aisnb.connect()
    client.create("ais://checked-empty")
    assert set(aisnb.check("ais://checked-empty", "s-{0..2}")["problem"]) == {"missing"}
    assert aisnb.check("ais://checked-empty").empty
    with pytest.raises(aisnb.BucketNotFound):
        aisnb.check("ais://checked-none", "s-{0..2}")
    with pytest.raises(aisnb.UsageError, match="has no range"):
        aisnb.check("ais://checked-empty", "s-1")


def test_a_plan_is_told_in_a_sentence(source: FaultySource, bucket: str) -> None:
    serve(source, "s-12.tar", 90_000)
    serve(source, "s-13.tar", 0)
    plan = aisnb.plan(source.url("/d/s-{00..14}.tar"), bucket)
    told = describe(plan)
    for part in (
        "14 files of 15",
        "1 missing",
        "1 empty",
        "1 of odd size (s-12.tar has 87.89KiB",
        "12 here",
        "about 0:01",
    ):
        assert part in told
    assert "nothing to fetch" in describe(plan[plan["here"]])
    assert "no rate was measured" in describe(aisnb.plan(source.url("/d/s-12.tar"), sample=False))
