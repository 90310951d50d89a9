"""Pages of an object listing: from the index to the bytes of the answer, in one go, off the loop."""

from __future__ import annotations

import heapq
import secrets
from datetime import UTC, datetime
from itertools import groupby, islice, repeat
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from aisnb.errors import UsageError
from aisnb.node.shard_listing import InShard, Shard, outer, with_members
from aisnb.protocol import headers as ais
from aisnb.protocol import listing
from aisnb.protocol.cluster import TARGET_ID
from aisnb.store import BriefPage
from aisnb.transfer import Index
from aisnb.transfer.index_pages import IndexEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aisnb.store import Store
    from aisnb.uris import Bucket

    Row = tuple[str, int, str, int, int, str]
    Listed = Row | str | IndexEntry | Shard | InShard

_DEFAULT_PROPS = frozenset(("name", "size", "cached"))
_PROPS = _DEFAULT_PROPS | {"checksum", "version", "atime", "status", "copies", "ec", "custom", "location", "chunked"}

_AT_ONCE = 1_000
#: Rows that are read where a directory may lie, which is jumped over: most of them would be in it.
_FEW = 8

#: Above every object name that begins with the text before it: names have at most 1024 bytes.
_LAST = "\U0010ffff" * 256


_names = msgspec.json.Decoder(list[str])
_sizes = msgspec.json.Decoder(list[int])


class Stretch(NamedTuple):
    """A part of a listing: what comes next, and whether others follow.

    Attributes:
        rows: objects that are here, directories (as text with a slash at the end), files that only the source has,
            shards and what is in them.
        more: whether there is more.
    """

    rows: Sequence[Listed]
    more: bool


def encoded_page(store: Store, bucket: Bucket, request: listing.ListRequest, accept: str) -> tuple[bytes, str]:
    """Return a page of the bucket's listing as bytes, with their content type. Takes long: not for the loop.

    Args:
        store: where the objects are.
        bucket: whose.
        request: what was asked.
        accept: which content types are taken: JSON goes to those who did not ask for msgpack.

    Raises:
        BucketNotFound: the bucket is not here.
        UsageError: the request asks for properties or flags that do not exist.
        ArchiveInvalid: it asks to list inside one shard, and that is damaged.
    """
    return encode(request, find_stretch(store, bucket, request, Index()), accept)


def find_stretch(store: Store, bucket: Bucket, request: listing.ListRequest, index: Index) -> Stretch | BriefPage:
    """Return what comes next in a bucket's listing; brief, if that is all that is asked. Takes long: not for the loop.

    Directories of a listing without recursion stay in it whatever the flag NO_DIRS says: AIStore passes that one on
    to cloud backends, and does not look at it in buckets of its own (``xact/xs/wi_lso.go``).

    Args:
        store: where the objects are.
        bucket: whose.
        request: what was asked.
        index: what the bucket's source lists; objects that are here stand for themselves.

    Raises:
        BucketNotFound: the bucket is not here.
        UsageError: the request asks for properties or flags that do not exist.
        ArchiveInvalid: it asks to list inside one shard, and that is damaged.
    """
    flags = flags_of(request)
    props = _props_of(request)
    store.bucket(bucket)
    limit = min(request.page_size, listing.MAX_PAGE) if request.page_size > 0 else listing.MAX_PAGE
    after = outer(request.token) or request.start_after
    if not index and not flags & (listing.NO_RECURSION | listing.NOT_CACHED | listing.INSIDE_SHARDS):
        if _is_brief(flags, props):
            return store.brief_page(bucket, prefix=request.prefix, after=after, limit=limit)
        page = store.page(bucket, prefix=request.prefix, after=after, limit=limit)
        return Stretch(page.records, page.more)
    walk = _walk_level if flags & listing.NO_RECURSION else _walk
    rows: Iterator[Listed] = iter(())
    if index or not flags & listing.NOT_CACHED:
        rows = _merged(walk(store, bucket, request.prefix, after), index.select(request.prefix, after))
    if flags & listing.NOT_CACHED:
        rows = (row for row in rows if isinstance(row, IndexEntry))
    if flags & listing.INSIDE_SHARDS:
        rows = with_members(store, bucket, request.prefix, request.token, rows)
    found = list(islice(rows, limit + 1))
    return Stretch(found[:limit], len(found) > limit)


def encode(request: listing.ListRequest, stretch: Stretch | BriefPage, accept: str) -> tuple[bytes, str]:
    """Return a stretch of a listing as the bytes of a page, with their content type; see `encoded_page`."""
    uuid = request.uuid or secrets.token_hex(6)
    entries: list[listing.NameSize]
    if isinstance(stretch, BriefPage):
        token = stretch.last
        if ais.COLUMNS in accept and wants_sizes(request):
            columns = listing.Columns(stretch.names, stretch.sizes)
            return msgspec.msgpack.encode(listing.Page(uuid, token, columns=columns)), ais.COLUMNS
        entries = _brief_entries(request, stretch)
    else:
        last = stretch.rows[-1] if stretch.more else ""
        token = last.token if isinstance(last, Shard | InShard) else _name(last)
        entries = list(map(_entry_maker(request, flags_of(request)), stretch.rows))
    if ais.MSGPACK not in accept:
        return msgspec.json.encode(listing.json_page(uuid, token, entries)), ais.JSON
    answer = listing.Page(uuid, token, 0, msgspec.Raw(msgspec.msgpack.encode(entries)))
    return msgspec.msgpack.encode(answer), ais.MSGPACK


def _brief_entries(request: listing.ListRequest, page: BriefPage) -> list[listing.NameSize]:
    """Return entries of names and sizes: without a loop of ours, since what a million costs is decided here."""
    sizes = _sizes.decode(page.sizes) if wants_sizes(request) else repeat(0)
    return list(map(listing.NameSize, _names.decode(page.names), sizes, repeat(listing.ENTRY_CACHED)))


def wants_sizes(request: listing.ListRequest) -> bool:
    """Return whether a page without sizes would not do."""
    flags = flags_of(request)
    by_props = not request.props or "size" in request.props
    return not flags & listing.NAME_ONLY and (by_props or bool(flags & listing.NAME_SIZE))


def flags_of(request: listing.ListRequest) -> int:
    """Return the flags of a request as a number.

    Raises:
        UsageError: they are none.
    """
    if not request.flags.isdecimal():
        raise UsageError(f"The flags of a listing are a decimal number as text, and '{request.flags}' is none.")
    return int(request.flags)


def _entry_maker(request: listing.ListRequest, flags: int) -> Callable[[Listed], listing.Entry]:
    """Return what makes an entry of a row, with the properties that were asked for."""
    props = _props_of(request)
    brief = _is_brief(flags, props)
    with_size = wants_sizes(request)

    def make(row: Listed) -> listing.Entry:
        if brief and type(row) is tuple:
            return listing.Entry(row[0], row[1] if with_size else 0, flags=listing.ENTRY_CACHED)
        if isinstance(row, InShard):
            flags = listing.ENTRY_CACHED | listing.ENTRY_IN_ARCHIVE
            return listing.Entry(row.name, row.size if with_size else 0, flags=flags)
        if isinstance(row, Shard):
            entry = make(row.row)
            entry.flags |= listing.ENTRY_ARCHIVE
            return entry
        if isinstance(row, tuple):
            return _full_entry(row, props, request.time_format)
        if isinstance(row, str):
            return listing.Entry(row, flags=listing.ENTRY_DIRECTORY)
        if not with_size:
            return listing.Entry(row.name)
        return listing.Entry(row.name, row.size or 0, flags=listing.ENTRY_UNKNOWN if row.size is None else 0)

    return make


def _props_of(request: listing.ListRequest) -> frozenset[str]:
    """Return the properties that a request asks for.

    Raises:
        UsageError: there is no such property.
    """
    props = frozenset(request.props.replace(" ", "").split(",")) if request.props else _DEFAULT_PROPS
    if unknown := props - _PROPS:
        raise UsageError(f"'{min(unknown)}' is not a property of objects. Use some of: {', '.join(sorted(_PROPS))}.")
    return props


def _is_brief(flags: int, props: frozenset[str]) -> bool:
    """Return whether names and sizes are all that is asked for."""
    return bool(flags & (listing.NAME_ONLY | listing.NAME_SIZE)) or props <= _DEFAULT_PROPS


def _full_entry(row: Row, props: frozenset[str], time_format: str) -> listing.Entry:
    name, size, checksum, atime, version, custom = row
    return listing.Entry(
        name,
        size if "size" in props else 0,
        listing.ENTRY_CACHED | (listing.ENTRY_CHUNKED if ais.CHUNKS in custom else 0),
        checksum if "checksum" in props else "",
        _moment(atime, time_format) if "atime" in props else "",
        str(version) if "version" in props else "",
        f"t[{TARGET_ID}]" if "location" in props else "",
        _shown_custom(custom) if "custom" in props else "",
        1 if "copies" in props else 0,
    )


def _shown_custom(text: str) -> str:
    """Return an object's custom words without those that the node keeps for itself."""
    if ais.CHUNKS not in text:
        return text
    words = {key: value for key, value in msgspec.json.decode(text).items() if key != ais.CHUNKS}
    return msgspec.json.encode(words).decode() if words else ""


def _moment(time_ns: int, time_format: str) -> str:
    """Return a moment as AIStore writes it: RFC 822 to the minute; RFC 3339 to the nanosecond for any other format."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z" if time_format else f"{moment:%d %b %y %H:%M} UTC"


def _merged(here: Iterator[Row | str] | Iterator[Row], there: Iterator[IndexEntry]) -> Iterator[Listed]:
    """Yield both in the order of their names; of those that have the same name, what is here."""
    rows: Iterator[Listed] = heapq.merge(here, there, key=_name)
    return (next(same) for _, same in groupby(rows, _name))


def _name(row: Listed) -> str:
    if isinstance(row, Shard):
        return row.row[0]
    if isinstance(row, tuple):
        return row[0]
    return row if isinstance(row, str) else row.name


def _walk(store: Store, bucket: Bucket, prefix: str, after: str) -> Iterator[Row]:
    """Yield the rows whose names begin with `prefix`, from `after` on."""
    while True:
        page = store.page(bucket, prefix=prefix, after=after, limit=_AT_ONCE)
        yield from page.records
        if not page.more:
            return
        after = page.records[-1][0]


def _walk_level(store: Store, bucket: Bucket, prefix: str, after: str) -> Iterator[Row | str]:
    """Yield the rows right under `prefix`, and directories as text with a slash at the end; jump over what is in them.

    An object's name never ends with a slash, so `after` is a directory if it does.
    """
    position = after + _LAST if after.endswith("/") else after
    directory = after if after.endswith("/") else None
    count = _FEW
    while True:
        page = store.page(bucket, prefix=prefix, after=position, limit=count)
        for row in page.records:
            if directory and row[0].startswith(directory):
                continue
            head, slash, _ = row[0][len(prefix) :].partition("/")
            directory = prefix + head + "/" if slash else None
            yield directory or row
        if not page.more:
            return
        position = directory + _LAST if directory else page.records[-1][0]
        count = _FEW if directory else min(2 * count, _AT_ONCE)
