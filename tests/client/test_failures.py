"""What is said of the files of a job that failed."""

from __future__ import annotations

import pytest

import aisnb
from aisnb.client.failures import failure_text
from aisnb.client.snapshots import next_step
from aisnb.protocol.extension import JobErrorRow, JobSnapshot
from aisnb.wording import in_shell
from tests.support.faulty import Fault, FaultySource

_GONE = "the source answered 404 Not Found, there is no such file: check the name"


def missing(*names: str) -> list[JobErrorRow]:
    return [
        JobErrorRow(name, f"http://h/d/{name}", 404, 1, f"'http://h/d/{name}' was not fetched: {_GONE}.")
        for name in names
    ]


def ended(failed: int) -> JobSnapshot:
    return JobSnapshot("dnl-x", "download", "finished", total=14, done=14 - failed, failed=failed, bytes=0)


def test_a_failure_names_files_in_one_line_and_counts_them_well() -> None:
    snapshot = JobSnapshot("dnl-x", "download", "finished", total=1, failed=1)
    text = failure_text(snapshot, [JobErrorRow("a\nb\x1b[31m", "http://h/", 0, 3, "no\nanswer")])
    assert text.startswith("Job dnl-x: 1 of 1 file failed: a\\nb\\x1b[31m (no\\nanswer). ")


def test_a_retry_is_offered_only_where_there_is_one() -> None:
    rows = [JobErrorRow("a", "http://h/", 404, 1, "not there")]
    # clusters tell no bytes, and try nothing again but downloads
    for kind, size, offered in (("download", 0, True), ("download", -1, True), ("prefetch-objects", -1, False)):
        snapshot = JobSnapshot("dnl-x", kind, "finished", total=1, failed=1, bytes=size)
        assert ("%ais retry" in failure_text(snapshot, rows)) == offered
        assert ("%ais retry" in next_step(snapshot)) == offered


def test_equal_reasons_are_told_once() -> None:
    rows = missing(*(f"f-{number:02d}" for number in range(12)))
    text = failure_text(ended(12), rows)
    assert "12 of 14 files failed: f-00, f-01, f-02 and 9 more (the source answered 404). " in text
    silent = [
        JobErrorRow(f"s-{n}", f"http://h/s-{n}", 0, 5, f"'http://h/s-{n}' was not fetched: nobody answers.")
        for n in "ab"
    ]
    text = failure_text(ended(6), [*missing("a"), *silent])
    assert "6 of 14 files failed: a (the source answered 404); s-a, s-b (nobody answers); and 3 more. " in text
    text = failure_text(ended(14), rows)
    assert "14 of 14 files failed: f-00, f-01, f-02 and 11 more (of the first 12: the source answered 404). " in text


def test_how_often_a_file_was_tried_makes_no_other_reason_of_it() -> None:
    rows = [
        JobErrorRow(f"s-{tries}", "http://h/", 0, tries, f"'http://h/' was not fetched: silence (asked {tries} times).")
        for tries in (5, 6)
    ]
    assert "2 of 14 files failed: s-5, s-6 (silence). " in failure_text(ended(2), rows)


def test_what_to_do_is_told_to_scripts_too() -> None:
    absent = JobErrorRow("a", "http://h/d/a", 404, 1, f"'http://h/d/a' was not fetched: {_GONE}.")
    failed = JobSnapshot("dnl-x", "download", "finished", total=2, done=1, failed=1)
    told = (failure_text(failed, [absent]), next_step(failed), next_step(JobSnapshot("dnl-x", "download", "paused")))
    for text, calls in zip(told, (("client.ls", "job.retry()"), ("job.retry()",), ("job.resume()",)), strict=True):
        for call in calls:
            assert f"(in Python: {call})" in text
            assert call not in in_shell(text)


def test_after_a_404_the_names_are_to_be_checked_and_a_retry_is_no_way_out() -> None:
    text = failure_text(ended(2), missing("a", "b"))
    assert "Check the names against what the source lists: '%ais ls http://h/d/' (in Python: client.ls); " in text
    assert text.endswith("'%ais retry dnl-x' (in Python: job.retry()) helps only once it has them.")
    passing = [*missing("a"), JobErrorRow("b", "http://h/d/b", 503, 5, "in trouble")]
    assert failure_text(ended(2), passing).endswith("'%ais retry dnl-x' (in Python: job.retry()) tries them again.")


def test_where_the_link_is_to_be_written_otherwise_no_retry_is_offered(
    client: aisnb.Client, bucket: str, source: FaultySource
) -> None:
    source.add("/d", then=Fault(location=source.url("/d/")))
    source.add("/d/", b"<html>", then=Fault(headers={"Content-Type": "text/html"}))
    with FaultySource(b"HTTP/1.1 400 Bad Request\r\n\r\n") as plain:
        for link in (source.url("/d"), plain.url("/x").replace("http:", "https:")):
            with pytest.raises(aisnb.JobFailed, match=r"(?i)write.*start it anew with the link written so") as failed:
                client.download(link, bucket, wait=True)
            assert "retry" not in str(failed.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("s-{1..2.tar", "The brace in '{link}' is not closed, so this is one name and no template: close it."),
        ("s-*.tar", "The '*' in 's-*.tar' stands for itself: for many files write a range like {{001..010}}."),
    ],
)
def test_a_404_of_what_was_meant_for_many_files_says_so(
    client: aisnb.Client, bucket: str, source: FaultySource, name: str, told: str
) -> None:
    link = source.url(f"/{name}")
    with pytest.raises(aisnb.JobFailed) as failed:
        client.download(link, bucket, wait=True)
    assert str(failed.value).endswith(told.format(link=link))


def test_a_404_of_links_with_a_slash_too_many_says_so() -> None:
    row = JobErrorRow("a", "http://h/d//a", 404, 1, f"'http://h/d//a' was not fetched: {_GONE}.")
    text = failure_text(ended(1), [row])
    assert text.endswith(". The links have two slashes in a row, like 'http://h/d//a': leave one of them out.")
    assert "retry" not in text
