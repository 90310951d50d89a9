"""The local node ends when it is told to, or when nobody uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from aisnb import background
from aisnb.background.process import is_alive
from aisnb.settings import read_settings
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aisnb.settings import Settings


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_stopping_returns_when_the_process_is_gone_and_twice_is_harmless(settings: Settings) -> None:
    running = background.ensure(settings)
    assert background.stop(settings)
    assert not is_alive(running.pid)
    assert not background.stop(settings)
    assert not background.status(settings).running


def test_a_started_node_is_kept_and_a_new_token_replaces_the_old(settings: Settings) -> None:
    first = background.start(settings)
    assert background.status(settings).keep
    second = background.start(settings, new_token=True)
    assert second.token != first.token
    assert second.endpoint == first.endpoint
    assert background.status(settings).running


def test_a_check_of_an_empty_root_finds_nothing_wrong(settings: Settings) -> None:
    found = background.fsck(settings)
    assert (found.objects, found.wrong) == (0, [])


def test_a_node_ends_by_itself_when_its_user_is_gone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = os.environ | {"AISNB_HOME": str(home), "AISNB_IDLE": "1"}
    code = "import aisnb; aisnb.connect().buckets(); print(aisnb.node_status().pid, aisnb.node_status().leases)"
    user = subprocess.run(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE
    )
    pid, leases = map(int, user.stdout.split())
    assert leases == 1
    wait_until(lambda: not is_alive(pid))
    assert not background.status(read_settings({"AISNB_HOME": str(home)})).running
