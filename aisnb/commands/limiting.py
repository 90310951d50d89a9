"""``limit``: how much a job may fetch at once, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Option, command
from aisnb.commands.jobs import ONE_JOB, one_job
from aisnb.errors import UsageError
from aisnb.units import parse_size

if TYPE_CHECKING:
    from aisnb.client import Job
    from aisnb.commands.context import Context

_CONNECTIONS = Option("connections at once; 0 lets the node decide", ("--max-conns", "--limit-connections"), "N")
_RATE = Option(
    "bytes per hour at most, like 10GiB; 0 for no limit",
    ("--limit-bph", "--limit-bytes-per-hour"),
    "SIZE",
    convert=parse_size,
)


@command("limit", aliases=("job limit",))
def limit(
    context: Context,
    words: Annotated[tuple[str, ...], ONE_JOB],
    *,
    max_conns: Annotated[int | None, _CONNECTIONS] = None,
    limit_bph: Annotated[int | None, _RATE] = None,
) -> Job:
    """Change a job's limits, also while it runs; what is not said stays as it is.

    Files on their way keep their connections until they are here. A retry has the same limits.

    Example:
        %ais limit dnl-SDuNm685R --max-conns 4
        %ais limit dnl-SDuNm685R --limit-bph 0
    """
    job = one_job(context, "limit", words)
    if max_conns is None and limit_bph is None:
        raise UsageError(
            f"'%ais limit {job.id}' says no limit. Give --max-conns (connections at once), --limit-bph (bytes per "
            "hour), or both; 0 takes a limit away."
        )
    return job.limit(connections=max_conns, bytes_per_hour=limit_bph)
