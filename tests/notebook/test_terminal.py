"""IPython in a terminal: bars while a cell waits, text tables, and no widgets."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
%load_ext aisnb
server = %ais serve {folder}
%ais start download {{server}}part-{{1..3}} {bucket} --progress --limit-bph 500MB
%ais ls {bucket}
%ais serve stop {{server}}
"""


def read_all(leader: int) -> str:
    """Return what a terminal was told until its last writer ended."""
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux says so at the end of a terminal
            break
        if not piece:
            break
        said += piece
    return said.decode()


def test_a_terminal_has_bars_and_tables_as_text(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"part-{number}").write_bytes(b"x" * 100_000)
    code = CODE.format(folder=tmp_path, bucket=f"ais://t-{os.getpid()}")
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "TERM": "xterm"}
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (40, 160))
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-i"]
    with subprocess.Popen(
        [*command, "--simple-prompt"],
        stdin=subprocess.PIPE,
        stdout=follower,
        stderr=follower,
        env=environment,
        text=True,
    ) as process:
        os.close(follower)
        assert process.stdin is not None
        process.stdin.write(code)
        process.stdin.close()
        said = read_all(leader)
    os.close(leader)
    assert process.returncode == 0, said
    assert "%|" in said
    assert "3 files, 292.97KiB in 0:0" in said
    assert "part-2    97.66KiB" in said
    assert "3 objects, 292.97KiB" in said
    assert "HTML(" not in said
