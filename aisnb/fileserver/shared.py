"""What all connections of a server share: the site, the limits, and a buffer that is used again and again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisnb.fileserver.connection import Connection
    from aisnb.fileserver.site import Site

_RECEIVE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take.

    Attributes:
        idle_seconds: how long a connection may wait for its next request.
        header_seconds: how long a request's header may take from its first line on.
        header_bytes: how long it may be (give or take one packet).
        stall_seconds: how long it may take nothing of an answer.
        grace_seconds: how long a closing server waits for answers under way.
    """

    idle_seconds: float = 75.0
    header_seconds: float = 20.0
    header_bytes: int = 32 * 1024
    stall_seconds: float = 60.0
    grace_seconds: float = 2.0


@dataclass(slots=True)
class Shared:
    """What all connections of a server share.

    Attributes:
        site: answers requests.
        limits: what a client may take.
        connections: the open ones.
        incoming: where bytes are received; parsed before the next are.
    """

    site: Site
    limits: Limits
    connections: set[Connection] = field(default_factory=set)
    incoming: memoryview = field(default_factory=lambda: memoryview(bytearray(_RECEIVE_BYTES)))
