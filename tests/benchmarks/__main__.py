"""Print the figures: ``python -m tests.benchmarks [SUBJECT...] [--rounds 5]``; without a subject, of all.

With ``--short`` each is run once on very little: whether it works; its figures mean nothing. With ``--long``
some take much more, for many minutes. A subject's module says in ``SHORT`` and ``LONG`` which of its constants are what
then.

Ratios are luck where the disk is slow for a while, as ext4 is after many removals: what has a median over twice its
best is marked as uneven, and what the disk takes for empty files stands beside many. ``TMPDIR=/dev/shm`` before the
command leaves the disk out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import (
    browsing,
    display,
    downloads,
    durable,
    exploring,
    fileserver,
    forms,
    growth,
    index,
    job_table,
    jobs,
    listings,
    members,
    objects,
    pages,
    promotion,
    startup,
    templates,
)

if TYPE_CHECKING:
    from types import ModuleType

SUBJECTS = {
    "startup": startup.run,
    "downloads": downloads.run,
    "durable": durable.run,
    "fileserver": fileserver.run,
    "jobs": jobs.run,
    "growth": growth.run,
    "job-table": job_table.run,
    "browser": browsing.run,
    "listings": listings.run,
    "templates": templates.run,
    "members": members.run,
    "objects": objects.run,
    "promote": promotion.run,
    "index": index.run,
    "plan": exploring.plans,
    "sizes": exploring.sizes,
    "forms": forms.run,
    "display": display.run,
    "pages": pages.run,
}


def main() -> None:
    """Run the subjects named (all without a name), each on a data root of its own that is removed at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], help="all, if none is named")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds, after one that warms up")
    parser.add_argument("--long", action="store_true", help="up to a million files, for many minutes")
    parser.add_argument("--short", action="store_true", help="one round on very little: whether it works")
    arguments = parser.parse_args()
    for name in arguments.subjects or SUBJECTS:
        with tempfile.TemporaryDirectory(prefix="aisnb-bench-") as folder:
            os.environ["AISNB_HOME"] = str(Path(folder, "home"))
            os.environ["AISNB_PROGRESS"] = "off"
            os.environ.pop("AIS_ENDPOINT", None)
            print(f"\n## {name}\n", flush=True)
            run = SUBJECTS[name]
            for size in ("LONG", "SHORT"):
                if getattr(arguments, size.lower()):
                    resize(sys.modules[run.__module__], size)
            run(Path(folder), 1 if arguments.short else arguments.rounds)


def resize(module: ModuleType, size: str) -> None:
    """Give a subject's constants the values that its ``SHORT`` or ``LONG`` says."""
    for name, value in getattr(module, size, {}).items():
        assert hasattr(module, name), f"{module.__name__} has no {name}"
        setattr(module, name, value)


if __name__ == "__main__":
    main()
