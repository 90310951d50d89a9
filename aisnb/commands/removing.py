"""``rmo``, ``rmb`` and ``evict``: what is there goes away, on purpose only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import ALWAYS_WAITS, LIST, TEMPLATE, YES
from aisnb.commands.parallel import for_each
from aisnb.commands.results import Message
from aisnb.commands.selection import select_objects
from aisnb.errors import BucketNotFound, ConfirmationNeeded, UsageError
from aisnb.templates import Template
from aisnb.units import plural
from aisnb.uris import parse_bucket, parse_uri

if TYPE_CHECKING:
    from aisnb.commands.context import Context
    from aisnb.commands.selection import Selection

_PLACES = Argument(
    "bucket/object, bucket/template; or bucket with a flag", metavar="OBJECT", completes=("object", "bucket")
)
_PREFIX = Option("all whose names begin so", completes=("object",))
_ALL = Option("every object of the bucket", flags=("--all",))


@command("rmo", aliases=("object rm",), destructive=True)
def remove_objects(
    context: Context,
    places: Annotated[tuple[str, ...], _PLACES],
    *,
    template: Annotated[str, TEMPLATE] = "",
    prefix: Annotated[str | None, _PREFIX] = None,
    names: Annotated[str, LIST] = "",
    everything: Annotated[bool, _ALL] = False,
    yes: Annotated[bool, YES] = False,
    wait: Annotated[bool, ALWAYS_WAITS] = False,
) -> Message:
    """Remove objects from buckets; more than one only with ``-y``.

    Example:
        %ais rmo ais://abc/notes.txt
        %ais rmo ais://abc/shard-{001..010}.tar -y
        %ais rmo ais://abc --all -y
    """
    chosen = [
        select_objects(place, template=template, prefix=prefix, names=names, everything=everything) for place in places
    ]
    return _remove(context, chosen, "deleted", yes=yes)


@command("evict", aliases=("bucket evict", "object evict"), destructive=True)
def evict(
    context: Context,
    places: Annotated[tuple[str, ...], _PLACES],
    *,
    template: Annotated[str, TEMPLATE] = "",
    prefix: Annotated[str | None, _PREFIX] = None,
    names: Annotated[str, LIST] = "",
    yes: Annotated[bool, YES] = False,
    wait: Annotated[bool, ALWAYS_WAITS] = False,
) -> Message:
    """Forget what is here of a bucket that lies elsewhere (``ht://``, clouds); there, nothing changes.

    Example:
        %ais evict ht://MzU3MTg4YTc1M2VlZTJhZA -y
    """
    for place in places:
        bucket, _ = parse_uri(place)
        if bucket.provider == "ais":
            raise UsageError(f"{bucket} lies nowhere else, so evicting would destroy it. Say '%ais rmo' or '%ais rmb'.")
    if not (template or names or prefix is not None) and all(not parse_uri(place)[1] for place in places):
        return _remove_buckets(context, places, "Evicted bucket {}", yes=yes, missing_is_fine=False)
    chosen = [select_objects(place, template=template, prefix=prefix, names=names) for place in places]
    return _remove(context, chosen, "evicted", yes=yes)


@command("rmb", aliases=("bucket rm",), destructive=True)
def remove_buckets(
    context: Context,
    buckets: Annotated[tuple[str, ...], Argument("the buckets", metavar="BUCKET", completes=("bucket",))],
    *,
    ignore_error: Annotated[bool, Option("a bucket that is not there is no error")] = False,
    yes: Annotated[bool, YES] = False,
) -> Message:
    """Remove buckets; those that are not empty only with ``-y``.

    Example:
        %ais rmb ais://abc -y
    """
    return _remove_buckets(context, buckets, '"{}" destroyed', yes=yes, missing_is_fine=ignore_error)


def _remove_buckets(
    context: Context, buckets: tuple[str, ...], text: str, *, yes: bool, missing_is_fine: bool
) -> Message:
    lines = []
    for bucket in [parse_bucket(each) for each in buckets]:
        try:
            context.client().remove(str(bucket), yes=yes)
            lines.append(text.format(bucket))
        except BucketNotFound:
            if not missing_is_fine:
                raise
            lines.append(f'"{bucket}" is not there, nothing to do')
    return Message("\n".join(lines))


def _remove(context: Context, chosen: list[Selection], done: str, *, yes: bool) -> Message:
    client = context.client()
    if len(chosen) == 1 and chosen[0].name:
        bucket, name = chosen[0].bucket, chosen[0].name
        client.remove(bucket / name)
        return Message(f'{done} "{name}" from {bucket}', value=bucket / name)
    lines = []
    todo = [(selection, selection.names(client)) for selection in chosen]
    total = sum(len(names) for _, names in todo)
    if total > 1 and not yes:
        where = ", ".join(str(selection.bucket) for selection in chosen)
        raise ConfirmationNeeded(f"This would remove {plural(total, 'object')} from {where}. Say -y to do it.")
    for selection, names in todo:
        _note_missing(context, selection, names)
        if names and Template(selection.template, braces_only=True).is_range:
            client.remove(selection.bucket / selection.template, yes=True)
        else:
            for_each(context, "remove", [selection.bucket / name for name in names], client.remove)
        lines.append(f"{done.capitalize()} {plural(len(names), 'object')} from {selection.bucket}")
    return Message("\n".join(lines), value=total)


def _note_missing(context: Context, selection: Selection, names: list[str]) -> None:
    """Say which of the objects that were meant are not there.

    That is no error for a template or prefix, and is one for names, as for AIStore (``xact/xs/evict_delete.go``).
    """
    template = Template(selection.template)
    if not template.is_range or template.unbounded:
        if not names:
            wanted = selection.template or selection.prefix
            context.note(f"No name in {selection.bucket} begins with or fits '{wanted}'.")
        return
    missing = len(template) - len(names)
    if missing:
        here = set(names)
        first = next(name for name in template if name not in here)
        context.note(
            f"{missing:,} of the {plural(len(template), 'name')} of '{selection.template}' "
            f"{'was' if missing == 1 else 'were'} not in {selection.bucket}; the first is '{first}'."
        )
