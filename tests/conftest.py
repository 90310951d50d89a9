"""A data root of its own for each test worker, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from aisnb import background
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OTHERS = (
    "AIS_ENDPOINT",
    "AIS_AUTHN_TOKEN",
    "AIS_AUTHN_TOKEN_FILE",
    "AIS_CLIENT_CA",
    "AIS_CRT",
    "AIS_CRT_KEY",
    "AIS_SKIP_VERIFY_CRT",
    "AISNB_PROGRESS",
)
_ENDING_SECONDS = 30.0

# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def signals() -> None:
    """Undo what a shell does to a run in the background (``nohup``, ``&``): our processes would inherit deafness."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """This worker's data root, named in the environment. At the end its node is stopped and no child is left."""
    root = tmp_path_factory.mktemp("aisnb") / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name in _OTHERS:
            patch.delenv(name, raising=False)
        patch.setenv("AISNB_HOME", str(root))
        patch.setenv("AISNB_IDLE", "30")
        patch.setenv("XDG_CONFIG_HOME", str(root.parent / "config"))
        yield root
        background.stop(read_settings())
    assert _left_behind(str(tmp_path_factory.getbasetemp())) == []


def _left_behind(folder: str) -> list[str]:
    """Return the commands of our processes that still work below `folder`, once they had time to end."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while (found := _commands(folder)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _commands(folder: str) -> list[str]:
    shown = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in shown.stdout.splitlines()]
    ours = [line for line in lines if "aisnb." in line and folder in line]
    return [line for line in ours if int(line.split()[0]) != os.getpid()]
