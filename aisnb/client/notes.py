"""Short notes for the person at the keyboard, apart from any result."""

from __future__ import annotations

import sys

from aisnb.wording import spoken


def note(text: str) -> None:
    """Write one line to the standard error stream, which a notebook shows below the cell."""
    stream = sys.stderr
    if stream is not None:
        stream.write(f"{spoken(text)}\n")
        stream.flush()
