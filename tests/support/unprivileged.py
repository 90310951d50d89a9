"""Lines of a terminal, run by a process that may read and write only what the modes of files allow: root may all.

Run as a module it is that process: a JSON list of words in each line of its input, what came of them in each of its
output.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RIGHTS = "-dac_override,-dac_read_search"
#: What makes root one of many (capabilities(7)); others are it already.
_SETPRIV = ["setpriv", f"--inh-caps={_RIGHTS}", f"--bounding-set={_RIGHTS}"] if os.geteuid() == 0 else []

WHY_NOT = "root needs setpriv (Linux) to give up its rights"
CAN_BE_UNPRIVILEGED = not _SETPRIV or (
    bool(shutil.which("setpriv"))
    and subprocess.run([*_SETPRIV, "true"], capture_output=True, check=False).returncode == 0
)


class Outcome(NamedTuple):
    """What a line came to: its exit status, what it showed, and its notes, warnings and error."""

    status: int
    shown: str
    said: str


class Unprivileged:
    """A terminal without rights."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *words: str | Path) -> Outcome:
        """Run ``aisnb WORDS``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        self._process.stdin.flush()
        return Outcome(*json.loads(self._process.stdout.readline()))


@contextlib.contextmanager
def unprivileged(home: Path) -> Iterator[Unprivileged]:
    """Yield a terminal without rights, with the node of a data root of its own, which ends with it."""
    command = [*_SETPRIV, sys.executable, "-m", "tests.support.unprivileged"]
    environment = os.environ | {"AISNB_HOME": str(home)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        terminal = Unprivileged(process)
        try:
            yield terminal
        finally:
            terminal.run("node", "stop")
            process.communicate()


def _main() -> None:
    from aisnb.cli import main

    for line in sys.stdin:
        shown, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(said):
            try:
                status = main(json.loads(line))
            except Exception as exc:  # noqa: BLE001  # what would be a traceback is an outcome, too
                status = -1
                said.write(f"{type(exc).__name__}: {exc}")
        sys.stdout.write(json.dumps([status, shown.getvalue(), said.getvalue()]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
