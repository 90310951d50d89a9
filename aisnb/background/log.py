"""The node's log, read for the reason why a start failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LINES = 12
_BYTES = 8192


def log_size(log: Path) -> int:
    """Return the log's bytes, 0 if there is none."""
    try:
        return log.stat().st_size
    except OSError:
        return 0


def log_tail(log: Path, start: int) -> str:
    """Return the last lines that the log got after position `start`, "" if there are none."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, log_size(log) - _BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-_LINES:])
