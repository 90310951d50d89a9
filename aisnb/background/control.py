"""What a user asks of the local node itself: status, start, stop, fsck."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import msgspec

from aisnb.background.ask import NoAnswer, ask
from aisnb.background.launch import ensure, launch, look
from aisnb.background.process import is_alive, is_node_of
from aisnb.background.state import NodeState, running
from aisnb.background.stopping import end_process
from aisnb.background.trust import is_its_own_authority
from aisnb.errors import NodeError, NodeLocked
from aisnb.node.root import DataRoot
from aisnb.protocol.extension import FsckAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.background.state import Running
    from aisnb.node.listening import Listening
    from aisnb.settings import Settings

_FSCK_SECONDS = 3600.0
_APPEAR_SECONDS = 5.0


def status(settings: Settings) -> NodeState:
    """Return what is known of the local node. Never starts one.

    Example:
        status(read_settings()).running
    """
    root = DataRoot(settings.home)
    try:
        found = look(root)
    except NoAnswer:
        found = None
    if found is None:
        return NodeState(False, None, None, root.path, root.token_file, _free_bytes(root.path))
    node, said = found
    return NodeState(
        running=True,
        endpoint=node.endpoint,
        pid=node.pid,
        root=root.path,
        token_file=root.token_file,
        free_bytes=said.free_bytes,
        version=node.version,
        running_jobs=said.running_jobs,
        servers=said.servers,
        leases=said.leases,
        keep=said.keep,
        public=node.public if node.open else "",
    )


def start(
    settings: Settings, keep: bool = True, new_token: bool = False, listening: Listening | None = None
) -> Running:
    """Start the local node if it does not run.

    Args:
        settings: where.
        keep: let it stay until it is told to stop.
        new_token: rotate its token, which starts it anew.
        listening: where it shall listen, from now on; another place than before starts it anew.

    Raises:
        UsageError: it would let others in unprotected, or cannot listen there.
        NodeError: it does not start.
    """
    options = ["--new-token"] if new_token else []
    if listening is not None and listening != DataRoot(settings.home).read_listening():
        listening.check()
        options += ["--listening", msgspec.json.encode(listening).decode()]
    if options:
        stop(settings)
        found = launch(settings, options)
    else:
        found = ensure(settings)
    if keep:
        _ask_or_fail(found, "/v1/x/keep")
    return found


def ended(settings: Settings) -> bool:
    """Return whether the local node ended in order, and none is about to start.

    One that was killed leaves its ``node.json``, one that runs or starts holds the lock.
    """
    root = DataRoot(settings.home)
    return root.read_node_file() is None and not root.is_locked()


def own_authority(settings: Settings) -> str:
    """Return the file that other clients must trust to speak TLS with the local node, "" if they need none of ours.

    That is its certificate, if that has signed itself; what somebody else signed is trusted by its authority.
    """
    root = DataRoot(settings.home)
    node = root.read_node_file()
    return root.read_listening().certificate if node and is_its_own_authority(node.certificate) else ""


def stop(settings: Settings) -> bool:
    """End the local node; returns when its process is gone. Running jobs are taken up at the next start.

    Returns:
        Whether there was one.

    Raises:
        NodeLocked: it runs on another machine.
        NodeError: it cannot be ended.
    """
    root = DataRoot(settings.home)
    end = time.monotonic() + _APPEAR_SECONDS
    while True:
        node = root.read_node_file()
        here = node is not None and root.holder_elsewhere() is None
        if node and here and is_alive(node.pid) and is_node_of(node.pid, root.path):
            end_process(root, running(node, root.read_token()))
            return True
        if not root.is_locked():
            return False
        if time.monotonic() > end:
            break
        time.sleep(0.1)  # one is about to start, or to end
    if elsewhere := root.holder_elsewhere():
        raise NodeLocked(f"The node in {root.path} runs on the machine '{elsewhere.host}'. Stop it there.")
    raise NodeError(f"A process holds {root.lock_file} and does not say who it is. 'fuser {root.lock_file}' may tell.")


def fsck(settings: Settings) -> FsckAnswer:
    """Check the data root against its index and repair what can be; starts the node if need be.

    Raises:
        NodeError: the node does not start, or the check failed.
    """
    body = _ask_or_fail(ensure(settings), "/v1/x/fsck", _FSCK_SECONDS)
    try:
        return msgspec.json.decode(body, type=FsckAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise NodeError("The local node's answer to fsck makes no sense. Restart it with '%ais node stop'.") from exc


def _ask_or_fail(node: Running, path: str, seconds: float = 5.0) -> bytes:
    try:
        return ask(node, node.token, "POST", path, seconds)
    except NoAnswer as exc:
        said = f"answered with HTTP status {exc.status}" if exc.status else "did not answer"
        raise NodeError(f"The local node at {node.endpoint} {said} when asked for {path}. Try again.") from exc


def _free_bytes(root: Path) -> int:
    while not root.exists() and root != root.parent:
        root = root.parent
    return shutil.disk_usage(root).free
