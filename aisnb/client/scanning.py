"""How far a look into many shards has come, as text: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from aisnb.client.notes import note
from aisnb.settings import read_settings
from aisnb.units import plural

if TYPE_CHECKING:
    from typing import Any

#: A look that is over sooner than this shows nothing.
_SOON = 1.0
_LINE_SECONDS = 10.0


class Ticker:
    """Shows progress as ``AISNB_PROGRESS`` says. Close it in the end.

    Args:
        total: how many shards there are.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._members = 0
        self._said = time.monotonic()
        self._bar: Any = None
        self._style = read_settings().progress
        if self._style == "auto" and sys.stderr is not None and sys.stderr.isatty():
            from tqdm import std

            self._bar = std.tqdm(
                total=total, desc="Looking into shards", unit="shard", file=sys.stderr, leave=False, delay=_SOON
            )

    def tick(self, members: int) -> None:
        """Count a shard with so many members."""
        self._done += 1
        self._members += members
        if self._bar is not None:
            self._bar.update()
        elif self._style != "off" and time.monotonic() - self._said > _LINE_SECONDS:
            self._said = time.monotonic()
            so_far = plural(self._members, "member")
            note(f"Looked into {self._done:,} of {plural(self._total, 'shard')}: {so_far} so far")

    def close(self) -> None:
        """Take the bar away; twice is harmless."""
        if self._bar is not None:
            self._bar.close()
