"""What ``%load_ext aisnb`` adds to a live IPython, and the first ``%ais ls`` with no node running."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, table

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
_SDK = "import time; start = time.perf_counter(); import aistore.sdk; print(time.perf_counter() - start)"
_FIRST = _LOAD.replace("print(", 'shell.run_line_magic("ais", "ls")\nprint(')


_PEER = "import of the aistore SDK"
GOALS = {_PEER: 5}


def run(folder: Path, rounds: int) -> None:
    """Print both tables, each figure from a fresh process."""
    ours = "%load_ext aisnb, in a live IPython"
    works = {ours: lambda: _python(_LOAD, folder)}
    if importlib.util.find_spec("aistore"):
        works[_PEER] = lambda: _python(_SDK, folder)
    else:
        print("The aistore SDK is not installed: skipped.")
    table("Loading", interleaved(works, rounds), ours, GOALS)
    first = "%load_ext and the first %ais ls, cold node"
    table("Loading and asking", interleaved({first: lambda: _first(folder)}, rounds), first)


def _first(folder: Path) -> float:
    took = _python(_FIRST, folder)
    aisnb_stop()
    return took


def _python(code: str, folder: Path) -> float:
    environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])
