"""Parsers fed with what grows from good input: guided by coverage where atheris is installed, else by chance.

``python -m tests.trust.fuzzing NAME SECONDS FOLDER`` is one parser's run with atheris, in a process of its own.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tests.trust.figures import Figures

if TYPE_CHECKING:
    from pathlib import Path

#: Ends a run of atheris as a crash: seconds for one input, MiB in all.
_SLOWEST, _LARGEST = 20, 2048
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_LONGEST = 4096
#: Without atheris as many inputs count as a second: what a seed finds does not depend on how busy a machine is.
_BY_CHANCE = 1000


def run(folder: Path, name: str, seconds: float, seed: int) -> Figures:
    """Fuzz one parser.

    Args:
        folder: for inputs that were worth keeping.
        name: of the parser.
        seconds: how long.
        seed: of what is random.
    """
    if find_spec("atheris"):
        return _guided(folder, name, seconds, seed)
    from tests.trust.parsers import PARSERS

    parser = PARSERS[name]
    figures = Figures(f"fuzz of {name}, by chance")
    dice = random.Random(f"{seed} {name}")
    while figures.trials < seconds * _BY_CHANCE and not figures.broken:
        data = mutated(dice.choice(parser.seeds), dice)
        figures.trials += 1
        try:
            parser.check(data)
        except Exception as exc:  # noqa: BLE001  # whatever it is, it is what is looked for
            figures.broken.append(f"{exc!r} at {data!r}")
    return figures


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return bytes that were `data`, with a few changes: bytes set, cut out, doubled, put in."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        start = dice.randint(0, len(changed))
        end = min(len(changed), start + dice.randint(0, 16))
        match dice.randrange(4):
            case 0:
                del changed[start:end]
            case 1:
                changed[start:start] = changed[start:end] * dice.randint(1, 20)
            case 2:
                changed[start:end] = dice.randbytes(end - start)
            case _:
                changed[start:start] = dice.choice(
                    (b"%2e", b"..", b"/", b"\0", b"{", b"}", b"\r\n", b"9" * 30, b"\xff", b"-")
                )
    return bytes(changed[: 64 * _LONGEST])


def _guided(folder: Path, name: str, seconds: float, seed: int) -> Figures:
    figures = Figures(f"fuzz of {name}, guided by coverage")
    words = ["-m", "tests.trust.fuzzing", name, str(max(1, round(seconds))), str(folder), str(seed)]
    ran = subprocess.run([sys.executable, *words], capture_output=True, text=True, errors="replace", check=False)
    found = _EXECUTED.search(ran.stderr)
    figures.trials = int(found[1]) if found else 0
    figures.expect(ran.returncode == 0 and found is not None, (ran.stdout + ran.stderr)[-3000:])
    return figures


def _fuzz(name: str, seconds: int, folder: str, seed: int) -> None:
    """Run atheris; it ends the process."""
    import atheris

    with atheris.instrument_imports(include=["aisnb", "tarfile", "zipfile", "urllib", "html", "json", "email"]):
        from tests.trust.parsers import PARSERS
    parser = PARSERS[name]
    for number, content in enumerate(parser.seeds):
        with open(f"{folder}/seed-{number}", "wb") as file:
            file.write(content)
    bounds = [f"-timeout={_SLOWEST}", f"-rss_limit_mb={_LARGEST}", f"-max_total_time={seconds}", f"-seed={seed}"]
    words = ["fuzz", *bounds, "-print_final_stats=1", f"-artifact_prefix={folder}/crash-", folder]
    atheris.Setup(words, parser.check)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
