"""``create``, ``show bucket`` and ``show object``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import AS_JSON
from aisnb.commands.properties import flattened, read_properties, readable
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
    props: Annotated[str, Option("properties of new ones: NAME=VALUE ..., or JSON", metavar="TEXT")] = "",
    force: Annotated[bool, Option("accepted for the ais CLI's sake", flags=("--force", "-f"))] = False,
) -> Message:
    """Make buckets; one that is there already stays as it is.

    Example:
        %ais create ais://abc
        %ais create ais://abc --props 'mirror.enabled=true mirror.copies=2'
    """
    lines = []
    chosen = read_properties(tuple(props.split()) if not props.startswith("{") else (props,)) if props else {}
    for bucket in [parse_bucket(each) for each in buckets]:
        if context.client().create(str(bucket), properties=chosen):
            lines.append(f'"{bucket}" created')
        else:
            lines.append(f'Bucket "{bucket}" already exists')
    return Message("\n".join(lines), value=" ".join(map(str, map(parse_bucket, buckets))))


@command("show bucket", aliases=("bucket show", "bucket props", "bucket props show"))
def show_bucket(
    context: Context,
    bucket: Annotated[str, Argument("the bucket", completes=("bucket",))],
    section: Annotated[str, Argument("only properties in whose names this is, like versioning")] = "",
    *,
    as_json: Annotated[bool, AS_JSON] = False,
    add: Annotated[bool, Option("accepted for the ais CLI's sake")] = False,
) -> DataFrame | Message:
    """Show what is known of a bucket, a property in each row.

    Example:
        %ais show bucket ais://abc
        %ais show bucket ais://abc mirror
    """
    found = context.client().properties(bucket)
    if as_json:
        return Message(json.dumps(found, indent=2))
    summary = context.client().summary(str(parse_bucket(bucket)))
    rows = {str(name): summary[name].tolist()[0] for name in summary if summary[name].notna().iloc[0]}
    rows |= {f"bucket.{name}": readable(name, value) for name, value in flattened(found)}
    return _rows({name: value for name, value in rows.items() if section in name})


@command("bucket props set")
def set_properties(
    context: Context,
    bucket: Annotated[str, Argument("the bucket", completes=("bucket",))],
    words: Annotated[tuple[str, ...], Argument("NAME=VALUE, or all of it as JSON", metavar="PROPERTY")],
    *,
    force: Annotated[bool, Option("accepted for the ais CLI's sake", flags=("--force", "-f"))] = False,
    skip: Annotated[bool, Option("accepted for the ais CLI's sake", flags=("--skip",))] = False,
) -> Message:
    """Change properties of a bucket.

    The local node knows access (su, rw, ro, or a number), and the numbers of what is off; a cluster knows them all,
    such as backend_bck=s3://bucket.

    Example:
        %ais bucket props set ais://abc access=ro
        %ais bucket props set ais://abc mirror.enabled=true mirror.copies=2
    """
    context.client().set_properties(bucket, read_properties(words))
    return Message("Bucket props successfully updated.", value=str(parse_bucket(bucket)))


@command("bucket props reset")
def reset_properties(
    context: Context, bucket: Annotated[str, Argument("the bucket", completes=("bucket",))]
) -> Message:
    """Give a bucket the properties of a new one.

    Example:
        %ais bucket props reset ais://abc
    """
    context.client().reset_properties(bucket)
    return Message("Bucket props successfully reset.", value=str(parse_bucket(bucket)))


@command("show object", aliases=("object show",))
def show_object(
    context: Context,
    place: Annotated[str, Argument("the object", metavar="OBJECT", completes=("object", "bucket"))],
    *,
    props: Annotated[str, Option("only these, with commas between; all by default")] = "all",
    everything: Annotated[bool, Option("all properties, which is the default", flags=("--all",))] = False,
    not_cached: Annotated[bool, Option("also where it is not in the cluster")] = False,
    as_json: Annotated[bool, AS_JSON] = False,
) -> DataFrame | Message:
    """Show what is known of an object, a property in each row.

    Example:
        %ais show object ais://abc/shard-001.tar
        %ais show object ais://abc/shard-001.tar --props checksum,custom
    """
    bucket, name = parse_object(place)
    cached = None if bucket.provider == "ais" or not_cached else True
    found = context.client().ls(str(bucket), prefix=name, props=props, cached=cached, limit=1)
    if found["name"].tolist() != [name]:
        raise ObjectNotFound(f"object \"{name}\" not found in {bucket}. '%ais ls {bucket}' shows what is there.")
    known = {name: found[name].tolist()[0] for name in found.columns if found[name].notna().iloc[0]}
    return Message(json.dumps(known, default=str, indent=2)) if as_json else _rows(known)


def _rows(known: dict[str, Any]) -> DataFrame:
    """Return what is known, a property in each row."""
    from pandas import DataFrame

    from aisnb.explore.tables import mark

    return mark(DataFrame({"property": list(known), "value": list(known.values())}, dtype=object))
