"""Progress is shown by whoever is set to, and always ends with a line that can be read later."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import pytest

import aisnb
from aisnb.client import portal
from aisnb.client.painters import LinePainter, SilentPainter, TerminalPainter
from aisnb.client.progress import painter_for, show, use_painter, watch
from aisnb.client.snapshots import amounts, final_line, limits_text, next_step, status_line
from aisnb.protocol.downloads import Limits
from aisnb.protocol.extension import FileProgress, JobSnapshot
from tests.support.faulty import Fault
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faulty import FaultySource

SECOND = 1_000_000_000


class Recorder:
    """A painter that keeps what it was told, and may interrupt the main thread at its first paint."""

    def __init__(self, interrupt: bool = False) -> None:
        self.painted: list[JobSnapshot] = []
        self.times: list[float] = []
        self.closed: list[JobSnapshot] = []
        self._interrupt = interrupt

    def update(self, snapshot: JobSnapshot) -> None:
        self.painted.append(snapshot)
        self.times.append(time.monotonic())
        if self._interrupt:
            self._interrupt = False
            os.kill(os.getpid(), signal.SIGINT)

    def close(self, snapshot: JobSnapshot) -> None:
        self.closed.append(snapshot)
        sys.stderr.write("closed\n")


@pytest.fixture
def hook() -> Iterator[None]:
    yield
    use_painter(None)


def test_a_watched_job_is_painted_and_the_display_closed_with_its_end(
    client: aisnb.Client, bucket: str, source: FaultySource, hook: None
) -> None:
    recorder = Recorder()
    use_painter(lambda job: recorder)
    for number in range(1, 4):
        source.add(f"/p-{number}", b"x" * 300_000, then=Fault(drip=30_000))
    job = client.download(source.url("/p-{1..3}"), bucket)
    assert watch(job) is job
    assert [snapshot.state for snapshot in recorder.closed] == ["finished"]
    assert recorder.closed[0].bytes == 900_000
    gaps = [later - sooner for sooner, later in zip(recorder.times, recorder.times[1:], strict=False)]
    assert all(gap >= 0.09 for gap in gaps)  # at most ten paints a second


def test_a_display_in_the_background_returns_at_once_and_closes_itself(
    client: aisnb.Client, bucket: str, source: FaultySource, hook: None
) -> None:
    recorder = Recorder()
    use_painter(lambda job: recorder)
    source.add("/q", b"x" * 1000, etag='"1"', faults=[Fault(cut=100, by="stall")])
    job = client.download(source.url("/q"), bucket)
    job.progress()
    assert not recorder.closed
    source.release()
    job.wait()
    deadline = time.monotonic() + PATIENCE
    while not recorder.closed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert recorder.closed[0].done == 1


def test_an_interrupt_closes_the_display_and_leaves_the_job_running(
    client: aisnb.Client, bucket: str, source: FaultySource, hook: None, capfd: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder(interrupt=True)
    use_painter(lambda job: recorder)
    source.add("/r", b"x" * 1000, etag='"1"', faults=[Fault(cut=100, by="stall")])
    job = client.download(source.url("/r"), bucket)
    with pytest.raises(KeyboardInterrupt):
        watch(job)
    assert len(recorder.closed) == 1
    # a note that came amid the bars would garble them
    assert (
        f"closed\nJob {job.id} goes on. Stop it with: %ais stop {job.id} (in Python: job.stop())\n"
        in capfd.readouterr().err
    )
    assert job.state in ("pending", "running")
    source.release()
    assert job.wait().done == 1


def test_a_display_in_the_background_that_ends_first_leaves_it_to_waits_to_say_that_the_job_goes_on(
    client: aisnb.Client, bucket: str, source: FaultySource, capfd: pytest.CaptureFixture[str]
) -> None:
    recorder = Recorder()
    source.add("/u", b"x" * 1000, etag='"1"', faults=[Fault(cut=100, by="stall")])
    job = client.download(source.url("/u"), bucket)

    async def end_early() -> None:
        display = asyncio.create_task(show(job, recorder))
        await asyncio.sleep(0.5)
        display.cancel()
        await asyncio.wait([display])

    portal.run(end_early())
    assert len(recorder.closed) == 1
    assert "Stop it with" not in capfd.readouterr().err
    source.release()
    job.wait()


def test_a_watch_that_is_too_short_says_so(client: aisnb.Client, bucket: str, source: FaultySource, hook: None) -> None:
    use_painter(lambda job: Recorder())
    source.add("/t", b"x" * 1000, etag='"1"', faults=[Fault(cut=100, by="stall")])
    job = client.download(source.url("/t"), bucket)
    with pytest.raises(aisnb.JobTimeout):
        watch(job, timeout=0.3)
    source.release()
    job.wait()


def test_a_watched_job_that_failed_raises_after_its_last_paint(
    client: aisnb.Client, bucket: str, source: FaultySource, capfd: pytest.CaptureFixture[str]
) -> None:
    job = client.download(source.url("/missing-{1..2}"), bucket)
    with pytest.raises(aisnb.JobFailed, match="2 of 2 files failed"):
        watch(job)
    assert re.search(rf"{job.id}: nothing done in \d:\d\d \(2 failed\)\n$", capfd.readouterr().err)


def test_the_environment_chooses_who_paints(monkeypatch: pytest.MonkeyPatch, hook: None) -> None:
    job: aisnb.Job = aisnb.Job(None, JobSnapshot("dnl-x", "download", "finished"))  # type: ignore[arg-type]  # never asked
    recorder = Recorder()
    use_painter(lambda job: recorder)
    assert painter_for(job) is recorder
    monkeypatch.setenv("AISNB_PROGRESS", "off")
    assert isinstance(painter_for(job), SilentPainter)
    monkeypatch.setenv("AISNB_PROGRESS", "text")
    assert isinstance(painter_for(job), LinePainter)
    monkeypatch.setenv("AISNB_PROGRESS", "dancing")
    with pytest.raises(aisnb.UsageError, match="AISNB_PROGRESS is 'dancing'"):
        painter_for(job)


def test_a_terminal_that_is_its_user_s_again_gets_lines_instead_of_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    job: aisnb.Job = aisnb.Job(None, JobSnapshot("dnl-x", "download", "running"))  # type: ignore[arg-type]  # never asked
    leader, follower = pty.openpty()
    with os.fdopen(leader), os.fdopen(follower, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert isinstance(painter_for(job), TerminalPainter)
        assert isinstance(painter_for(job, alone=True), LinePainter)


def test_a_log_says_nothing_again(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aisnb.client.painters._LINE_SECONDS", 0.0)
    painter = LinePainter()
    snapshot = JobSnapshot("dnl-x", "download", "paused", total=4, done=1, bytes=10)
    for done in (1, 1, 2, 2):
        painter.update(msgspec.structs.replace(snapshot, done=done))
    painter.close(snapshot)
    first, second, last = capsys.readouterr().err.splitlines()
    assert first == "dnl-x: paused, 1 of 4 files, 10B; '%ais resume dnl-x' lets it go on"
    assert "2 of 4 files" in second
    assert last == "dnl-x: 1 file, 10B in 0:00, then it was paused; '%ais resume dnl-x' lets it go on"


@pytest.mark.parametrize(
    ("state", "failed", "said"),
    [
        ("running", 0, ["Watch it with: %ais show job dnl-x --progress"]),
        ("paused", 0, ["To go on: %ais resume dnl-x", "%ais show job dnl-x --progress"]),
        ("finished", 0, ["See this again with: %ais show job dnl-x --progress"]),
        ("finished", 1, ["'%ais retry dnl-x' tries what failed again", "%ais show job dnl-x --progress"]),
        ("aborted", 0, ["See this again with: %ais show job dnl-x --progress"]),
    ],
)
def test_what_to_do_next_fits_the_state_of_the_job(state: str, failed: int, said: list[str]) -> None:
    step = next_step(JobSnapshot("dnl-x", "download", state, total=1, failed=failed))
    assert all(each in step for each in said)
    assert ("Watch it" in step) == (state == "running")


def test_limits_in_words() -> None:
    assert limits_text(Limits(1, 3_600 * 2**20)) == "1.00MiB/s at most, 1 connection"
    assert limits_text(Limits()) == "no limit of speed, as many connections as the node likes"


def test_the_last_line_tells_files_bytes_time_and_what_went_wrong() -> None:
    snapshot = JobSnapshot(
        "dnl-x", "download", "finished", total=1001, done=999, skipped=3, failed=2, bytes=130_946_171,
        started_ns=SECOND, ended_ns=4 * SECOND,
    )  # fmt: skip
    assert final_line(snapshot) == "dnl-x: 999 files, 124.88MiB in 0:03 (3 skipped, 2 failed)"


def test_bytes_that_were_here_already_are_not_told_as_brought() -> None:
    snapshot = JobSnapshot(
        "dnl-x", "download", "finished", total=999, done=999, skipped=999, bytes=130_946_171, total_bytes=130_946_171,
        started_ns=SECOND, ended_ns=2 * SECOND,
    )  # fmt: skip
    assert final_line(snapshot) == "dnl-x: 999 files, 124.88MiB here already, in 0:01 (999 skipped)"
    assert status_line(snapshot) == "dnl-x: finished, 999 of 999 files, 124.88MiB here already, 999 skipped"
    snapshot.skipped = 998
    assert "already" not in final_line(snapshot) + status_line(snapshot)


def test_a_job_that_brought_nothing_is_told_from_one_that_brought_all_at_a_glance() -> None:
    def ended(done: int, failed: int) -> JobSnapshot:
        return JobSnapshot("dnl-x", "download", "finished", total=5, done=done, failed=failed, bytes=done)

    assert status_line(ended(0, 5)) == "dnl-x: finished, all failed, 0 of 5 files, 0B, 5 failed"
    assert status_line(ended(3, 2)) == "dnl-x: finished, 3 of 5 files, 3B, 2 failed"
    assert final_line(ended(0, 5)) == "dnl-x: nothing done in 0:00 (5 failed)"
    # the bar shows what is there, not what was tried
    assert [amounts(ended(done, 5 - done)) for done in (0, 3, 5)] == [(0, 5), (3, 5), (5, 5)]


def test_a_terminal_gets_bars_and_then_the_last_line() -> None:
    stream = io.StringIO()
    painter = TerminalPainter(stream)
    flying = [FileProgress("shard-001.tar", 50, 100), FileProgress("shard-002.tar", 0, None)]
    snapshot = JobSnapshot(
        "dnl-x", "download", "running", total=4, done=1, bytes=150, total_bytes=400, rate=50.0,
        started_ns=time.time_ns() - SECOND, in_flight=flying,
    )  # fmt: skip
    painter.update(snapshot)
    snapshot.in_flight = []
    painter.update(snapshot)
    assert "dnl-x:  38%" in stream.getvalue()
    assert "1 of 4 files, 150B of 400B, 50B/s, 0:05 left" in stream.getvalue()
    assert "shard-001.tar:  50%" in stream.getvalue()
    painter.close(snapshot)
    assert stream.getvalue().endswith("dnl-x: 1 file, 150B in 0:01 so far\n")


def read_all(leader: int) -> str:
    """Return what a terminal was told until its last writer ended, and close it."""
    said = b""
    with suppress(OSError):  # Linux says so at the end of a terminal
        while piece := os.read(leader, 65536):
            said += piece
    os.close(leader)
    return said.decode()


def test_bars_leave_room_for_a_ctrl_c_and_nothing_of_it_stays_behind() -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (10, 100))
    with os.fdopen(follower, "w") as terminal:
        painter = TerminalPainter(terminal)
        snapshot = JobSnapshot("dnl-x", "download", "running", total=4, done=1, bytes=150, total_bytes=400)
        painter.update(snapshot)
        painter.close(snapshot)
    said = read_all(leader)
    assert max(len(line) for line in said.split("\r") if "%|" in line) == 100 - len("^C ")
    assert "\r\x1b[Jdnl-x: 1 file, 150B in 0:00 so far" in said


def test_a_real_terminal_is_recognized(shards: Path, bucket: str) -> None:
    code = (
        "import sys, aisnb\nfrom aisnb.client.progress import watch\n"
        f"server = aisnb.serve({str(shards)!r})\n"
        f"watch(aisnb.connect().download(server.url + 'shard-{{000..009}}.tar', {bucket!r}))\nserver.stop()\n"
    )
    leader, follower = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", code], stderr=follower) as process:
        os.close(follower)
        said = read_all(leader)
    assert process.returncode == 0
    assert re.search(r"dnl-\w+: 10 files, 43.96KiB in \d:\d\d\r\n$", said)
