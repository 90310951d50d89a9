"""Pages of an object listing: from the index to the bytes of the answer, in one go, off the loop."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from aisnb.errors import Unsupported, UsageError
from aisnb.protocol import headers as ais
from aisnb.protocol import listing
from aisnb.protocol.cluster import TARGET_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aisnb.store import Store
    from aisnb.uris import Bucket

    Row = tuple[str, int, str, int, int, str]

_DEFAULT_PROPS = frozenset(("name", "size", "cached"))
_PROPS = _DEFAULT_PROPS | {"checksum", "version", "atime", "status", "copies", "ec", "custom", "location", "chunked"}

_INSIDE_SHARDS = 1 << 3
_AT_ONCE = 1_000

#: Above every object name that begins with the text before it: names have at most 1024 bytes.
_LAST = "\U0010ffff" * 256


class _Stretch(NamedTuple):
    """A part of a listing: entries, and whether others follow."""

    entries: list[listing.Entry]
    more: bool


def encoded_page(store: Store, bucket: Bucket, request: listing.ListRequest, *, as_json: bool) -> tuple[bytes, str]:
    """Return a page of the bucket's listing as bytes, with their content type. Takes long: not for the loop.

    Args:
        store: where the objects are.
        bucket: whose.
        request: what was asked.
        as_json: JSON for those who did not ask for msgpack.

    Raises:
        BucketNotFound: the bucket is not here.
        UsageError: the request asks for properties or flags that do not exist.
        Unsupported: it asks to list inside shards.
    """
    flags = _flags(request)
    limit = min(request.page_size, listing.MAX_PAGE) if request.page_size > 0 else listing.MAX_PAGE
    after = request.token or request.start_after
    entry = _entry_maker(request, flags)
    store.bucket(bucket)
    if flags & listing.NOT_CACHED:
        stretch = _Stretch([], more=False)
    elif flags & listing.NO_RECURSION:
        stretch = _one_level(store, bucket, request.prefix, after, limit, entry, bool(flags & listing.NO_DIRECTORIES))
    else:
        page = store.page(bucket, prefix=request.prefix, after=after, limit=limit)
        stretch = _Stretch([entry(row) for row in page.records], page.more)
    token = stretch.entries[-1].name if stretch.more else ""
    answer = listing.Page(request.uuid or secrets.token_hex(6), token, 0, stretch.entries)
    if as_json:
        return msgspec.json.encode(listing.json_page(answer)), ais.JSON
    return msgspec.msgpack.encode(answer), ais.MSGPACK


def _flags(request: listing.ListRequest) -> int:
    if not request.flags.isdecimal():
        raise UsageError(f"The flags of a listing are a decimal number as text, and '{request.flags}' is none.")
    flags = int(request.flags)
    if flags & _INSIDE_SHARDS:
        raise Unsupported("The embedded node does not list what is inside shards. List the shards themselves.")
    return flags


def _entry_maker(request: listing.ListRequest, flags: int) -> Callable[[Row], listing.Entry]:
    """Return what makes an entry of a row, with the properties that were asked for."""
    props = frozenset(request.props.replace(" ", "").split(",")) if request.props else _DEFAULT_PROPS
    if unknown := props - _PROPS:
        raise UsageError(f"'{min(unknown)}' is not a property of objects. Use some of: {', '.join(sorted(_PROPS))}.")
    if flags & (listing.NAME_ONLY | listing.NAME_SIZE) or props <= _DEFAULT_PROPS:
        with_size = not flags & listing.NAME_ONLY and (bool(flags & listing.NAME_SIZE) or "size" in props)
        return lambda row: listing.Entry(row[0], row[1] if with_size else 0, flags=listing.ENTRY_CACHED)
    return lambda row: _full_entry(row, props, request.time_format)


def _full_entry(row: Row, props: frozenset[str], time_format: str) -> listing.Entry:
    name, size, checksum, atime, version, custom = row
    return listing.Entry(
        name,
        size if "size" in props else 0,
        checksum if "checksum" in props else "",
        _moment(atime, time_format) if "atime" in props else "",
        str(version) if "version" in props else "",
        f"t[{TARGET_ID}]" if "location" in props else "",
        custom if "custom" in props else "",
        1 if "copies" in props else 0,
        listing.ENTRY_CACHED,
    )


def _moment(time_ns: int, time_format: str) -> str:
    """Return a moment as AIStore writes it: RFC 822 to the minute; RFC 3339 to the nanosecond for any other format."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z" if time_format else f"{moment:%d %b %y %H:%M} UTC"


def _one_level(
    store: Store,
    bucket: Bucket,
    prefix: str,
    after: str,
    limit: int,
    entry: Callable[[Row], listing.Entry],
    only_objects: bool,
) -> _Stretch:
    """Return the objects right under `prefix`, and one entry for each directory there."""
    entries: list[listing.Entry] = []
    for found in _walk_level(store, bucket, prefix, after):
        if isinstance(found, str) and only_objects:
            continue
        if len(entries) == limit:
            return _Stretch(entries, more=True)
        entries.append(_directory(found) if isinstance(found, str) else entry(found))
    return _Stretch(entries, more=False)


def _directory(name: str) -> listing.Entry:
    return listing.Entry(name, flags=listing.ENTRY_DIRECTORY)


def _walk_level(store: Store, bucket: Bucket, prefix: str, after: str) -> Iterator[Row | str]:
    """Yield the rows right under `prefix`, and directories as text with a slash at the end; jump over what is in them.

    An object's name never ends with a slash, so `after` is a directory if it does.
    """
    position = after + _LAST if after.endswith("/") else after
    directory = after if after.endswith("/") else None
    while True:
        page = store.page(bucket, prefix=prefix, after=position, limit=_AT_ONCE)
        for row in page.records:
            if directory and row[0].startswith(directory):
                continue
            head, slash, _ = row[0][len(prefix) :].partition("/")
            directory = prefix + head + "/" if slash else None
            yield directory or row
        if not page.more:
            return
        position = directory + _LAST if directory else page.records[-1][0]
