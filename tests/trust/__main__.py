"""Print the figures: ``python -m tests.trust [SUBJECT...] [--seed N] [--short] [--minutes N]``; by default of all.

Ends with status 1, and says what was not kept, if any figure that should be zero is not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.trust import bombs, crashes, disks, fuzzing, gate, kernels, load, long, many, misbehaving, power, upsets
from tests.trust.figures import table
from tests.trust.parsers import PARSERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.trust.figures import Figures


@dataclass(frozen=True)
class Extent:
    """How much is tried.

    Attributes:
        seed: of what is random.
        short: as little as CI does.
        minutes: how long loads last, unless it is short.
    """

    seed: int = 1
    short: bool = False
    minutes: float = 3.0

    def of(self, few: int, many: int) -> int:
        """Return how many of something are tried."""
        return few if self.short else many

    @property
    def load_seconds(self) -> float:
        """How long loads last."""
        return 4.0 if self.short else self.minutes * 60


def _fuzz(name: str, at: Path, how: Extent) -> Figures:
    return fuzzing.run(at, name, 0.2 if how.short else 60, how.seed)


SUBJECTS: dict[str, Callable[[Path, Extent], Figures]] = {
    "crash-node": lambda at, how: crashes.downloads("node", at, how.of(3, 100), how.seed),
    "crash-many": lambda at, how: crashes.downloads("node", at, how.of(1, 20), how.seed, crashes.MANY_SHARDS),
    "crash-helpers": lambda at, how: crashes.downloads("helpers", at, how.of(1, 20), how.seed, crashes.MANY_SHARDS),
    "crash-server": lambda at, how: crashes.downloads("file server", at, how.of(2, 20), how.seed),
    "crash-all": lambda at, how: crashes.downloads("node and file server", at, how.of(2, 20), how.seed),
    "crash-kernel": lambda at, how: kernels.downloads("kernel", at, how.of(1, 30), how.seed),
    "crash-everything": lambda at, how: kernels.downloads("kernel, node and file server", at, how.of(1, 30), how.seed),
    "crash-puts": lambda at, how: crashes.puts(at, how.of(4, 100), how.seed),
    "sources": lambda at, how: misbehaving.run(at, how.of(500, misbehaving.FILES), how.seed),
    "outage": lambda at, how: misbehaving.outage(at, 300, how.of(3, 60)),
    "downgrade": lambda at, how: misbehaving.downgrade(at, how.of(10, 200)),
    "disk-full": lambda at, how: disks.full(at, how.of(1, 10)),
    "disk-read-only": lambda at, _: disks.read_only(at),
    "disk-removed": lambda at, _: upsets.removed(at),
    "index-locked": lambda at, how: upsets.locked(at, how.of(2, 25)),
    "clock-back": lambda at, how: upsets.clock_back(at, how.of(2, 10)),
    "power-cut": lambda at, how: power.cuts(at, how.of(2, 30), how.seed),
    "index-lost": lambda at, _: disks.index_lost(at),
    "by-hand": lambda at, _: disks.by_hand(at),
    "many": lambda at, how: many.run(at, how.of(3, many.KERNELS), how.of(1, 10)),
    "load-server": lambda at, how: load.file_server(at, 512, how.load_seconds, how.seed),
    "load-node": lambda at, how: load.node(at, 256, how.load_seconds, how.seed),
    "long": lambda at, how: long.run(at, how.of(2_000, 1_000_000)),
    "gate-paths": lambda at, how: gate.paths(at, how.of(500, 0), how.seed),
    "gate-headers": lambda at, _: gate.headers(at),
    "gate-race": lambda at, how: gate.race(at, how.of(1, 30)),
    "gate-node": lambda at, _: gate.node(at),
    "gate-bombs": lambda at, how: bombs.run(at, short=how.short),
    **{f"fuzz-{name}": partial(_fuzz, name) for name in PARSERS},
}


def measure(subject: str, extent: Extent) -> Figures:
    """Return the figures of one subject, on a data root of its own that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="aisnb-trust-") as folder:
        start = time.monotonic()
        path = Path(folder)
        path.chmod(0o755)  # else what it holds would be served under a secret path
        figures = SUBJECTS[subject](path, extent)
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
    parser.add_argument("--minutes", type=float, default=3.0, help="how long each load lasts")
    arguments = parser.parse_args()
    extent = Extent(arguments.seed, arguments.short, arguments.minutes)
    rows = []
    for subject in _chosen(arguments.subjects) or parser.error("there is no such subject"):
        rows.append(measure(subject, extent))
        print(f"{rows[-1].subject}: {rows[-1].seconds:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    complaints = [complaint for row in rows for complaint in row.complaints]
    print("\n".join(complaints[:100]), file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
