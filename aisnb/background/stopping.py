"""Ending the local node: asked first, then told, then made to."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from aisnb.background.ask import NoAnswer, ask
from aisnb.background.process import is_node_of, wait_gone
from aisnb.errors import NodeError

if TYPE_CHECKING:
    from aisnb.background.state import Running
    from aisnb.node.root import DataRoot

_ASKED_SECONDS = 10.0
_TOLD_SECONDS = 5.0


def end_process(root: DataRoot, running: Running) -> None:
    """End the node and return when its process is gone.

    Raises:
        NodeError: it cannot be ended.
    """
    try:
        ask(running, running.token, "POST", "/v1/x/stop")
        asked = True
    except NoAnswer:
        asked = False
    if asked and wait_gone(running.pid, _ASKED_SECONDS):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not is_node_of(running.pid, root.path):
            return  # it is gone, and its number belongs to somebody else
        with suppress(ProcessLookupError):
            os.kill(running.pid, number)
        if wait_gone(running.pid, _TOLD_SECONDS):
            return
    raise NodeError(f"The local node (pid {running.pid}) in {root.path} does not end. Kill it by hand.")
