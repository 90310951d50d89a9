"""``create``, ``show bucket`` and ``show object``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.results import Message
from aisnb.errors import ObjectNotFound
from aisnb.uris import parse_bucket, parse_object

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context


@command("create", aliases=("bucket create",))
def create(
    context: Context,
    buckets: Annotated[tuple[str, ...], Argument("the buckets", metavar="BUCKET", completes=("bucket",))],
    *,
    ignore_error: Annotated[
        bool, Option("accepted for the ais CLI's sake: a bucket that exists is no error here")
    ] = False,
) -> Message:
    """Make buckets; one that is there already stays as it is.

    Example:
        %ais create ais://abc
    """
    lines = []
    for bucket in [parse_bucket(each) for each in buckets]:
        if context.client().create(str(bucket)):
            lines.append(f'"{bucket}" created')
        else:
            lines.append(f'Bucket "{bucket}" already exists')
    return Message("\n".join(lines), value=" ".join(map(str, map(parse_bucket, buckets))))


@command("show bucket", aliases=("bucket show", "bucket props", "bucket props show"))
def show_bucket(
    context: Context,
    bucket: Annotated[str, Argument("the bucket", completes=("bucket",))],
) -> DataFrame:
    """Show what is known of a bucket, a property in each row.

    Example:
        %ais show bucket ais://abc
    """
    return _properties(context.client().summary(str(parse_bucket(bucket))))


@command("show object", aliases=("object show",))
def show_object(
    context: Context,
    place: Annotated[str, Argument("the object", metavar="OBJECT", completes=("object", "bucket"))],
) -> DataFrame:
    """Show what is known of an object, a property in each row.

    Example:
        %ais show object ais://abc/shard-001.tar
    """
    bucket, name = parse_object(place)
    cached = None if bucket.provider == "ais" else True
    found = context.client().ls(str(bucket), prefix=name, props="all", cached=cached, limit=1)
    if found["name"].tolist() != [name]:
        raise ObjectNotFound(f"object \"{name}\" not found in {bucket}. '%ais ls {bucket}' shows what is there.")
    return _properties(found)


def _properties(row: DataFrame) -> DataFrame:
    """Return the first row on its side, without what is not known."""
    from pandas import DataFrame

    from aisnb.explore.tables import mark

    known = {name: row[name].tolist()[0] for name in row.columns if row[name].notna().iloc[0]}
    return mark(DataFrame({"property": list(known), "value": list(known.values())}, dtype=object))
