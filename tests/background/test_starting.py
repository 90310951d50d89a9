"""The local node is found, or started, whatever lies in the data root."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aisnb import background
from aisnb.background.launch import launch
from aisnb.errors import NodeError, NodeLocked
from aisnb.node.root import DataRoot
from aisnb.settings import read_settings
from aisnb.version import __version__
from tests.support import sources
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from aisnb.settings import Settings

ENSURE = "from aisnb import background, settings; print(background.ensure(settings.read_settings()).pid)"


def process(settings: Settings, code: str = ENSURE, **variables: str) -> subprocess.Popen[str]:
    """Run a Python process on the data root."""
    environment = os.environ | {"AISNB_HOME": str(settings.home), "AISNB_IDLE": f"{settings.idle:g}"} | variables
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def write_node_file(settings: Settings, **facts: object) -> None:
    settings.home.mkdir(exist_ok=True)
    node = {"host": socket.gethostname(), "pid": os.getpid(), "endpoint": "http://127.0.0.1:9", "version": __version__}
    DataRoot(settings.home).node_file.write_text(json.dumps(node | facts))


def test_looking_starts_nothing(settings: Settings) -> None:
    state = background.status(settings)
    assert (state.running, state.endpoint, state.pid) == (False, None, None)
    assert state.root == settings.home
    assert state.free_bytes > 0
    assert not settings.home.exists()
    assert "No node runs" in repr(state)


def test_a_node_that_runs_is_found_and_not_started_again(settings: Settings) -> None:
    running = background.ensure(settings)
    assert background.ensure(settings) == running
    state = background.status(settings)
    assert (state.running, state.endpoint, state.pid) == (True, running.endpoint, running.pid)
    assert json.loads(state.token_file.read_text()) == {"token": running.token}
    assert state.token_file.stat().st_mode & 0o777 == 0o600
    assert running.endpoint in repr(state)


def test_four_processes_that_start_at_once_share_one_node(settings: Settings) -> None:
    racers = [process(settings) for _ in range(4)]
    said = [racer.communicate(timeout=PATIENCE)[0].strip() for racer in racers]
    state = background.status(settings)
    assert said == [str(state.pid)] * 4


def test_the_node_holds_no_pipe_of_the_process_that_started_it(settings: Settings) -> None:
    said, _ = process(settings).communicate(timeout=PATIENCE)  # ends only when nobody holds the pipe
    assert background.status(settings).pid == int(said)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_node_gets_no_token_of_a_cluster_and_no_descriptor(settings: Settings) -> None:
    said, _ = process(settings, AIS_AUTHN_TOKEN="of-the-cluster").communicate(timeout=PATIENCE)
    assert b"of-the-cluster" not in Path(f"/proc/{said.strip()}/environ").read_bytes()
    assert os.readlink(f"/proc/{said.strip()}/fd/0") == os.devnull
    assert os.readlink(f"/proc/{said.strip()}/fd/1") == str(DataRoot(settings.home).log_file)


def test_what_a_dead_node_left_behind_is_not_believed(settings: Settings) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_node_file(settings, pid=ended.pid)
    assert not background.status(settings).running
    assert background.ensure(settings).pid != ended.pid


def test_a_stranger_on_the_old_port_is_not_taken_for_the_node(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    with sources.python_server(tmp_path / "files") as url:
        write_node_file(settings, endpoint=url.rstrip("/"))
        assert not background.status(settings).running
        running = background.ensure(settings)
    assert running.endpoint != url.rstrip("/")
    assert background.status(settings).pid == running.pid


def test_a_killed_node_is_started_again_at_the_same_address_with_the_same_token(settings: Settings) -> None:
    before = background.ensure(settings)
    os.kill(before.pid, signal.SIGKILL)
    after = background.ensure(settings)
    assert after.pid != before.pid
    assert (after.endpoint, after.token) == (before.endpoint, before.token)


def test_a_damaged_token_file_is_replaced_though_the_node_runs(settings: Settings) -> None:
    before = background.ensure(settings)
    DataRoot(settings.home).token_file.write_text("{ not json")
    after = background.ensure(settings)
    assert after.token not in ("", before.token)
    assert background.status(settings).running


def test_a_root_that_another_machine_holds_is_an_error_that_names_the_variable(settings: Settings) -> None:
    write_node_file(settings, host="elsewhere.example")
    lock = DataRoot(settings.home).lock()
    try:
        with pytest.raises(NodeLocked, match=r"elsewhere\.example.*AISNB_HOME"):
            background.ensure(settings)
        with pytest.raises(NodeLocked, match=r"elsewhere\.example"):
            background.stop(settings)
    finally:
        lock.release()


def test_a_root_that_cannot_be_made_is_an_error_that_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = read_settings({"AISNB_HOME": str(tmp_path / "file")})
    with pytest.raises(NodeError, match="AISNB_HOME"):
        background.ensure(settings)


def test_a_node_that_cannot_start_shows_the_end_of_its_log(settings: Settings) -> None:
    with pytest.raises(NodeError, match=r"(?s)status 2.*node\.log.*no-such-word"):
        launch(settings, ["--no-such-word"])


def test_a_node_of_another_version_is_replaced_when_it_has_nothing_to_do(settings: Settings) -> None:
    code = (
        "import runpy, sys, aisnb.version as version; version.__version__ = '0.0.1'\n"
        f"sys.argv = ['aisnb.node', '--root', {str(settings.home)!r}, '--idle', '30']\n"
        "runpy.run_module('aisnb.node', run_name='__main__')"
    )
    DataRoot(settings.home).prepare()
    old = process(settings, code)
    deadline = time.monotonic() + PATIENCE
    while not background.status(settings).running:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert background.status(settings).version == "0.0.1"
    running = background.ensure(settings)
    assert running.version == __version__
    assert old.wait(PATIENCE) == 0
    assert old.stdout is not None
    old.stdout.close()
