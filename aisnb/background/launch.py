"""Finding the local node, and starting it if there is none."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from aisnb.background.ask import NoAnswer, ask_status
from aisnb.background.log import log_size, log_tail
from aisnb.background.process import is_alive, is_node_of, spawn
from aisnb.background.state import running
from aisnb.background.stopping import end_process
from aisnb.errors import NodeError, NodeLocked
from aisnb.node.root import EXIT_ELSEWHERE, EXIT_LOCKED, DataRoot
from aisnb.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisnb.background.state import Running
    from aisnb.protocol.extension import NodeStatus
    from aisnb.settings import Settings

_START_SECONDS = 20.0
_TICK = 0.05
#: A lost race is run again after this long: the winner may have ended meanwhile.
_AGAIN_SECONDS = 1.0
#: A node of this machine may be about to replace what another machine's left behind.
_ELSEWHERE_SECONDS = 3.0
_LOST = (EXIT_LOCKED, EXIT_ELSEWHERE)
_REFUSALS = (401, 403)


class Found(NamedTuple):
    """A node that answers, and what it says of itself."""

    running: Running
    status: NodeStatus


def ensure(settings: Settings) -> Running:
    """Return the local node, started if there is none. One small request when it runs.

    A node that runs another version of the package is started anew if it has no job to do; otherwise the result
    has a note.

    Raises:
        NodeLocked: a node on another machine holds the data root.
        NodeError: it does not start; the message has the end of its log.

    Example:
        ensure(read_settings()).endpoint
    """
    root = DataRoot(settings.home)
    try:
        found = look(root)
    except NoAnswer:
        _end_stranger(root)
        found = None
    if found is None:
        return launch(settings)
    if found.running.version == __version__:
        return found.running
    if found.status.running_jobs:
        note = (
            f"The local node runs aisnb {found.running.version} and this is {__version__}; it has jobs to do, so it "
            "was not replaced. Say '%ais node stop' when they are done."
        )
        return replace(found.running, note=note)
    end_process(root, found.running)
    return launch(settings)


def look(root: DataRoot, seconds: float = 5.0) -> Found | None:
    """Return the node that runs in `root`, or None if none does.

    Raises:
        NoAnswer: one is there that refuses the token in the token file.
    """
    node = root.read_node_file()
    if node is None or root.holder_elsewhere() or not is_alive(node.pid):
        return None
    token = root.read_token()
    try:
        status = ask_status(node, token, seconds)
    except NoAnswer as exc:
        if exc.status in _REFUSALS and is_node_of(node.pid, root.path):
            raise
        return None
    return Found(replace(running(node, token), version=status.version), status)


def launch(settings: Settings, options: Sequence[str] = ()) -> Running:
    """Start a node and return it once it answers; if another process was faster, return the one that it started.

    Args:
        settings: where, and when it ends by itself.
        options: further words for ``python -m aisnb.node``.

    Raises:
        NodeLocked: a node on another machine holds the data root.
        NodeError: it does not start.
    """
    root = DataRoot(settings.home)
    root.prepare()
    log_start = log_size(root.log_file)
    child = spawn(settings, root, [*options])
    begin = spawned = time.monotonic()
    while True:
        try:
            found = look(root, seconds=2.0)
        except NoAnswer:
            found = None
        if found is not None:
            return found.running
        now = time.monotonic()
        _check(child.poll(), root, log_start, now - begin)
        if child.returncode in _LOST and now - spawned > _AGAIN_SECONDS:
            child, spawned = spawn(settings, root, [*options]), now
        time.sleep(_TICK)


def _check(status: int | None, root: DataRoot, log_start: int, waited: float) -> None:
    """Raise what there is to say about a node that does not answer yet, if it is time to say it.

    Args:
        status: exit status of the process that was started, None while it lives.
        root: where it was started.
        log_start: where its words begin in the log.
        waited: seconds since then.
    """
    if status is not None and status not in _LOST:
        raise NodeError(
            f"The local node in {root.path} ended at its start with status {status}. The end of {root.log_file}:\n"
            + log_tail(root.log_file, log_start)
        )
    elsewhere = root.holder_elsewhere()
    if status in _LOST and elsewhere and waited > _ELSEWHERE_SECONDS:
        raise NodeLocked(
            f"The data root {root.path} is in use by a node on the machine '{elsewhere.host}' (pid {elsewhere.pid}). "
            "Stop it there with '%ais node stop', or set AISNB_HOME to another directory."
        )
    if waited > _START_SECONDS:
        held = " and another process holds the data root" if status in _LOST else ""
        raise NodeError(
            f"The local node in {root.path} did not answer within {_START_SECONDS:.0f} seconds{held}. "
            f"Say '%ais node stop' and try again, or set AISNB_HOME to another directory. See {root.log_file}:\n"
            + log_tail(root.log_file, log_start)
        )


def _end_stranger(root: DataRoot) -> None:
    """End a node of ours that does not know the token in its token file any more; nobody could use it."""
    if node := root.read_node_file():
        end_process(root, running(node, root.read_token()))
