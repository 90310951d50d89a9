"""Print the figures: ``python -m tests.trust [SUBJECT...] [--seed N] [--short]``; without a subject, of all.

Ends with status 1, and says what was not kept, if any figure that should be zero is not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.trust import crashes, disks, fuzzing, gate, misbehaving
from tests.trust.figures import table
from tests.trust.parsers import PARSERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.trust.figures import Figures

    Subject = Callable[[Path, int, bool], Figures]  # folder, seed, short


def _fuzz(name: str, at: Path, seed: int, short: bool) -> Figures:
    return fuzzing.run(at, name, 0.2 if short else 60, seed)


SUBJECTS: dict[str, Subject] = {
    "crash-node": lambda at, seed, short: crashes.downloads("node", at, 3 if short else 100, seed),
    "crash-server": lambda at, seed, short: crashes.downloads("file server", at, 2 if short else 20, seed),
    "crash-all": lambda at, seed, short: crashes.downloads("node and file server", at, 2 if short else 20, seed),
    "crash-puts": lambda at, seed, short: crashes.puts(at, 4 if short else 100, seed),
    "sources": lambda at, seed, short: misbehaving.run(at, 500 if short else misbehaving.FILES, seed),
    "outage": lambda at, _, short: misbehaving.outage(at, 300, 3 if short else 60),
    "disk-full": lambda at, _, short: disks.full(at, 1 if short else 10),
    "disk-read-only": lambda at, _, __: disks.read_only(at),
    "index-lost": lambda at, _, __: disks.index_lost(at),
    "by-hand": lambda at, _, __: disks.by_hand(at),
    "gate-paths": lambda at, seed, short: gate.paths(at, 500 if short else 0, seed),
    "gate-headers": lambda at, _, __: gate.headers(at),
    "gate-race": lambda at, _, short: gate.race(at, 1 if short else 30),
    "gate-node": lambda at, _, __: gate.node(at),
    **{f"fuzz-{name}": partial(_fuzz, name) for name in PARSERS},
}


def measure(subject: str, seed: int, *, short: bool) -> Figures:
    """Return the figures of one subject, on a data root of its own that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="aisnb-trust-") as folder:
        start = time.monotonic()
        path = Path(folder)
        path.chmod(0o755)  # else what it holds would be served under a secret path
        figures = SUBJECTS[subject](path, seed, short)
        figures.seconds = time.monotonic() - start
        return figures


def _chosen(words: list[str]) -> list[str]:
    """Return the subjects that the words name, ``gate`` all that begin so; all without a word."""
    return [
        name for name in SUBJECTS if not words or any(name == word or name.startswith(f"{word}-") for word in words)
    ]


def main() -> int:
    """Run the subjects named (all without a name) and print their table."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"all, if none is named: {', '.join(SUBJECTS)}")
    parser.add_argument("--seed", type=int, default=1, help="of what is random")
    parser.add_argument("--short", action="store_true", help="as few trials as CI makes")
    arguments = parser.parse_args()
    rows = []
    for subject in _chosen(arguments.subjects) or parser.error("there is no such subject"):
        rows.append(measure(subject, arguments.seed, short=arguments.short))
        print(f"{rows[-1].subject}: {rows[-1].seconds:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    complaints = [complaint for row in rows for complaint in row.complaints]
    print("\n".join(complaints[:100]), file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
