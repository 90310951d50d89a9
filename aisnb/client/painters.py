"""Progress as text: bars on a terminal, lines in a log, or nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aisnb.client.notes import note
from aisnb.client.snapshots import amounts, final_line, progress_text
from aisnb.units import printable
from aisnb.wording import spoken

if TYPE_CHECKING:
    from typing import TextIO

    from aisnb.protocol.extension import FileProgress, JobSnapshot

_LINE_SECONDS = 10.0
_FILES_SHOWN = 4


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
        from tqdm import std

        self._new = std.tqdm
        self._stream = stream
        self._bar: Any = None
        self._files: list[Any] = []

    def update(self, snapshot: JobSnapshot) -> None:
        """Draw the bars anew."""
        if self._bar is None:
            self._bar = self._new(
                file=self._stream,
                dynamic_ncols=True,
                leave=False,
                bar_format="{desc}: {percentage:3.0f}%|{bar}| {postfix}",
            )
        self._bar.desc = snapshot.id
        self._bar.n, self._bar.total = amounts(snapshot)
        self._bar.postfix = progress_text(snapshot)
        self._bar.refresh()
        self._draw_files([file for file in snapshot.in_flight if file.total_bytes][:_FILES_SHOWN])

    def close(self, snapshot: JobSnapshot) -> None:
        """Take the bars away and write the last line."""
        for bar in (*reversed(self._files), self._bar):
            if bar is not None:
                bar.close()
        self._bar, self._files = None, []
        self._stream.write(f"{spoken(final_line(snapshot))}\n")
        self._stream.flush()

    def _draw_files(self, files: list[FileProgress]) -> None:
        while len(self._files) > len(files):
            self._files.pop().close()
        while len(self._files) < len(files):
            position = len(self._files) + 1
            self._files.append(
                self._new(
                    file=self._stream,
                    dynamic_ncols=True,
                    leave=False,
                    position=position,
                    unit="B",
                    unit_scale=True,
                    unit_divisor=1024,
                    bar_format="  {desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt}",
                )
            )
        for bar, file in zip(self._files, files, strict=True):
            bar.desc, bar.n, bar.total = printable(file.name)[-40:], file.bytes, file.total_bytes
            bar.refresh()
