"""``rmo``, ``rmb`` and ``evict``: what is there goes away, on purpose only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import follow
from aisnb.commands.options import ALWAYS_WAITS, FLAT, LIST, PROGRESS, TEMPLATE, TIMEOUT, YES
from aisnb.commands.parallel import for_each
from aisnb.commands.results import Message
from aisnb.commands.selection import pointing_out_directory, select_objects
from aisnb.errors import BucketNotFound, ConfirmationNeeded, UsageError
from aisnb.templates import Template
from aisnb.units import plural
from aisnb.uris import parse_bucket, parse_uri

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context
    from aisnb.commands.selection import Selection

_PLACES = Argument(
    "bucket/object, bucket/directory/, bucket/template; or bucket with a flag",
    metavar="OBJECT",
    completes=("object", "bucket"),
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
    non_recursive: Annotated[bool, FLAT] = False,
    yes: Annotated[bool, YES] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
    wait: Annotated[bool, ALWAYS_WAITS] = False,
) -> Message:
    """Remove objects from buckets; more than one only with ``-y``.

    Example:
        %ais rmo ais://abc/notes.txt
        %ais rmo ais://abc/train/ -y
        %ais rmo ais://abc/shard-{001..010}.tar -y
        %ais rmo ais://abc --all -y
    """
    chosen = [
        select_objects(place, template=template, prefix=prefix, names=names, everything=everything, flat=non_recursive)
        for place in places
    ]
    return _remove(context, chosen, "deleted", yes=yes, progress=progress, timeout=timeout)


@command("evict", aliases=("bucket evict", "object evict"), destructive=True)
def evict(
    context: Context,
    places: Annotated[tuple[str, ...], _PLACES],
    *,
    template: Annotated[str, TEMPLATE] = "",
    prefix: Annotated[str | None, _PREFIX] = None,
    names: Annotated[str, LIST] = "",
    everything: Annotated[bool, _ALL] = False,
    non_recursive: Annotated[bool, FLAT] = False,
    keep_md: Annotated[bool, Option("keep the bucket itself, empty", flags=("--keep-md", "-k"))] = False,
    dry_run: Annotated[bool, Option("only say what would go, as a DataFrame")] = False,
    yes: Annotated[bool, YES] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
    wait: Annotated[bool, ALWAYS_WAITS] = False,
) -> Message | DataFrame:
    """Forget what is here of a bucket that lies elsewhere (``ht://``, clouds); there, nothing changes.

    Example:
        %ais evict ht://MzU3MTg4YTc1M2VlZTJhZA -y
        %ais evict ht://MzU3MTg4YTc1M2VlZTJhZA --prefix train/ -y
    """
    for place in places:
        bucket, _ = parse_uri(place)
        if bucket.provider == "ais":
            raise UsageError(f"{bucket} lies nowhere else, so evicting would destroy it. Say '%ais rmo' or '%ais rmb'.")
    whole = not (template or names or prefix is not None) and all(not parse_uri(place)[1] for place in places)
    if whole and not dry_run:
        return _remove_buckets(context, places, "Evicted bucket {}", yes=yes, missing_is_fine=False, keep=keep_md)
    chosen = [
        select_objects(
            place, template=template, prefix=prefix, names=names, everything=everything or whole, flat=non_recursive
        )
        for place in places
    ]
    if dry_run:
        return _would_go(context, chosen)
    return _remove(context, chosen, "evicted", yes=yes, progress=progress, timeout=timeout)


@command("rmb", aliases=("bucket rm",), destructive=True)
def remove_buckets(
    context: Context,
    buckets: Annotated[tuple[str, ...], Argument("the buckets", metavar="BUCKET", completes=("bucket",))] = (),
    *,
    everything: Annotated[bool, Option("every ais:// bucket there is", flags=("--all",))] = False,
    ignore_error: Annotated[bool, Option("a bucket that is not there is no error")] = False,
    yes: Annotated[bool, YES] = False,
) -> Message:
    """Remove buckets; those that are not empty only with ``-y``, and so all of them.

    Example:
        %ais rmb ais://abc -y
    """
    if bool(buckets) == everything:
        raise UsageError("Say which buckets to remove, by their names, or every ais:// bucket, by --all. One of them.")
    if everything:
        buckets = tuple(context.client().buckets("ais")["name"])
        if not yes:
            raise ConfirmationNeeded(f"This would remove {plural(len(buckets), 'bucket')}. Say -y to do it.")
    return _remove_buckets(context, buckets, '"{}" destroyed', yes=yes, missing_is_fine=ignore_error)


def _remove_buckets(
    context: Context, buckets: tuple[str, ...], text: str, *, yes: bool, missing_is_fine: bool, keep: bool = False
) -> Message:
    lines = []
    for bucket in [parse_bucket(each) for each in buckets]:
        try:
            context.client().remove(str(bucket), yes=yes, keep=keep)
            lines.append(text.format(bucket))
        except BucketNotFound:
            if not missing_is_fine:
                raise
            lines.append(f'"{bucket}" is not there, nothing to do')
    return Message("\n".join(lines))


def _would_go(context: Context, chosen: list[Selection]) -> DataFrame:
    """Return what is meant, an object in each row: ``bucket`` and ``name``."""
    from pandas import DataFrame

    client = context.client()
    rows = [(str(selection.bucket), name) for selection in chosen for name in selection.names(client)]
    return DataFrame(rows, columns=["bucket", "name"], dtype="str")


def _remove(
    context: Context, chosen: list[Selection], done: str, *, yes: bool, progress: bool, timeout: float | None
) -> Message:
    client = context.client()
    if len(chosen) == 1 and chosen[0].name:
        bucket, name = chosen[0].bucket, chosen[0].name
        place = bucket / name
        with pointing_out_directory(client, place, f"'%ais rmo {place}/ -y' removes all that is in it"):
            client.remove(place)
        return Message(f'{done} "{name}" from {bucket}', value=bucket / name)
    lines = []
    todo = [(selection, selection.names(client)) for selection in chosen]
    total = sum(len(names) for _, names in todo)
    if total > 1 and not yes:
        where = ", ".join(str(selection.bucket) for selection in chosen)
        raise ConfirmationNeeded(f"This would remove {plural(total, 'object')} from {where}. Say -y to do it.")
    for selection, names in todo:
        _note_missing(context, selection, names)
        if names and not selection.name and not selection.listed:
            by_name = names if selection.flat else None
            job = client.delete(
                str(selection.bucket),
                template=selection.template,
                prefix="" if by_name else selection.prefix or "",
                names=by_name,
                yes=True,
            )
            follow(context, job, wait=True, progress=progress, timeout=timeout)
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
