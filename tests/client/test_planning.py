"""What a plan says, against sources of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import aisnb
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator

DATE = "Tue, 24 Nov 2026 00:16:08 GMT"
COLUMNS = {
    "name": "str",
    "url": "str",
    "size": "int64",
    "status": "int64",
    "etag": "str",
    "modified": "datetime64[ns, UTC]",
    "here": "bool",
}


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as server:
        for number in range(1, 5):
            server.add(f"/d/s-{number}", bytes(1000 * number), etag=f'"{number}"', last_modified=DATE)
        yield server


def test_a_plan_has_a_row_for_each_name_with_its_marks(client: aisnb.Client, source: FaultySource) -> None:
    plan = client.plan(source.url("/d/s-{1..4}"))
    assert list(plan.columns) == list(COLUMNS)
    assert all(str(plan[name].dtype) in (kind, "string") for name, kind in COLUMNS.items())
    assert plan["name"].tolist() == ["s-1", "s-2", "s-3", "s-4"]
    assert plan["size"].tolist() == [1000, 2000, 3000, 4000]
    assert plan["etag"].tolist() == ['"1"', '"2"', '"3"', '"4"']
    assert set(plan["modified"]) == {pd.Timestamp("2026-11-24 00:16:08", tz="UTC")}
    assert plan.attrs["rate"] > 0
    assert plan.attrs["sampled"]["bytes"] == 10_000


def test_how_fast_it_goes_is_told_by_the_files_that_come(client: aisnb.Client, source: FaultySource) -> None:
    for number in (1, 3):
        source.add(
            f"/d/s-{number}", bytes(1000 * number), faults=[Fault()], then=Fault(status=403 + 97 * (number // 3))
        )
    sampled = client.plan(source.url("/d/s-{1..4}")).attrs["sampled"]
    assert (sampled["files"], sampled["bytes"], sampled["connections"]) == (2, 6000, 2)
    for number in range(1, 5):
        source.add(f"/d/s-{number}", bytes(1000), faults=[Fault()], then=Fault(cut=500))
    plan = client.plan(source.url("/d/s-{1..4}"))
    assert (plan.attrs["rate"], plan.attrs["sampled"]["files"]) == (None, 0)


def test_without_a_sample_no_file_is_read(client: aisnb.Client, source: FaultySource) -> None:
    plan = client.plan(source.url("/d/s-{1..4}"), sample=False)
    assert {request.method for request in source.requests} == {"HEAD"}
    assert "rate" not in plan.attrs


def test_of_many_files_some_may_be_asked_about_from_the_first_to_the_last(
    client: aisnb.Client, source: FaultySource
) -> None:
    plan = client.plan(source.url("/d/s-{1..1000000}"), sample=False, most=3)
    assert plan["name"].tolist() == ["s-1", "s-500000", "s-1000000"]
    assert plan["status"].tolist() == [200, 404, 404]
    assert plan.attrs["files"] == 1_000_000
    assert len(source.requests) == 3
    links = [source.url(f"/d/s-{number}") for number in (1, 2, 3, 4)]
    assert client.plan(links, sample=False, most=2, object_names=list("abcd"))["name"].tolist() == ["a", "d"]
    assert client.plan(links, sample=False, most=9).attrs["files"] == 4
    assert client.plan(links, sample=False, most=1)["name"].tolist() == ["s-1"]
    with pytest.raises(aisnb.UsageError, match="asks about 0 files"):
        client.plan(links, most=0)


def test_what_is_missing_or_refused_has_its_status_and_no_size(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/s-6", then=Fault(status=403))
    plan = client.plan(source.url("/d/s-{4..6}"))
    assert plan["status"].tolist() == [200, 404, 403]
    assert plan["size"].isna().tolist() == [False, True, True]
    assert str(plan["size"].dtype) == "Int64"


def test_a_source_that_is_busy_for_a_moment_is_asked_again(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/s-1", b"abc", faults=[Fault(status=503)])
    assert client.plan(source.url("/d/s-1"), sample=False)["status"].tolist() == [200]


def test_names_are_those_that_a_download_would_make(client: aisnb.Client, source: FaultySource) -> None:
    links = [source.url("/d/s-1"), source.url("/d/s-2")]
    for given in (links, pd.DataFrame({"url": links})):
        assert client.plan(given, "ais://plans/in/", sample=False)["name"].tolist() == ["in/s-1", "in/s-2"]
    assert client.plan(links[0], "ais://plans/x.tar", sample=False)["name"].tolist() == ["x.tar"]
    assert client.plan(links, object_names=["a", "b"], sample=False)["name"].tolist() == ["a", "b"]


def test_here_is_what_the_next_download_would_skip(client: aisnb.Client, source: FaultySource) -> None:
    link, bucket = source.url("/d/s-{1..4}"), "ais://plan-here/in"
    assert not client.plan(link, bucket)["here"].any()
    client.download(source.url("/d/s-{1..3}"), bucket, wait=True)
    source.add("/d/s-2", bytes(2000), etag='"new"', last_modified=DATE)
    assert client.plan(link, bucket)["here"].tolist() == [True, False, True, False]
    job = client.download(link, bucket, wait=True)
    assert job.skipped == 2
    assert client.plan(link, bucket)["here"].all()
    assert not client.plan(link)["here"].any()


def test_a_web_bucket_is_planned_by_names_or_template(client: aisnb.Client, source: FaultySource) -> None:
    client.get(source.url("/d/s-1"))
    buckets = client.buckets("ht").set_index("url")["name"]
    bucket = buckets[source.url("/d/")]
    plan = client.plan(f"{bucket}/s-{{1..5}}")
    assert plan["status"].tolist() == [200, 200, 200, 200, 404]
    assert plan["here"].tolist() == [True, False, False, False, False]
    assert client.plan(bucket, object_names=["s-3"])["size"].tolist() == [3000]
    with pytest.raises(aisnb.BucketNotFound):
        client.plan("ht://MzU3MTg4YTc1M2VlZTJhZA/s-{1..2}")


def test_credentials_reach_the_source_and_no_table(client: aisnb.Client, source: FaultySource) -> None:
    link = source.url("/d/s-1")
    plan = client.plan(link, headers={"Authorization": "Bearer secret"}, sample=False)
    assert source.requests[-1].headers["authorization"] == "Bearer secret"
    assert "secret" not in plan.to_csv()
    assert "secret" not in client.plan(link.replace("://", "://me:secret@"), sample=False).to_csv()


def test_a_source_that_is_not_there_is_one_error(client: aisnb.Client) -> None:
    with FaultySource() as gone:
        link = gone.url("/s-{1..50}")
    with pytest.raises(aisnb.SourceError, match="nobody answers there"):
        client.plan(link)


def test_what_cannot_be_a_source_is_refused(client: aisnb.Client) -> None:
    with pytest.raises(aisnb.SchemeMissing):
        client.plan("host/s-{1..5}")
    with pytest.raises(aisnb.TemplateError):
        client.plan("http://host/s-{5..1}")
