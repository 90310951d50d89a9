"""What ``%load_ext aisnb`` adds to a live IPython, and the first ``%ais ls`` with no node running."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.benchmarks.downloads import aisnb_stop

if TYPE_CHECKING:
    from pathlib import Path

_LOAD = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
shell.run_line_magic("load_ext", "aisnb")
print(time.perf_counter() - start)
"""
_FIRST = _LOAD.replace("print(", 'shell.run_line_magic("ais", "ls")\nprint(')


def run(folder: Path, rounds: int) -> None:
    """Print the medians, each from fresh processes."""
    print(f"| what | median s | max |\n{'|---' * 3}|")
    loads = [_python(_LOAD, folder) for _ in range(rounds + 1)][1:]
    print(f"| %load_ext aisnb, in a live IPython | {statistics.median(loads):.3f} | {max(loads):.3f} |")
    firsts = []
    for _ in range(rounds):
        firsts.append(_python(_FIRST, folder))
        aisnb_stop()
    print(f"| %load_ext and the first %ais ls, cold node | {statistics.median(firsts):.3f} | {max(firsts):.3f} |")


def _python(code: str, folder: Path) -> float:
    environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])
