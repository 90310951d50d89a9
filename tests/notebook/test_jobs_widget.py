"""The table of jobs without a browser: what it shows, what its buttons and sliders do, and that it ends."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from ipywidgets.widgets.widget import _instances

import aisnb
from aisnb.client import portal
from aisnb.client.job_pages import JobPages
from aisnb.notebook.jobs import JobBoard
from aisnb.notebook.jobs.details import possible_for
from aisnb.notebook.jobs.limits import LimitSliders
from aisnb.notebook.jobs.rows import row
from aisnb.notebook.jobs.table import ROWS
from aisnb.notebook.jobs.watch import Watch
from aisnb.notebook.progress import WIDGET_VIEW
from aisnb.protocol.downloads import Limits
from aisnb.protocol.extension import JobQuery, JobSnapshot
from tests.client.cluster import Proxy
from tests.notebook.test_forms import find, inside, said, wait_until
from tests.support.faulty import Fault, FaultySource
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aisnb.client.job_pages import Look
    from tests.notebook.kernels import Kernel

ODD = "<script>alert(1)</script>\u202e'\"&amp;"
COUNT_TASKS = (
    "import asyncio; from aisnb.client import portal; "
    "sum('_look_on' in repr(task) for task in asyncio.all_tasks(portal.current().loop))"
)


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as source:
        source.add("/slow", b"x" * 300_000)
        yield source
        source.release()


@pytest.fixture
def client() -> Iterator[aisnb.Client]:
    with aisnb.connect() as client:
        yield client


@pytest.fixture
def bucket() -> str:
    return f"ais://b-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def slow(client: aisnb.Client, source: FaultySource, bucket: str) -> Iterator[aisnb.Job]:
    """A job that would take a day."""
    job = client.download(source.url("/slow"), bucket, bytes_per_hour=3_600)
    yield job
    job.stop()


@pytest.fixture
def board() -> Iterator[Callable[..., JobBoard]]:
    """Make a table that looks at jobs, as one does that a page shows."""
    made = list[JobBoard]()

    def make(choice: str = "all", match: str = "") -> JobBoard:
        made.append(aisnb.jobs_widget(choice, match))
        portal.run(made[-1]._begin())
        return made[-1]

    yield make
    for each in made:
        each.close()


def ids(board: JobBoard) -> list[str]:
    """Return the jobs that are shown."""
    return [each.description for each in board._table.box.children if type(each).__name__ == "Button"]


def test_a_page_is_shown_of_any_number_of_jobs(
    client: aisnb.Client, source: FaultySource, bucket: str, board: Callable[..., JobBoard]
) -> None:
    jobs = [client.download(source.url(f"/{number}"), bucket, description=f"{bucket} {number}") for number in range(45)]
    expected = [job.id for job in reversed(jobs)]
    table = board(match=bucket)
    wait_until(lambda: ids(table) == expected[:ROWS])
    before = len(list(inside(table._box)))
    find(table, "Older ›").click()
    wait_until(lambda: ids(table) == expected[ROWS : 2 * ROWS])
    assert "21–40 of 45 jobs" in said(table)
    find(table, "Older ›").click()
    wait_until(lambda: ids(table) == expected[2 * ROWS :])
    assert find(table, "Older ›").disabled
    find(table, "‹ Newer").click()
    wait_until(lambda: ids(table) == expected[ROWS : 2 * ROWS])
    assert len(list(inside(table._box))) == before
    find(table, "Find").value = f"{bucket} 44"
    wait_until(lambda: ids(table) == expected[:1])
    find(table, "Show").value = "paused"
    wait_until(lambda: "No job is like that" in said(table))
    find(table, "Find").value = f"\ud800{'x' * 2_000}"
    find(table, "Show").value = "all"
    find(table, "Find").value = f"{bucket} 1"
    wait_until(lambda: len(ids(table)) == 11)


def test_buttons_do_what_they_say_and_only_where_they_can(
    slow: aisnb.Job, bucket: str, board: Callable[..., JobBoard]
) -> None:
    table = board(match=bucket)

    def possible() -> set[str]:
        return {label for label in ("Pause", "Resume", "Stop", "Retry failed") if not find(table, label).disabled}

    wait_until(lambda: possible() == {"Pause", "Stop"})
    find(table, "Pause").click()
    wait_until(lambda: possible() == {"Resume", "Stop"})
    wait_until(lambda: slow.state == "paused")
    find(table, "Resume").click()
    wait_until(lambda: possible() == {"Pause", "Stop"})
    find(table, "Stop").click()
    wait_until(lambda: possible() == set())
    assert "aborted" in said(table)
    assert re.search(rf"what is here already is skipped: %ais start download \S+/slow {bucket}/slow", said(table))


def test_what_failed_is_a_table_and_is_tried_again(
    client: aisnb.Client, source: FaultySource, bucket: str, board: Callable[..., JobBoard]
) -> None:
    job = client.download(source.url("/m-{01..13}"), bucket)
    table = board(match=bucket)
    wait_until(lambda: "1–10 of 13 failed files" in said(table) and "m-10" in said(table))
    find(table, "Next ›").click()
    wait_until(lambda: "11–13 of 13 failed files" in said(table) and "<bdi>m-13</bdi>" in said(table))
    source.add("/m-01", b"xx", faults=[Fault(cut=1, by="stall")])
    wait_until(lambda: not find(table, "Retry failed").disabled)
    find(table, "Retry failed").click()
    wait_until(lambda: f"tries again what failed in {job.id}" in said(table))
    wait_until(lambda: len(ids(table)) == 2 and "12 failed files" in said(table))
    find(table, "Stop").click()
    wait_until(lambda: "aborted" in said(table))
    wait_until(lambda: "tries again" not in said(table))


def test_sliders_change_the_limits_and_quick_moves_all_count(
    slow: aisnb.Job, bucket: str, board: Callable[..., JobBoard]
) -> None:
    table = board(match=bucket)
    wait_until(lambda: "1B/s at most, as many connections as the node likes" in said(table))
    for count in (1, 2, 3, 4):
        find(table, "Connections").value = count
    wait_until(lambda: "1B/s at most, 4 connections" in said(table))
    assert find(table, "Connections").value == 4
    slow.limit(connections=2)  # somebody else
    wait_until(lambda: find(table, "Connections").value == 2)
    find(table, "Speed limit").value = 0
    wait_until(lambda: "The job has ended. It had no limit of speed, 2 connections." in said(table))
    assert find(table, "Speed limit").disabled
    find(table, "Speed limit").value = 1024  # as a page might that has not heard of the end yet
    wait_until(lambda: "cannot be limited" in said(table) and find(table, "Speed limit").value == 0)


def test_a_clusters_jobs_say_that_their_limits_cannot_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: FaultySource, board: Callable[..., JobBoard]
) -> None:
    source.add("/stalls", b"xx", faults=[Fault(cut=1, by="stall")])
    with running_node(tmp_path / "home") as target, Proxy(target.endpoint) as proxy:
        monkeypatch.setenv("AIS_ENDPOINT", proxy.url)
        monkeypatch.setenv("AIS_AUTHN_TOKEN", target.token)
        with aisnb.connect() as away:
            job = away.download(source.url("/stalls"), "ais://far", relay="never")
            table = board(match=job.id)
            wait_until(lambda: "cannot be changed on this cluster" in said(table))
            assert find(table, "Speed limit").disabled
            assert find(table, "Connections").disabled
            assert find(table, "Pause").disabled
            find(table, "Stop").click()
            wait_until(lambda: "aborted" in said(table))
            proxy.down = True
            wait_until(lambda: 'role="alert"' in said(table))
        table.close()


def test_a_job_that_is_removed_is_said_and_odd_names_are_text(
    client: aisnb.Client, source: FaultySource, bucket: str, board: Callable[..., JobBoard]
) -> None:
    job = client.download([source.url("/x")], bucket, object_names=[ODD], description=f"{ODD} {bucket}")
    table = board(match=bucket)
    wait_until(lambda: "&lt;script&gt;" in table._details._errors._table.value)
    assert "<script" not in said(table)
    assert "\u202e" not in said(table)
    client.forget(job.id)
    wait_until(lambda: f"Job {job.id} is not on the list any more" in said(table) and ids(table) == [])
    assert table._details.box.layout.display == "none"


def test_a_node_that_stops_is_said_and_stays_stopped_until_somebody_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: Callable[..., JobBoard]
) -> None:
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    with running_node(tmp_path / "home"):
        table = board()
        wait_until(lambda: "No jobs yet" in said(table))
    wait_until(lambda: "The local node is not running" in said(table))
    with running_node(tmp_path / "home"):
        wait_until(lambda: "No jobs yet" in said(table))
    wait_until(lambda: "The local node is not running" in said(table))
    assert not aisnb.node_status().running
    table.close()


def test_a_closed_table_looks_no_more_and_leaves_nothing(slow: aisnb.Job, board: Callable[..., JobBoard]) -> None:
    def tasks() -> int:
        return sum("_look_on" in repr(task) for task in asyncio.all_tasks(portal.current().loop))

    before = set(_instances)
    first, second = board(), board()
    wait_until(lambda: first._watch.is_on and second._watch.is_on)
    for _ in range(2):
        first.close()
    second._box.close()  # as ipywidgets' own close_all does
    wait_until(lambda: tasks() == 0)
    assert set(_instances) <= before
    assert slow.id in repr(first)
    assert first.view() == {}


def test_jobs_that_change_all_the_time_are_looked_at_ten_times_a_second_at_most(
    client: aisnb.Client, source: FaultySource, bucket: str
) -> None:
    source.add("/drips", b"x" * 200_000, then=Fault(drip=10))
    client.download(source.url("/drips"), bucket)
    times = list[float]()

    class Display:
        def show(self, _look: Look) -> None:
            times.append(time.monotonic())

        def show_trouble(self, text: str) -> None:
            raise AssertionError(text)

    async def begin() -> Watch:
        watch = Watch(JobPages(), JobQuery(), Display())
        await watch._pages.look(JobQuery(), start=True)
        for offset in range(20):  # somebody turns pages like mad
            watch.ask(offset=offset)
        watch.ask(offset=0)
        return watch

    watch = portal.run(begin())
    wait_until(lambda: len(times) > 5)
    portal.run(watch.close())
    begun = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert sum(begun) >= 0.09 * len(begun)


def test_a_choice_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(aisnb.UsageError, match="no choice 'some' of jobs"):
        aisnb.jobs_widget("some")


def test_without_a_kernel_the_table_is_text(cell: Callable[[str], Any], slow: aisnb.Job) -> None:
    found = cell("%ais jobs")
    assert type(found) is pd.DataFrame
    table = cell("import aisnb\naisnb.jobs_widget()")
    assert slow.id in repr(table)
    assert set(table._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_a_kernel_shows_widgets_beside_the_text_and_has_a_dataframe_as_value(
    new_kernel: Callable[[], Kernel], slow: aisnb.Job
) -> None:
    kernel = new_kernel()
    kernel.run("%load_ext aisnb")
    for _ in range(3):
        (shown,) = kernel.run("%ais jobs").of_type("execute_result")
        assert set(shown["data"]) == {"text/plain", "text/html", WIDGET_VIEW}
        assert slow.id in shown["data"]["text/plain"]
    assert kernel.run(COUNT_TASKS).value == "1"
    assert (
        kernel.run("df = %ais jobs\ntype(df.head(1)).__mro__[0].__name__, len(df) > 0").value == "('DataFrame', True)"
    )
    (shown,) = kernel.run("df.head(1)").of_type("execute_result")
    assert set(shown["data"]) == {"text/plain", "text/html"}
    for quiet in ("%ais jobs --regex .", "import os; os.environ['AISNB_PROGRESS'] = 'text'\n%ais jobs"):
        (shown,) = kernel.run(quiet).of_type("execute_result")
        assert set(shown["data"]) == {"text/plain", "text/html"}


def snapshot(**values: Any) -> JobSnapshot:
    return JobSnapshot("dnl-x", "download", **{"state": "running", **values})


def test_a_row_shows_what_is_known() -> None:
    known = row(snapshot(total=4, done=1, total_bytes=400, bytes=100, rate=10.0, description="a -> b"))
    assert "width: 25.0%" in known
    assert ">10B/s<" in known.replace("<bdi>", "").replace("</bdi>", "")
    assert "0:30" in known
    assert 'aria-label="dnl-x: running, 1 of 4 files' in known
    unknown = row(snapshot(total=-1, done=7, bytes=-1, rate=-1.0, skipped=-1, failed=-1))
    assert "progress-bar" not in unknown
    assert "B/s" not in unknown
    assert "0B" not in unknown


def test_a_row_says_first_that_all_failed() -> None:
    nothing = row(snapshot(state="finished", total=5, done=0, failed=5, description="a -> b"))
    assert "width: 0.0%" in nothing
    assert re.search(r"error-color.*<bdi>all 5 failed</bdi></b> · <bdi>a</bdi>.*<bdi>-&gt; b</bdi>", nothing)
    assert 'aria-label="dnl-x: finished, all failed, 0 of 5 files' in nothing
    some = row(snapshot(state="finished", total=5, done=3, failed=2, description="a -> b"))
    assert "<bdi>-&gt; b · 2 failed</bdi>" in some


def test_a_row_does_not_say_by_a_colour_alone_that_files_failed() -> None:
    marks = [row(snapshot(state="finished", total=5, done=5 - failed, failed=failed)) for failed in (0, 2, 5)]
    assert ["✕" in mark for mark in marks] == [False, True, True]
    assert ["●" in mark for mark in marks] == [True, False, False]


def test_what_can_be_done_depends_on_the_state_and_on_whose_job_it_is() -> None:
    assert possible_for(snapshot(), of_cluster=False) == {"pause", "stop"}
    assert possible_for(snapshot(state="paused", failed=1), of_cluster=False) == {"resume", "stop"}
    assert possible_for(snapshot(state="finished", failed=1), of_cluster=False) == {"retry"}
    assert possible_for(snapshot(state="finished", failed=1), of_cluster=True) == set()
    assert possible_for(snapshot(), of_cluster=True) == {"stop"}


def test_where_the_slider_cannot_stand_is_said() -> None:
    sliders = LimitSliders(lambda limits: None)

    async def shown(limits: Limits) -> str:
        sliders.show(snapshot(limits=limits), of_cluster=False)
        return str(sliders.box.children[-1].value)

    between = portal.run(shown(Limits(5, 3_600 * 11_111)))
    assert "Now 10.85KiB/s at most, 5 connections; the sliders stand at the nearest step." in between
    assert "nearest" not in portal.run(shown(Limits(5, 3_600 * 2**20)))
