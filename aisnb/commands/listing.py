"""``ls`` and ``bucket summary``: what is there, as a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from aisnb.commands.archives import members_of
from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.handing import first_rows, handed_over, one_more
from aisnb.commands.options import PREFIX, TEMPLATE, UNITS
from aisnb.commands.planning import note_directories
from aisnb.commands.results import Message
from aisnb.errors import ObjectNotFound, UsageError
from aisnb.templates import Template
from aisnb.uris import is_link, link_directory, parse_bucket, parse_provider, parse_uri

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context
    from aisnb.explore.interactive import InteractiveTable

_PLACE = Argument("bucket, bucket/prefix or /template, provider (ht://), web directory", completes=("bucket", "object"))
_PROPS = Option("more columns: checksum,atime,version,location,copies,custom,status,chunked; or all")


_DIFF = Option("compare with what is elsewhere (clouds); adds status", flags=("--diff", "--check-versions"))
_FLAT = Option("only what is right below the prefix, and its directories", flags=("--nr", "--non-recursive"))
_PAGES = Option("at most so many pages of --page-size names (default 10000); 0 for all", metavar="N")
_PAGE = 10_000
_TO = Option("write the listing to this file, .parquet, .csv or .arrow", metavar="FILE", completes=("path",))


@command("ls", aliases=("bucket ls", "object ls"))
def ls(
    context: Context,
    place: Annotated[str, _PLACE] = "",
    *,
    prefix: Annotated[str, PREFIX] = "",
    template: Annotated[str, TEMPLATE] = "",
    regex: Annotated[str, Option("names in which this regular expression is found")] = "",
    props: Annotated[str, _PROPS] = "",
    chunked: Annotated[bool, Option("with a column that says what is stored in chunks")] = False,
    name_only: Annotated[bool, Option("names without sizes")] = False,
    limit: Annotated[int, Option("at most so many rows; 0 for all", metavar="N")] = 0,
    start_after: Annotated[str, Option("only names behind this one", metavar="NAME")] = "",
    max_pages: Annotated[int, _PAGES] = 0,
    page_size: Annotated[int, Option("names in a page, see --max-pages", metavar="N")] = 0,
    non_recursive: Annotated[bool, _FLAT] = False,
    no_dirs: Annotated[bool, Option("with --nr: without the directories")] = False,
    diff: Annotated[bool, _DIFF] = False,
    everything: Annotated[bool, Option("what is here and what is not, the default", flags=("--all",))] = False,
    cached: Annotated[bool, Option("only what is in the cluster")] = False,
    not_cached: Annotated[bool, Option("only what is not in the cluster")] = False,
    summary: Annotated[bool, Option("counts and sizes of buckets")] = False,
    count_only: Annotated[bool, Option("only how many there are")] = False,
    units: Annotated[str, UNITS] = "iec",
    to: Annotated[str, _TO] = "",
    archive: Annotated[bool, Option("what is inside shards, see 'archive ls'")] = False,
    interactive: Annotated[bool, Option("a table to sort, search and page through; in notebooks")] = False,
) -> DataFrame | Message | InteractiveTable:
    """List buckets, or the objects of one, as a DataFrame.

    Sizes are bytes in the DataFrame, and only shown rounded. A directory on the web is listed by its index page; an
    ht:// bucket by what is here and what that page lists beyond it (--cached: only what is here). Of a listing with
    --nr, directories are rows whose names end in a slash, without a size.

    Example:
        %ais ls
        %ais ls ht://
        df = %ais ls ais://abc --prefix train/ --props checksum,atime
        %ais ls ais://abc/shard-{001..010}.tar
        %ais ls http://localhost:51061/abc/
        %ais ls ais://abc --to listing.parquet
        %ais ls ais://abc/train/ --nr
        %ais ls ais://abc --archive
    """
    from aisnb.explore.listing import select

    if bool(to) + interactive + count_only > 1:
        raise UsageError("'--to', '--interactive' and '--count-only' each give another value. Say one of them.")
    if cached + not_cached + everything > 1:
        raise UsageError("'--cached', '--not-cached' and '--all' exclude each other. Leave out all to list everything.")
    limit = _most(limit, max_pages, page_size)
    props = f"{props},chunked" if chunked else props
    how = {"start_after": start_after, "flat": non_recursive, "diff": diff}
    if archive:
        if props or name_only or cached or not_cached or summary or any(how.values()):
            raise UsageError(
                "'--archive' lists members of shards: it goes with --prefix, --template, --regex, --limit."
            )
        found = members_of(context, _shards_at(place, template), prefix, regex=regex, limit=limit)
        return _counted(found) if count_only else handed_over(found, units, to, interactive=interactive)
    if not place or parse_provider(place) or (summary and not is_link(place)):
        found = _buckets(context, place, summary=summary)
    else:
        place, template = _template_of(place, template)
        begin = prefix or Template(template).prefix
        most = 0 if template or regex or no_dirs else one_more(limit)
        if is_link(place):
            if cached or not_cached or any(how.values()):
                raise UsageError(f"'{place}' is no bucket: nothing of it is in the cluster. List it without that flag.")
            found = _web_directory(context, place, begin, "name" if name_only or count_only else props, most)
        else:
            presence = True if cached else False if not_cached else None
            found = _objects(context, place, begin, props, presence, most, how)
            found = found[~found["name"].str.endswith("/")] if no_dirs else found
    chosen = select(found, template=template, regex=regex, limit=one_more(limit))
    chosen = first_rows(context, chosen, limit)
    if len(found) and chosen.empty:
        context.note(f"None of {len(found):,} names matches.")
    if count_only:
        return _counted(chosen)
    return handed_over(chosen[["name"]] if name_only else chosen, units, to, interactive=interactive)


@command("bucket summary", aliases=("storage summary", "summary"))
def summary(
    context: Context,
    bucket: Annotated[str, Argument("the bucket, or a provider; default: all", completes=("bucket",))] = "",
    *,
    prefix: Annotated[str, PREFIX] = "",
    cached: Annotated[bool, Option("only what is in the cluster, which is the default")] = False,
    units: Annotated[str, UNITS] = "iec",
) -> DataFrame:
    """Say how many objects buckets have, and their size; of one bucket also of what begins with a prefix.

    Example:
        %ais bucket summary ais://abc
        %ais bucket summary ais://abc/train/
    """
    from aisnb.explore.tables import mark

    rest = parse_uri(bucket)[1] if bucket and parse_provider(bucket) is None else ""
    begin = prefix or rest
    if not begin:
        return mark(_buckets(context, bucket, summary=True), units)
    if not bucket or parse_provider(bucket) is not None:
        raise UsageError(f"The prefix '{begin}' is one of a bucket's. Name the bucket.")
    name = str(parse_uri(bucket)[0])
    found = context.client().ls(name, prefix=begin, cached=None if name.startswith("ais://") else True)
    row = _buckets(context, name, summary=True)
    row["objects"], row["size"] = len(found), int(found["size"].sum())
    return mark(row, units)


def _most(limit: int, max_pages: int, page_size: int) -> int:
    """Return how many rows there may be, 0 for all: clusters are asked in pages of their own, whatever is shown."""
    for flag, number in (("--limit", limit), ("--max-pages", max_pages), ("--page-size", page_size)):
        if number < 0:
            raise UsageError(f"'{flag} {number}' makes no sense. Say how many, or 0 for all.")
    given = [number for number in (limit, max_pages * (page_size or _PAGE)) if number]
    return min(given, default=0)


def _counted(listing: DataFrame) -> Message:
    return Message(f"Listed {len(listing):,} names", value=len(listing))


def _shards_at(place: str, template: str) -> str:
    """Return the place of shards that a template may choose among."""
    if not place or parse_provider(place):
        raise UsageError("'--archive' looks into the shards of one place. Name a bucket, or a directory on the web.")
    if not template:
        return place
    bucket, found = _template_of(place, template)
    return f"{bucket.rstrip('/')}/{found}"


def _buckets(context: Context, place: str, *, summary: bool) -> DataFrame:
    """Return the buckets of the provider, or the one bucket, that `place` names; "" means all."""
    provider = parse_provider(place) if place else ""
    client = context.client()
    if provider is None:
        return client.summary(str(parse_bucket(place)))
    found = client.summary(f"{provider}://" if provider else "") if summary else client.buckets(provider)
    if found.empty:
        kind = f' "{provider}"' if provider else ""
        context.note(f"No{kind} buckets in the cluster.")
    return found


def _web_directory(context: Context, link: str, prefix: str, props: str, limit: int) -> DataFrame:
    found = context.client().ls(link, prefix=prefix, props=props, limit=limit or None)
    if found.empty:
        context.note(f"No files in {link}" + (f" whose names begin with '{prefix}'" if prefix else ""))
    note_directories(context, found.attrs.get("directories", 0))
    return found


def _template_of(place: str, template: str) -> tuple[str, str]:
    """Return the place without the template that its end may be, and the template that is meant."""
    if is_link(place):
        bucket, rest = link_directory(place), place.rpartition("/")[2]
    else:
        parsed, rest = parse_uri(place)
        bucket = str(parsed)
    if not Template(rest, braces_only=True).is_range:
        return place, template
    if template:
        raise UsageError(f"'{rest}' and '--template {template}' are two templates. Say one of them.")
    return bucket, rest


def _objects(
    context: Context, place: str, prefix: str, props: str, presence: bool | None, limit: int, how: dict[str, Any]
) -> DataFrame:
    bucket, rest = parse_uri(place)
    if how["diff"] and (bucket.provider in ("ais", "ht") or presence is False):
        raise UsageError(f"{bucket} has no other side to compare with by --diff. '%ais plan' says what has changed.")
    begin = prefix if prefix.startswith(rest) else rest
    words = tuple(word.strip() for word in props.split(",") if word.strip())
    found = context.client().ls(str(bucket), prefix=begin, props=words, cached=presence, limit=limit or None, **how)
    if found.empty and begin and presence is None and not how["start_after"]:
        raise ObjectNotFound(f"'{begin}' not found in {bucket}: no name begins so. '%ais ls {bucket}' shows all names.")
    if found.empty:
        which = {None: "", True: " that are cached", False: " that are not cached"}[presence]
        context.note(f"No objects in {bucket}{which}")
    return found
