"""Print the figures: ``python -m tests.benchmarks [SUBJECT...] [--rounds 5]``; without a subject, of all."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.benchmarks import (
    display,
    downloads,
    exploring,
    fileserver,
    forms,
    index,
    job_table,
    jobs,
    listings,
    members,
    startup,
)

SUBJECTS = {
    "startup": startup.run,
    "downloads": downloads.run,
    "fileserver": fileserver.run,
    "jobs": jobs.run,
    "job-table": job_table.run,
    "listings": listings.run,
    "members": members.run,
    "index": index.run,
    "plan": exploring.plans,
    "sizes": exploring.sizes,
    "forms": forms.run,
    "display": display.run,
}


def main() -> None:
    """Run the subjects named (all without a name), each on a data root of its own that is removed at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], help="all, if none is named")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds, after one that warms up")
    arguments = parser.parse_args()
    for name in arguments.subjects or SUBJECTS:
        with tempfile.TemporaryDirectory(prefix="aisnb-bench-") as folder:
            os.environ["AISNB_HOME"] = str(Path(folder, "home"))
            os.environ["AISNB_PROGRESS"] = "off"
            os.environ.pop("AIS_ENDPOINT", None)
            print(f"\n## {name}\n", flush=True)
            SUBJECTS[name](Path(folder), arguments.rounds)


if __name__ == "__main__":
    main()
