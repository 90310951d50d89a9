"""Times as AIStore writes them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from aisnb.protocol.downloads import ZERO_TIME


def rfc3339(nanoseconds: int) -> str:
    """Return a time given in nanoseconds since 1970 as RFC 3339; 0 (not yet) is the year 1, as Go writes it."""
    if not nanoseconds:
        return ZERO_TIME
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
