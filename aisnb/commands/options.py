"""Flags that many commands share, described once."""

from __future__ import annotations

from aisnb.commands.definition import Option
from aisnb.settings import UNITS as SIZE_UNITS
from aisnb.units import parse_duration

#: Nothing ever asks, so this is no answer to a question: without it, there is an error.
YES = Option("go ahead also where more than one thing goes; an error without it", flags=("--yes", "-y"))
#: For lines that were written for the ``ais`` CLI.
NEVER_ASKED = Option("accepted for the ais CLI's sake: nothing is ever asked", flags=("--yes", "-y"))
ALWAYS_WAITS = Option("accepted for the ais CLI's sake: it always waits", flags=("--wait",))
DURABLE = Option("have it on the disk itself first, so that it outlasts a power cut; slower")
WAIT = Option("wait for the job's end; files that failed are then an error")
PROGRESS = Option("show progress until the job's end; files that failed are then an error")
TIMEOUT = Option("wait at most so long (90, 2m, 1h30m); the job goes on", metavar="DURATION", convert=parse_duration)
TEMPLATE = Option("names by a template, like 'shard-{001..999}.tar'")
PREFIX = Option("names that begin so", completes=("object",))
LIST = Option("names, with commas between", flags=("--list",), metavar="NAMES")
UNITS = Option("how sizes are shown", choices=SIZE_UNITS, preference="units")
HEADER = Option("send this header to the source, 'Name: value'; may be said several times", flags=("--header",))
FLAT = Option("only what is right below the prefix", flags=("--nr", "--non-recursive"))
AS_JSON = Option("as JSON text", flags=("--json", "-j"))
WORKERS = Option("how many work at once; 0 lets the endpoint decide", flags=("--num-workers",), metavar="N")
LATEST = Option("of a bucket elsewhere (clouds) look there for newer versions")
VERBOSE = Option("say more", flags=("--verbose", "-v"))

#: Flags of the ``ais`` CLI that say how its lines are printed, how often it looks, or by which pieces and checks bytes
#: go: values here are tables and jobs, which show themselves, and all bytes are checked. Every command takes them, and
#: does the same; those that come with a value are in the second set.
ONLY_PRINTING = frozenset(
    (
        "--no-headers", "-H", "--no-footers", "-F", "--silent", "--paged", "--non-verbose", "--nv", "--verbose", "-v",
        "--encode-objname", "--skip-lookup", "--dont-add", "--dont-wait", "--date-time", "--compact", "-c",
        "--checksum", "--compute-checksum", "--skip-vc", "--mpd", "--blob-download",
    )
)  # fmt: skip
ONLY_PRINTING_WITH_VALUE = frozenset(
    (
        "--refresh", "--progress-interval", "--count", "--units", "--chunk-size", "--num-workers", "--retries",
        "--blob-threshold", "--blob-chunk-size", "--blob-num-workers",
    )
)  # fmt: skip
