"""One loop in one thread serves scripts, cells and forks alike."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from aisnb import background
from aisnb.client import portal
from aisnb.settings import read_settings
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


class Work:
    """A coroutine that says how it ended, and may ask for an interrupt of the main thread once it runs."""

    def __init__(self, interrupt: bool = False) -> None:
        self.ended = ""
        self.begun = threading.Event()
        self._interrupt = interrupt

    async def __call__(self) -> None:
        self.begun.set()
        if self._interrupt:
            os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(PATIENCE)
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


def test_work_runs_in_another_thread_and_its_result_comes_back() -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert portal.run(where()) == "aisnb"


def test_an_error_of_the_work_is_raised_where_it_was_asked_for() -> None:
    async def fail() -> None:
        raise ValueError("so it goes")

    with pytest.raises(ValueError, match="so it goes"):
        portal.run(fail())


def test_an_interrupt_cancels_the_work_and_lets_it_clean_up() -> None:
    work = Work(interrupt=True)
    with pytest.raises(KeyboardInterrupt):
        portal.run(work())
    assert work.ended == "cancelled"


_INTERRUPTED = """
import asyncio, random, signal
from aisnb.client import portal

def interrupt(number, frame):
    raise KeyboardInterrupt

portal.run(asyncio.sleep(0))
signal.signal(signal.SIGALRM, interrupt)
interrupted = 0
for _ in range(20_000):
    try:
        signal.setitimer(signal.ITIMER_REAL, 1e-6 + random.random() * 3e-4)
        portal.run(asyncio.sleep(0))
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
print(interrupted)
"""


def test_an_interrupt_is_an_interrupt_at_whichever_moment_it_comes() -> None:
    """Between the two locks of a condition it came out as a RuntimeError, and ended a command with a traceback."""
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_what_fails_after_an_interrupt_is_nobodys_news(caplog: pytest.LogCaptureFixture) -> None:
    async def fail_when_cancelled() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            raise ValueError("too late")

    with pytest.raises(KeyboardInterrupt):
        portal.run(fail_when_cancelled())
    gc.collect()
    assert not caplog.messages


async def test_cancelling_the_awaiting_task_cancels_the_work() -> None:
    work = Work()
    task = asyncio.create_task(portal.arun(work()))
    while not work.begun.is_set():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while not work.ended:
        await asyncio.sleep(0.01)
    assert work.ended == "cancelled"


def test_calling_from_its_own_loop_is_refused_instead_of_hanging() -> None:
    async def nested() -> None:
        portal.run(asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="own event loop"):
        portal.run(nested())


FORK = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads, and this is one
import aisnb
client = aisnb.connect()
client.create("ais://forked")
child = os.fork()
if child == 0:
    os._exit(0 if list(client.buckets()["name"]) == ["ais://forked"] else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, list(client.buckets()["name"]))
"""

OUTLIVE = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks beside threads, and this is one
import aisnb
aisnb.connect().buckets()
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
print("ready", flush=True)
os._exit(0)
"""


def test_the_child_of_a_fork_speaks_for_itself(tmp_path: Path) -> None:
    environment = os.environ | {"AISNB_HOME": str(tmp_path / "home")}
    try:
        done = subprocess.run(
            [sys.executable, "-c", FORK], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert (done.stdout.strip(), done.stderr) == ("0 ['ais://forked']", "")
    finally:
        background.stop(read_settings(environment))


def test_the_child_of_a_fork_does_not_hold_its_parents_lease(tmp_path: Path) -> None:
    environment = os.environ | {"AISNB_HOME": str(tmp_path / "home")}
    settings = read_settings(environment)
    parent = subprocess.Popen(
        [sys.executable, "-c", OUTLIVE], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    try:
        assert parent.stdout.readline() == "ready\n"
        assert parent.wait(PATIENCE) == 0  # its child lives on, until stdin ends
        deadline = time.monotonic() + PATIENCE
        while background.status(settings).leases:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        parent.stdin.close()
        parent.stdout.close()
        background.stop(settings)
