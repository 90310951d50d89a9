"""``check``: a bucket held against a template and its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import UNITS

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context

_BUCKET = Argument("bucket, or bucket/directory/", completes=("bucket",))
_TEMPLATE = Option("names that should be there, like 'shard-{001..999}.tar'; default: what the names look like")
_SOURCE = Option("web directory, or template of links, that the objects came from", metavar="LINK", completes=("link",))


@command("check")
def check(
    context: Context,
    bucket: Annotated[str, _BUCKET],
    *,
    template: Annotated[str, _TEMPLATE] = "",
    source: Annotated[str, _SOURCE] = "",
    strict: Annotated[bool, Option("fail if there is a problem, for notebooks that run unattended")] = False,
    units: Annotated[str, UNITS] = "iec",
) -> DataFrame:
    """Hold a bucket against a template of names, and against the source that it was filled from.

    Returns a row per problem: name, problem, size, expected. Problems are: missing, extra, zero-size, and with --source
    changed (another version there now) and truncated (smaller than there); and outlier: a size more than twice, or
    less than half, the median, and far from it compared with the others (six robust standard deviations of the
    logarithms; expected is then the median).

    Example:
        %ais check ais://abc --template 'shard-{001..999}.tar'
        %ais check ais://abc/train/ --source http://localhost:51061/train/ --strict
    """
    from aisnb.explore.checking import examine, refuse_problems
    from aisnb.explore.tables import mark

    found = examine(context.client(), bucket, template, source)
    problems = mark(found.problems, units)
    if strict:
        refuse_problems(found)
    context.note(f"{found.describe()}.")
    if found.suggestion:
        context.note(f"The names look like {found.suggestion}")
    return problems
