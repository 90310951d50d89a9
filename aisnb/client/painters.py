"""Progress as text: bars on a terminal, lines in a log, or nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aisnb.client.notes import note
from aisnb.client.snapshots import bytes_text, faults_text, files_text, final_line, seconds_run, status_line
from aisnb.protocol.extension import RUNNING
from aisnb.units import human_duration, human_size

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
    """Writes a line at the start, then one every ten seconds or so, and a last one: for logs."""

    def __init__(self) -> None:
        self._written = 0.0

    def update(self, snapshot: JobSnapshot) -> None:
        """Write a line if it is time for one."""
        now = time.monotonic()
        if now - self._written >= _LINE_SECONDS:
            self._written = now
            left = time_left(snapshot)
            rate = f", {human_size(snapshot.rate)}/s" if snapshot.rate > 0 else ""
            note(status_line(snapshot) + rate + (f", {human_duration(left)} left" if left is not None else ""))

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
        self._bar.n, self._bar.total = _amounts(snapshot)
        self._bar.postfix = _details(snapshot)
        self._bar.refresh()
        self._draw_files([file for file in snapshot.in_flight if file.total_bytes][:_FILES_SHOWN])

    def close(self, snapshot: JobSnapshot) -> None:
        """Take the bars away and write the last line."""
        for bar in (*reversed(self._files), self._bar):
            if bar is not None:
                bar.close()
        self._bar, self._files = None, []
        self._stream.write(f"{final_line(snapshot)}\n")
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
            bar.desc, bar.n, bar.total = file.name[-40:], file.bytes, file.total_bytes
            bar.refresh()


def time_left(snapshot: JobSnapshot) -> float | None:
    """Return the seconds that a running job still needs, by its bytes or else its files; None if nobody knows."""
    if snapshot.state != RUNNING:
        return None
    if snapshot.total_bytes is not None and snapshot.rate > 0:
        return max(0, snapshot.total_bytes - snapshot.bytes) / snapshot.rate
    tried = snapshot.done + snapshot.failed
    if snapshot.total > 0 and tried > 0:
        return seconds_run(snapshot) * (snapshot.total - tried) / tried
    return None


def _amounts(snapshot: JobSnapshot) -> tuple[int, int | None]:
    """Return how much is done, of how much: bytes if the total is known, files otherwise."""
    if snapshot.total_bytes:
        return min(snapshot.bytes, snapshot.total_bytes), snapshot.total_bytes
    return max(0, snapshot.done) + snapshot.failed, snapshot.total if snapshot.total > 0 else None


def _details(snapshot: JobSnapshot) -> str:
    left = time_left(snapshot)
    parts = (
        snapshot.state if snapshot.state != RUNNING else "",
        files_text(snapshot),
        bytes_text(snapshot),
        f"{human_size(snapshot.rate)}/s" if snapshot.rate > 0 else "",
        f"{human_duration(left)} left" if left is not None else "",
        faults_text(snapshot),
    )
    return ", ".join(part for part in parts if part)
