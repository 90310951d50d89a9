"""``sizes``: how bytes are spread over objects, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import PREFIX
from aisnb.commands.words import table_in

if TYPE_CHECKING:
    from aisnb.commands.context import Context
    from aisnb.explore.sizes import Sizes

_OF = Argument(
    "bucket, bucket/prefix, web directory, template of links, or table with columns name and size",
    completes=("bucket", "link"),
    table=True,
)
_DEPTH = Option("how many directories deep the treemap goes; 0 for the first depth with more than one", metavar="N")
_TO = Option("write the picture to this file as well, .png, .svg or .pdf", flags=("--to",), metavar="FILE")


@command("sizes")
def sizes(
    context: Context,
    source: Annotated[str, _OF],
    *,
    prefix: Annotated[str, PREFIX] = "",
    archive: Annotated[bool, Option("of what is inside shards, see 'archive ls'")] = False,
    depth: Annotated[int, _DEPTH] = 0,
    to: Annotated[str, _TO] = "",
) -> Sizes:
    """Show how sizes are spread: histogram, cumulative share, treemap, largest and smallest, kinds of files.

    The value has the numbers as DataFrames: .summary, .histogram, .cumulative, .prefixes, .extensions, .largest,
    .smallest; .figure() is matplotlib's, .save(FILE) writes it. A table of members of shards is shown by shard.

    Example:
        %ais sizes ais://abc
        %ais sizes ais://abc/train/ --depth 2 --to sizes.pdf
        %ais sizes ais://abc --archive
        %ais sizes $df
    """
    from aisnb.explore.pictures import NOT_INSTALLED, can_draw
    from aisnb.explore.sizes import sizes as sizes_of

    found = sizes_of(table_in(source), prefix=prefix, depth=depth, archive=archive, client=context.client())
    if to:
        context.note(f"Wrote the picture to {found.save(to)}")
    elif not can_draw():
        context.note(NOT_INSTALLED)
    return found
