"""Which shards a place holds: objects of a bucket, or files on the web; and how parts of each are had."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aisnb.archives import is_archive
from aisnb.client.listing import Wanted
from aisnb.client.object_parts import ObjectParts
from aisnb.client.objects import Target
from aisnb.client.planning import find_files
from aisnb.client.web_buckets import directory_of, list_there, resolve
from aisnb.errors import ObjectNotFound
from aisnb.templates import Template, bounded
from aisnb.transfer.links import open_secret, without_secret
from aisnb.uris import is_link, join_link, link_name, parse_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.transfer import Fetcher, WebParts
    from aisnb.uris import Bucket


class Shard(NamedTuple):
    """An archive somewhere.

    Attributes:
        name: of the object or file; of files in several directories, the link.
        target: the object; None if it is read from the web.
        size: of the object, in bytes.
        link: of the file, else "".
        headers: for its source.
    """

    name: str
    target: Target | None = None
    size: int = 0
    link: str = ""
    headers: Mapping[str, str] = {}

    def parts(self, connection: Connection, fetcher: Fetcher) -> ObjectParts | WebParts:
        """Return the way to its bytes."""
        if self.target is not None:
            return ObjectParts(connection, self.target, self.size)
        return fetcher.parts(self.link, self.headers)


class Found(NamedTuple):
    """The shards of a place.

    Attributes:
        shards: in the order of their names; of a template, in its order.
        inside: what members' names begin with, where the place led into a shard.
        missing: names that were expected, and are not there.
        elsewhere: shards of a cloud's bucket that are not in the cluster, and so not looked into.
    """

    shards: list[Shard]
    inside: str = ""
    missing: tuple[str, ...] = ()
    elsewhere: int = 0


async def find_shards(connection: Connection, source: str, prefix: str, headers: Mapping[str, str]) -> Found:
    """Return the shards that `source` names.

    Args:
        connection: to the endpoint.
        source: a bucket, a directory or prefix of it, an object (or members below ``shard.tar/``), a template of
            objects; a directory on the web, a link, a template of links.
        prefix: what names begin with, after what `source` says; may lie inside a shard.
        headers: for a source on the web.

    Raises:
        BucketNotFound: there is no such bucket.
        ObjectNotFound: there is no such object.
        SourceError: the index of a directory on the web cannot be read.
    """
    if is_link(source):
        return await _on_the_web(connection, source, prefix, headers)
    bucket, rest = parse_uri(source)
    template = Template(rest, braces_only=True)
    if template.is_range:
        bounded(template)
        return await _of_template(connection, bucket, template, prefix)
    begin = rest + prefix
    listing = await list_there(connection, bucket, Wanted(begin))
    if listing.empty and begin:
        return await _around(connection, bucket, begin)
    named = listing["name"] == begin
    chosen = listing[named] if named.any() else listing.loc[[is_archive(name) for name in listing["name"]]]
    return await _of_listing(connection, bucket, chosen)


async def _of_template(connection: Connection, bucket: Bucket, template: Template, prefix: str) -> Found:
    names = [name for name in template if name.startswith(prefix)]
    listing = await list_there(connection, bucket, Wanted(template.prefix))
    found = await _of_listing(connection, bucket, listing[listing["name"].isin(names)])
    by_name = {shard.name: shard for shard in found.shards}
    there = set(listing["name"])
    missing = tuple(name for name in names if name not in there)
    return found._replace(shards=[by_name[name] for name in names if name in by_name], missing=missing)


async def _around(connection: Connection, bucket: Bucket, path: str) -> Found:
    """Return the shard that a path leads into."""
    for end in (position for position, letter in enumerate(path) if letter == "/"):
        if is_archive(path[:end]):
            listing = await list_there(connection, bucket, Wanted(path[:end]))
            found = await _of_listing(connection, bucket, listing[listing["name"] == path[:end]])
            if found.shards:
                return found._replace(inside=path[end + 1 :])
    raise ObjectNotFound(
        f"'{path}' not found in {bucket}: no name begins so. '%ais ls {bucket}' (in Python: client.ls) shows all names."
    )


async def _of_listing(connection: Connection, bucket: Bucket, listing: pd.DataFrame) -> Found:
    place = await resolve(connection, bucket)
    names, sizes = listing["name"].tolist(), listing["size"].fillna(0).tolist()
    here = listing["cached"].tolist() if "cached" in listing else [True] * len(names)
    directory = "" if all(here) or bucket.provider != "ht" else await directory_of(connection, bucket)
    shards = []
    for name, size, cached in zip(names, sizes, here, strict=True):
        if cached:
            shards.append(Shard(name, Target(place, name), size))
        elif directory:
            shards.append(Shard(name, link=join_link(directory, name)))
    return Found(shards, elsewhere=len(names) - len(shards))


async def _on_the_web(connection: Connection, source: str, prefix: str, headers: Mapping[str, str]) -> Found:
    files = await find_files(connection, source, "", None, headers)
    distinct = len(set(files.names)) == len(files.names)
    names = files.names if distinct else [without_secret(url) for url in files.urls]
    listed = not link_name(source)
    shards = []
    for name, url in zip(names, files.urls, strict=True):
        if name.startswith(prefix) and (is_archive(name) or not listed):
            link, secret = open_secret(url)
            shards.append(Shard(name, link=link, headers={**headers, **secret}))
    return Found(shards)
