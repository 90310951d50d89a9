"""Short notes for the person at the keyboard, apart from any result."""

from __future__ import annotations

from aisnb.settings import note_stream
from aisnb.wording import spoken


def note(text: str) -> None:
    """Write one line to the stream for notes, which a notebook shows below the cell."""
    stream = note_stream(text)
    if stream is not None:
        stream.write(f"{spoken(text)}\n")
        stream.flush()
