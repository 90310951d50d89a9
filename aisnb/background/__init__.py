"""The local node as seen from outside: found, started, watched and stopped, as a child process of its own session.

Nothing here keeps a connection: the node's own lock and its answers say what is so.
"""

from __future__ import annotations

from aisnb.background.control import ended, fsck, own_authority, start, status, stop
from aisnb.background.launch import ensure
from aisnb.background.state import NodeState, Running

__all__ = ["NodeState", "Running", "ended", "ensure", "fsck", "own_authority", "start", "status", "stop"]
