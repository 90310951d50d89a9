"""Progress as text: bars on a terminal, lines in a log, or nothing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from aisnb.client.notes import note
from aisnb.client.snapshots import amounts, final_line, progress_text
from aisnb.units import human_size, printable
from aisnb.wording import spoken

if TYPE_CHECKING:
    from typing import TextIO

    from aisnb.protocol.extension import JobSnapshot

_LINE_SECONDS = 10.0
_FILES_SHOWN = 4
_NAME_LENGTH = 40
_SOON = 1e-9
#: To a terminal (ECMA-48): from the line's begin on, nothing is to be left.
_ERASE_BELOW = "\r\x1b[J"


class SilentPainter:
    """Shows nothing."""

    def update(self, snapshot: JobSnapshot) -> None:
        """Do nothing."""

    def close(self, snapshot: JobSnapshot) -> None:
        """Do nothing."""


class LinePainter:
    """Writes a first line, then one every ten seconds or so while something happens, and a last one: for logs."""

    def __init__(self) -> None:
        self._written = 0.0
        self._last: JobSnapshot | None = None

    def update(self, snapshot: JobSnapshot) -> None:
        """Write a line if it is time for one."""
        now = time.monotonic()
        if now - self._written >= _LINE_SECONDS and snapshot != self._last:
            self._written, self._last = now, snapshot
            note(f"{snapshot.id}: {progress_text(snapshot)}")

    def close(self, snapshot: JobSnapshot) -> None:
        """Write the last line."""
        note(final_line(snapshot))


class TerminalPainter:
    """Draws tqdm's bars: one for the job, and one for each of a few files in flight.

    Args:
        stream: the terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bars: list[Any] = []

    def update(self, snapshot: JobSnapshot) -> None:
        """Draw the bars anew."""
        files = [file for file in snapshot.in_flight if file.total_bytes][:_FILES_SHOWN]
        self._have(1 + len(files))
        width = self._width()
        _draw(self._bars[0], width, snapshot.id, progress_text(snapshot), *amounts(snapshot))
        for bar, file in zip(self._bars[1:], files, strict=True):
            sizes = f"{human_size(file.bytes)} of {human_size(file.total_bytes)}"
            _draw(bar, width, f"  {printable(file.name)[-_NAME_LENGTH:]}", sizes, file.bytes, file.total_bytes)

    def close(self, snapshot: JobSnapshot) -> None:
        """Take the bars away, and what was typed behind them, and write the last line."""
        erase = _ERASE_BELOW if self._bars else ""
        self._have(0)
        self._stream.write(f"{erase}{spoken(final_line(snapshot))}\n")
        self._stream.flush()

    def _width(self) -> int | None:
        """Return how wide bars are to be, None if nobody knows; behind them a terminal shows a Ctrl-C that is typed."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):  # no terminal at all, or one that is closed
            return None
        return max(1, columns - len("^C ")) if columns else None

    def _have(self, count: int) -> None:
        """Have as many bars, below each other."""
        from tqdm import std

        while len(self._bars) > count:
            self._bars.pop().close()
        for position in range(len(self._bars), count):
            # The delay keeps it from being drawn before it has anything to say.
            bar = std.tqdm(file=self._stream, leave=False, position=position, delay=_SOON)
            self._bars.append(bar)


def _draw(bar: Any, width: int | None, name: str, text: str, done: int, total: int | None) -> None:
    """Draw one bar with a text behind it; of a total that nobody knows there is no share, so only the text."""
    said = text.replace("{", "{{").replace("}", "}}")
    bar.bar_format = ("{desc}: {percentage:3.0f}%|{bar}| " if total else "{desc}: ") + said
    bar.desc, bar.n, bar.total, bar.ncols = name, done, total, width
    bar.refresh()
