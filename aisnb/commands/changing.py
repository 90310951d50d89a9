"""``cp``, ``mv``, ``set-custom`` and ``archive bucket``: objects are copied, renamed, put together where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import follow
from aisnb.commands.options import FLAT, LATEST, LIST, PREFIX, PROGRESS, TEMPLATE, TIMEOUT, WAIT, WORKERS
from aisnb.commands.results import Message
from aisnb.commands.selection import directory_of, nothing_in, select_objects
from aisnb.errors import UsageError
from aisnb.templates import Template
from aisnb.uris import parse_bucket, parse_object, parse_uri

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.client import Job
    from aisnb.commands.context import Context
    from aisnb.commands.selection import Selection

_SOURCE = Argument("bucket, bucket/object, bucket/directory/ or bucket/template", completes=("object", "bucket"))
_OBJECT = Argument("the object", metavar="OBJECT", completes=("object", "bucket"))


@command("cp", aliases=("bucket cp", "object cp"))
def copy(
    context: Context,
    source: Annotated[str, _SOURCE],
    destination: Annotated[
        str, Argument("bucket or bucket/directory/; for one object also its new name", completes=("bucket",))
    ],
    *,
    template: Annotated[str, TEMPLATE] = "",
    names: Annotated[str, LIST] = "",
    prefix: Annotated[str, PREFIX] = "",
    prepend: Annotated[str, Option("put this in front of the copies' names", metavar="TEXT")] = "",
    everything: Annotated[bool, Option("all of the bucket, which is the default", flags=("--all",))] = False,
    non_recursive: Annotated[bool, FLAT] = False,
    latest: Annotated[bool, LATEST] = False,
    sync: Annotated[bool, Option("as --latest, and remove here what is gone there")] = False,
    num_workers: Annotated[int, WORKERS] = 0,
    force: Annotated[bool, Option("although another copy of it runs", flags=("--force", "-f"))] = False,
    cont_on_err: Annotated[bool, Option("go on after an object that cannot be copied")] = False,
    dry_run: Annotated[bool, Option("only say what would be copied, as a DataFrame")] = False,
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
) -> Job | Message | DataFrame:
    """Copy a bucket, or objects of it, into another bucket: a job, but for a single object.

    No byte comes through this machine. The destination is made if there is none. What is there is copied; a name that
    is not there fails, also one of a template. --latest, --sync, --num-workers, --force and --cont-on-err are a
    cluster's: the local node has nothing that they could change.

    Example:
        %ais cp ais://abc ais://copy --wait
        %ais cp ais://abc/shard-{001..010}.tar ais://copy
        %ais cp ais://abc/notes.txt ais://copy/old/notes.txt
        %ais cp ais://abc ais://copy --prefix train/ --dry-run
    """
    if is_directory := not prefix:
        source, prefix = directory_of(source)
    _, rest = parse_uri(source)
    one = bool(rest) and not Template(rest, braces_only=True).is_range
    if everything and (rest or template or names or prefix):
        raise UsageError(f"'--all' and a choice of objects of '{source}' exclude each other. Say one of them.")
    client = context.client()
    if dry_run:
        chosen_here = select_objects(
            source, template=template, prefix=prefix or None, names=names,
            everything=not (rest or template or prefix or names), flat=non_recursive,
        )  # fmt: skip
        return _copies(context, chosen_here, destination, prepend)
    if one and not (template or names or prefix):
        target, given = parse_uri(destination)
        client.create(str(target))
        copied = client.copy_object(source, f"{target}/{prepend}{given}" if prepend or given else str(target))
        return Message(f"COPY {source} => {copied}", value=copied)
    chosen = [name.strip() for name in names.split(",") if name.strip()] or None
    if prefix:
        _check_prefix(context, source, prefix, is_directory=is_directory)
    job = client.copy(
        source, destination, template=template, names=chosen, prefix=prefix, prepend=prepend, flat=non_recursive,
        workers=num_workers, latest=latest, sync=sync, force=force, keep_going=cont_on_err,
    )  # fmt: skip
    return follow(context, job, wait=wait, progress=progress, timeout=timeout)


def _check_prefix(context: Context, source: str, prefix: str, *, is_directory: bool) -> None:
    """Say that nothing in a bucket begins with a prefix.

    Raises:
        ObjectNotFound: it is a directory that was named.
    """
    bucket = parse_bucket(source)
    cached = True if bucket.provider == "ht" else None
    if not context.client().ls(source, prefix=prefix, cached=cached, limit=1).empty:
        return
    if is_directory:
        raise nothing_in(source, prefix)
    context.note(f"No name in {bucket} begins with '{prefix}'.")


def _copies(context: Context, chosen: Selection, destination: str, prepend: str) -> DataFrame:
    """Return what a copy would bring: ``name``, and where it would go, ``copy``."""
    from pandas import DataFrame

    from aisnb.explore.tables import mark

    target, rest = parse_uri(destination)
    directory = rest.strip("/") + "/" if rest.strip("/") else ""
    names = chosen.names(context.client())
    copies = [target / f"{directory}{prepend}{name}" for name in names]
    if chosen.name and rest and not rest.endswith("/"):
        copies = [target / (prepend + rest)]
    return mark(DataFrame({"name": names, "copy": copies}, dtype="str"))


@command("bucket mv")
def move_bucket(
    context: Context,
    bucket: Annotated[str, Argument("the bucket", completes=("bucket",))],
    name: Annotated[str, Argument("what it is to be called", metavar="NEW")],
    *,
    wait: Annotated[bool, WAIT] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
) -> Job:
    """Give a bucket another name.

    Example:
        %ais bucket mv ais://abc ais://new --wait
    """
    if parse_bucket(bucket) == parse_bucket(name):
        raise UsageError(f"'{bucket}' is called so already. Say another name.")
    return follow(context, context.client().rename_bucket(bucket, name), wait=wait, timeout=timeout)


@command("object mv")
def move_object(
    context: Context,
    place: Annotated[str, _OBJECT],
    name: Annotated[str, Argument("what it is to be called", metavar="NEW")],
) -> Message:
    """Give an object another name in its bucket.

    Example:
        %ais object mv ais://abc/notes.txt old/notes.txt
    """
    bucket, old = parse_object(place)
    new = parse_object(name)[1] if name.startswith(f"{bucket}/") else name
    if "://" in new:
        raise UsageError(f"'{name}' is not in {bucket}, and an object stays in its bucket. '%ais cp' copies elsewhere.")
    moved = context.client().rename_object(place, new)
    return Message(f'"{old}" moved to "{new}"', value=moved)


@command("object set-custom")
def set_custom(
    context: Context,
    place: Annotated[str, _OBJECT],
    words: Annotated[tuple[str, ...], Argument("what to note, like split=train", metavar="KEY=VALUE")],
    *,
    replace: Annotated[bool, Option("forget what was noted before", flags=("--set-new-custom",))] = False,
) -> Message:
    """Note words with an object; ``ls --props custom`` and ``show object`` show them.

    Example:
        %ais object set-custom ais://abc/shard-001.tar split=train
    """
    values = dict(word.partition("=")[::2] for word in words)
    if not all("=" in word and word.partition("=")[0] for word in words):
        raise UsageError(f"'{' '.join(words)}' is not KEY=VALUE. Write it like split=train.")
    context.client().set_custom(place, values, replace=replace)
    return Message(f"Custom properties of {place} updated", value=place)


@command("archive bucket")
def archive_bucket(
    context: Context,
    source: Annotated[str, _SOURCE],
    destination: Annotated[str, Argument("bucket/shard.tar, .tgz or .zip", completes=("bucket",))],
    *,
    template: Annotated[str, TEMPLATE] = "",
    names: Annotated[str, LIST] = "",
    prefix: Annotated[str, PREFIX] = "",
    append: Annotated[bool, Option("keep what is in the shard already", ("--append", "--append-or-put"))] = False,
    non_recursive: Annotated[bool, FLAT] = False,
    include_src_bck: Annotated[bool, Option("names in the shard begin with the bucket's")] = False,
    cont_on_err: Annotated[bool, Option("go on without what is not there")] = False,
    dry_run: Annotated[bool, Option("only say what would be packed, as a DataFrame")] = False,
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
) -> Job | DataFrame:
    """Pack objects of a bucket into one shard.

    It is made only if all is there that was named, also by a template, unless --cont-on-err is said.

    Example:
        %ais archive bucket ais://abc/image-{001..100}.png ais://abc/images.tar --wait
    """
    if is_directory := not prefix:
        source, prefix = directory_of(source)
    chosen = [name.strip() for name in names.split(",") if name.strip()] or None
    client = context.client()
    if dry_run or non_recursive:
        everything = not (parse_uri(source)[1] or template or prefix or names)
        here = select_objects(
            source, template=template, prefix=prefix or None, names=names, everything=everything, flat=non_recursive
        )
        if dry_run:
            bucket, shard = parse_object(destination)
            return _copies(context, here, f"{bucket / shard}/", "")
        source, template, prefix, chosen = str(here.bucket), "", "", here.names(client)
    if prefix:
        _check_prefix(context, source, prefix, is_directory=is_directory)
    job = client.archive(
        source, destination, template=template, names=chosen, prefix=prefix, append=append,
        with_bucket=include_src_bck, keep_going=cont_on_err,
    )  # fmt: skip
    return follow(context, job, wait=wait, progress=progress, timeout=timeout)
