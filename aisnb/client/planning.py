"""What a download would do, before any byte is copied: which files, how large, which are here and unchanged."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Any, NamedTuple

from aisnb.client.buckets import list_buckets
from aisnb.client.directories import directory_links
from aisnb.client.downloads import plan_download, plan_prefetch
from aisnb.client.listing import Wanted
from aisnb.client.loading import load_tables
from aisnb.client.looking import PLANNING, look_at_all, measure
from aisnb.client.web_buckets import list_there
from aisnb.errors import BucketNotFound
from aisnb.protocol.downloads import DIRECTORY, MULTI, RANGE
from aisnb.protocol.headers import SOURCE_ETAG, SOURCE_MODIFIED, SOURCE_URL
from aisnb.templates import Template, bounded
from aisnb.transfer import Fetcher, Validator
from aisnb.transfer.links import without_secret
from aisnb.uris import is_link, join_link, link_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.transfer import Glance
    from aisnb.uris import Bucket

#: Stands in for a destination where none is named: the names are the same in every bucket.
_ANYWHERE = "ais://anywhere"


class Files(NamedTuple):
    """The files that a source stands for, and where they would go.

    Attributes:
        names: of the objects that they would become.
        urls: where they are.
        bucket: where they would go; None if that was not said.
        total: how many files there are, of which these are some.
        directories: how many are beside the files, and are left out.
    """

    names: list[str]
    urls: list[str]
    bucket: Bucket | None
    total: int
    directories: int = 0


async def find_files(
    connection: Connection,
    source: Any,
    bucket: str,
    names: Sequence[str] | None,
    headers: Mapping[str, str],
    *,
    most: int | None = None,
) -> Files:
    """Return the files that a download of `source`, or a prefetch if it is an ``ht://`` bucket, would bring.

    Args:
        connection: to the endpoint, which knows the ``ht://`` buckets.
        source: as for `Client.plan`, like all that follows.
        bucket: the destination.
        names: of the objects.
        headers: for the source.
        most: return only so many of them, spread evenly.

    Raises:
        SourceError: the index of a directory cannot be read.
        UsageError: the source, a template or a name cannot be.
        BucketNotFound: there is no such ``ht://`` bucket.
    """
    if isinstance(source, str) and not is_link(source) and source.partition("://")[0] == "ht":
        return await _of_web_bucket(connection, source, names, headers, most)
    request = plan_download(source, bucket or _ANYWHERE, names)
    destination = request.bucket.bucket() if bucket else None
    if request.type in (RANGE, DIRECTORY):
        links: Sequence[str] | Template = Template(request.template, braces_only=True)
        directories = 0
        if request.type == DIRECTORY:
            links, directories = await directory_links(request.link, headers)
        urls = _some(links, most)
        within = f"{request.subdir}/" if request.subdir else ""
        return Files([within + link_name(url) for url in urls], urls, destination, len(links), directories)
    if request.type == MULTI:
        objects = request.objects
        if not isinstance(objects, dict):
            objects = {link_name(url): url for url in objects or ()}
        chosen = _some(list(objects), most)
        return Files(chosen, [objects[name] for name in chosen], destination, len(objects))
    return Files([request.object_name], [request.link], destination, 1)


def _some(items: Sequence[str] | Template, most: int | None) -> list[str]:
    """Return the items, or so many of them, from the first to the last; a template is not expanded for that."""
    count = len(items)
    if most is None or count <= most:
        return list(items)
    return [items[number * (count - 1) // max(most - 1, 1)] for number in range(most)]


async def plan(
    connection: Connection,
    files: Files,
    headers: Mapping[str, str],
    *,
    sample: bool,
) -> pd.DataFrame:
    """Ask for every file at once, and return a row for each; see `Client.plan`.

    Raises:
        SourceError: no source answers at all.
    """
    load_tables()
    async with Fetcher(policy=PLANNING) as fetcher:
        seen = await look_at_all(fetcher, files.urls, headers)
        here = await _here(connection, files, seen)
        frame = _frame(files, seen, here)
        frame.attrs["directories"] = files.directories
        if sample:
            wanted = [
                url
                for url, glance, kept in zip(files.urls, seen, here, strict=True)
                if glance.status == 200 and glance.validator.size and not kept
            ]
            frame.attrs["rate"], frame.attrs["sampled"] = await measure(wanted, headers)
    return frame


async def _of_web_bucket(
    connection: Connection, source: str, names: Sequence[str] | None, headers: Mapping[str, str], most: int | None
) -> Files:
    bucket, selection = plan_prefetch(source, "", names)
    buckets = await list_buckets(connection, "ht")
    directory = next(
        (url for name, url in zip(buckets["name"], buckets["url"], strict=True) if name == str(bucket)), None
    )
    if not isinstance(directory, str):
        raise BucketNotFound(
            f"{bucket} does not exist, so its directory is not known. Get one of its files by its link."
        )
    wanted: Sequence[str] | Template = selection.names or ()
    if selection.template:
        wanted = Template(selection.template)
        bounded(wanted)
    directories = 0
    if not len(wanted):
        links, directories = await directory_links(directory, headers)
        wanted = [link_name(url) for url in links]
    chosen = _some(wanted, most)
    return Files(chosen, [join_link(directory, name) for name in chosen], bucket, len(wanted), directories)


async def _here(connection: Connection, files: Files, seen: Sequence[Glance]) -> list[bool]:
    """Return for each file whether it is in its bucket already, from the same link and unchanged."""
    if files.bucket is None:
        return [False] * len(files.names)
    prefix = os.path.commonprefix(files.names)  # noqa: RUF071  # a listing's prefix is characters, not a directory
    wanted = Wanted(prefix, ("custom",), cached=None if files.bucket.provider == "ais" else True)
    try:
        listing = await list_there(connection, files.bucket, wanted)
    except BucketNotFound:
        return [False] * len(files.names)
    sizes, customs = listing["size"].tolist(), listing["custom"].tolist()
    kept = {name: _marks(custom, size) for name, custom, size in zip(listing["name"], customs, sizes, strict=True)}
    unknown = ("", Validator())
    found = []
    for name, url, glance in zip(files.names, files.urls, seen, strict=True):
        origin, marks = kept.get(name, unknown)
        came_from_there = origin in ("", without_secret(url))
        found.append(glance.status == 200 and came_from_there and marks.same_file(glance.validator))
    return found


def _marks(custom: Mapping[str, str], size: int) -> tuple[str, Validator]:
    """Return the link that an object came from, "" if unknown, and the marks it had then."""
    etag = custom.get(SOURCE_ETAG, "")
    if etag and '"' not in etag:
        etag = f'"{etag}"'  # clusters keep it without its quotes
    return custom.get(SOURCE_URL, ""), Validator(etag, custom.get(SOURCE_MODIFIED, ""), size)


def _frame(files: Files, seen: Sequence[Glance], here: Sequence[bool]) -> pd.DataFrame:
    from aisnb.client import tables

    columns = {
        "name": tables.texts(files.names),
        "url": tables.texts([without_secret(url) for url in files.urls]),
        "size": tables.counts([glance.validator.size if glance.status == 200 else None for glance in seen]),
        "status": tables.counts([glance.status for glance in seen]),
        "etag": tables.texts([glance.validator.etag or None for glance in seen]),
        "modified": tables.http_dates([glance.validator.last_modified for glance in seen]),
        "here": tables.flags(here),
    }
    return tables.table(columns, bucket=str(files.bucket or ""), files=files.total, asked=len(seen))
