"""``scrub``: which objects of buckets are misplaced, empty, huge, or without their copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import FLAT, PREFIX
from aisnb.errors import UsageError
from aisnb.units import parse_size
from aisnb.uris import parse_provider, parse_uri

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context

_PLACE = Argument("bucket, bucket/prefix, or a provider; default: all", completes=("bucket", "object"))
_SMALL = Option("so many bytes or fewer are small", metavar="SIZE", convert=parse_size)
_LARGE = Option("so many bytes or more are large", metavar="SIZE", convert=parse_size)
_LARGE_BYTES = 5 << 30


@command("scrub", aliases=("storage validate",))
def scrub(
    context: Context,
    place: Annotated[str, _PLACE] = "",
    *,
    prefix: Annotated[str, PREFIX] = "",
    small_size: Annotated[int, _SMALL] = 0,
    large_size: Annotated[int, _LARGE] = _LARGE_BYTES,
    limit: Annotated[int, Option("look at so many objects of a bucket at most; 0 for all", metavar="N")] = 0,
    cached: Annotated[bool, Option("only what is in the cluster")] = False,
    non_recursive: Annotated[bool, FLAT] = False,
    all_columns: Annotated[bool, Option("also columns in which there is nothing")] = False,
) -> DataFrame:
    """Count the objects of buckets that are misplaced, empty, huge, or lack copies: a row for each bucket.

    It reads listings, no bytes. '%ais check' holds a bucket against a template or a source.

    Example:
        %ais scrub ais://abc
        %ais scrub ais://abc --small-size 1KiB --large-size 1GiB
    """
    from aisnb.explore.scrubbing import PROPS, scrubbed
    from aisnb.explore.tables import mark

    if small_size >= large_size:
        raise UsageError(f"--small-size ({small_size}) must be below --large-size ({large_size}). Say other sizes.")
    client = context.client()
    provider = parse_provider(place) if place else ""
    if provider is None:
        bucket, rest = parse_uri(place)
        buckets, begin = [str(bucket)], prefix or rest
    else:
        buckets, begin = client.buckets(provider)["name"].tolist(), prefix
    here = True if cached else None
    listings: dict[str, DataFrame] = {}
    copies: dict[str, int] = {}
    for each in buckets:
        found = client.ls(each, prefix=begin, props=PROPS, cached=here, limit=limit or None, flat=non_recursive)
        listings[each] = found[~found["name"].str.endswith("/")]
        mirror = client.properties(each).get("mirror") or {}
        copies[each] = int(mirror.get("copies", 1)) if mirror.get("enabled") else 1
    counted = scrubbed(listings, copies, small_size, large_size)
    always = ("bucket", "objects", "size", "small", "large")
    shown = [name for name in counted.columns if all_columns or name in always or counted[name].any()]
    return mark(counted[shown])
