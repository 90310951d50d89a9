"""What becomes of a job that was stopped: every message has the line that brings the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]

SLOW = Fault(cut=10, by="stall")


def line_in(text: str) -> str:
    """Return the words of the one download or prefetch that a message gives as a command."""
    _, _, line = text.partition("%ais start ")
    assert line, text
    line = line.partition(" (in Python")[0].partition(". See this again")[0].rstrip(".")
    return f"start {line}"


@pytest.fixture
def slow(source: FaultySource) -> FaultySource:
    """A source whose ``/d/slow-1.tar`` to ``slow-3.tar`` stop in the middle the first time."""
    for number in (1, 2, 3):
        source.add(f"/d/slow-{number}.tar", b"x" * 100, faults=[SLOW])
    return source


@pytest.mark.parametrize("flags", ["", " --description mine", " --max-conns 3 --limit-bph 1500KiB"])
@pytest.mark.parametrize(
    ("files", "place", "stored"),
    [
        ("slow-{1..3}.tar", "", ["slow-1.tar", "slow-2.tar", "slow-3.tar"]),
        ("slow-{1,2}.tar", "/in", ["in/slow-1.tar", "in/slow-2.tar"]),
        ("slow-1.tar", "/in/", ["in/slow-1.tar"]),
        ("slow-1.tar", "/other", ["other"]),
    ],
)
def test_the_line_brings_the_rest_to_where_it_was_to_go(
    ais: Run, context: Recorder, bucket: str, slow: FaultySource, files: str, place: str, stored: list[str], flags: str
) -> None:
    job = ais(f"download {slow.url('/d/')}{files} {bucket}{place}{flags}")
    assert ais(f"stop {job.id}") == f"Stopped download job {job.id}"
    texts = [context.said[-1], repr(job)]
    for words in (f"resume {job.id}", f"retry {job.id}", f"limit {job.id} --max-conns 1"):
        with pytest.raises(aisnb.UsageError) as refused:
            ais(words)
        texts.append(str(refused.value))
    with pytest.raises(aisnb.JobAborted) as aborted:
        job.wait()
    lines = {line_in(text) for text in [*texts, str(aborted.value)]}
    assert len(lines) == 1, lines
    slow.release()
    rest = ais(f"{lines.pop()} --wait")
    assert rest.limits == job.limits
    assert ais(f"ls {bucket}")["name"].tolist() == stored


def test_a_prefetch_says_its_line_too(ais: Run, context: Recorder, slow: FaultySource) -> None:
    ais(f"get {slow.add('/d/first', b'1')} -")
    hashed = str(aisnb.uris.web_bucket(slow.url("/d/first")))
    job = ais(f"start prefetch {hashed} --template 'slow-{{1..3}}.tar'")
    ais(f"stop {job.id}")
    line = line_in(context.said[-1])
    assert line == f"start prefetch {hashed} --template 'slow-{{1..3}}.tar'"
    slow.release()
    assert ais(f"{line} --wait").done == 3


def test_a_list_of_links_has_no_line_and_says_what_to_do(
    ais: Run, context: Recorder, bucket: str, slow: FaultySource
) -> None:
    links = [slow.url(f"/d/slow-{number}.tar") for number in (1, 2)]
    job = context.client().download(links, bucket)
    ais(f"stop {job.id}")
    with pytest.raises(aisnb.UsageError, match="start it again as at first; what is here already is skipped"):
        ais(f"retry {job.id}")
    slow.release()


def test_what_failed_before_the_stop_can_be_retried_and_the_rest_is_told_of(
    ais: Run, context: Recorder, bucket: str, slow: FaultySource
) -> None:
    slow.add("/d/slow-1.tar", b"", then=Fault(status=404))
    job = ais(f"download {slow.url('/d/slow-{1..3}.tar')} {bucket}")
    while not job.failed:
        job.look()
    ais(f"stop {job.id}")
    assert f"'%ais retry {job.id}' tries what failed again" in repr(job)
    assert "%ais start download" in repr(job)
    slow.add("/d/slow-1.tar", b"late")
    assert ais(f"retry {job.id} --wait").done == 1
    slow.release()


def test_a_job_that_ended_by_itself_says_that_there_is_nothing_to_resume(
    ais: Run, filled: str, context: Recorder, slow: FaultySource, tmp_path: Path
) -> None:
    job = ais(f"download {slow.url('/d/shard-1.tar')} {filled} --wait")
    with pytest.raises(aisnb.UsageError, match="it is finished"):
        ais(f"resume {job.id}")
    with pytest.raises(aisnb.UsageError, match="it is finished"):
        ais(f"pause {job.id}")
    with pytest.raises(aisnb.UsageError, match="nothing to retry"):
        ais(f"retry {job.id}")
