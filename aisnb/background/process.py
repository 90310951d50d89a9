"""The node as a process: born with nothing of ours, looked at, and sent away."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisnb.node.root import DataRoot
    from aisnb.settings import Settings

_TICK = 0.05
_OWN_VARIABLES = ("AIS_AUTHN_TOKEN", "AIS_AUTHN_TOKEN_FILE", "AIS_ENDPOINT")


def spawn(settings: Settings, root: DataRoot, options: list[str]) -> subprocess.Popen[bytes]:
    """Start a node: its own session, nothing on stdin, its words in the log, no descriptor and no token of ours.

    A thread waits for it, so that it never stays a zombie of this process.
    """
    words = ["--root", str(root.path), "--idle", f"{settings.idle:g}", *options]
    environment = {name: value for name, value in os.environ.items() if name not in _OWN_VARIABLES}
    with root.log_file.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "aisnb.node", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=root.path,
            env=environment,
            close_fds=True,
            start_new_session=True,
        )
    threading.Thread(target=child.wait, name=f"aisnb-node-{child.pid}", daemon=True).start()
    return child


def is_alive(pid: int) -> bool:
    """Return whether the process exists and is no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return not Path("/proc/self/stat").exists()


def is_node_of(pid: int, root: Path) -> bool:
    """Return whether the process is a node of this data root, by the words that it was started with."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        shown = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return "aisnb.node" in shown.stdout and str(root) in shown.stdout
    return "aisnb.node" in words and str(root) in words


def wait_gone(pid: int, seconds: float) -> bool:
    """Return whether the process ended within `seconds`."""
    end = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(_TICK)
    return True
