"""A bucket's objects as a DataFrame: pages of msgpack, gathered column by column."""

from __future__ import annotations

import asyncio
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from urllib.parse import quote, unquote

import msgspec

from aisnb.client.loading import load_tables
from aisnb.client.notes import note
from aisnb.client.wire import Call
from aisnb.errors import EndpointRefused, UsageError, did_you_mean
from aisnb.protocol import listing as wire
from aisnb.protocol.headers import COLUMNS, MSGPACK, NAMESPACE, NOTE, PROVIDER
from aisnb.protocol.messages import LIST, Action

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.uris import Bucket

T = TypeVar("T")

#: What ``props`` may ask for, beyond name and size.
PROPS = ("checksum", "atime", "version", "location", "copies", "custom", "status", "chunked")

_ALWAYS = ("name", "size", "cached")
_STATUS_BITS = 0b11111
_STATUS = {0: "ok", 1: "misplaced-node", 2: "misplaced-mountpath", 3: "copy", 4: "copy-without-main"}
_CHUNKED = 1 << 13
_RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"

#: AIStore's CustomMD2S: blanks part the pairs, and stand in values (dates), too; keys begin with a letter.
_PAIR = re.compile(r"(?:^|\s)([A-Za-z_][\w.-]*):(.*?)(?=\s[A-Za-z_][\w.-]*:|$)")

_page = msgspec.msgpack.Decoder(wire.Page)
_names = msgspec.json.Decoder(list[str])
_sizes = msgspec.json.Decoder(list[int])
_entries = msgspec.msgpack.Decoder(list[wire.Entry] | None)
#: To make room for all properties in each of a million entries takes its time: only where some are asked for.
_brief_entries = msgspec.msgpack.Decoder(list[wire.NameSize] | None)


class Wanted(NamedTuple):
    """What a listing shall hold.

    Attributes:
        prefix: what names begin with.
        props: columns beyond name, size and cached, see `PROPS`.
        cached: only what is in the cluster (True), only what is not (False), both (None).
        limit: most rows, None for all.
        start_after: only names behind this one.
        flat: only what is right below the prefix; of deeper names their directories, with a slash at the end.
        diff: compare what is here with what is elsewhere, and say so in ``status``.
    """

    prefix: str = ""
    props: tuple[str, ...] = ()
    cached: bool | None = None
    limit: int | None = None
    start_after: str = ""
    flat: bool = False
    diff: bool = False


def check_props(props: str | Iterable[str]) -> tuple[str, ...]:
    """Return the properties named by ``"atime,version"``, ``["atime"]`` or ``"all"``, in the order of `PROPS`.

    Raises:
        UsageError: there is no such property.
    """
    words = [word.strip() for word in (props.split(",") if isinstance(props, str) else props)]
    for word in words:
        if word not in (*PROPS, *_ALWAYS, "all", ""):
            raise UsageError(
                f"'{word}' is not a property of objects.{did_you_mean(word, PROPS)} "
                f"Use some of {', '.join(PROPS)}, or 'all'."
            )
    return PROPS if "all" in words else tuple(prop for prop in PROPS if prop in words)


def bucket_query(bucket: Bucket) -> dict[str, str]:
    """Return the query that tells the bucket's provider and namespace."""
    query = {PROVIDER: bucket.provider}
    return query | {NAMESPACE: bucket.namespace} if bucket.namespace else query


def bucket_path(bucket: Bucket) -> str:
    """Return the path of calls about the bucket."""
    return f"/v1/buckets/{quote(bucket.name, safe='')}"


async def list_objects(connection: Connection, bucket: Bucket, wanted: Wanted) -> pd.DataFrame:
    """Return the bucket's objects, a row each, sorted by name: name, size, then what `wanted` asks for.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    load_tables()
    from aisnb.client import tables  # pandas takes its time, and a start of the node needs none of it

    frames = [
        await asyncio.to_thread(_frame, page, bucket, wanted)  # meanwhile the loop asks for the next, and takes it in
        async for page in _pages(connection, bucket, wanted, _accepted(connection, wanted))
    ]
    whole = tables.joined(frames)
    return whole if wanted.limit is None or len(whole) <= wanted.limit else whole.head(wanted.limit)


def _accepted(connection: Connection, wanted: Wanted) -> str:
    """Return the content types to ask for; a limit counts entries."""
    may_be_columns = connection.is_local and not wanted.props and not wanted.diff and wanted.limit is None
    return f"{MSGPACK}, {COLUMNS}" if may_be_columns else MSGPACK


def _frame(page: wire.Page, bucket: Bucket, wanted: Wanted) -> pd.DataFrame:
    if isinstance(page.columns, wire.Columns):
        names, sizes = (
            _decoded(_names.decode, page.columns.names, bucket),
            _decoded(_sizes.decode, page.columns.sizes, bucket),
        )
        return _table(bucket, names, sizes, [True] * len(names))
    entries = _decoded(_entries.decode, page.entries, bucket) if wanted.props else entries_of(page, bucket)
    return frame_of(entries or (), bucket, wanted)


async def list_entries(connection: Connection, bucket: Bucket, wanted: Wanted) -> list[wire.Entry]:
    """Return the bucket's objects as they came over the wire, sorted by name.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    load_tables()
    pages = _pages(connection, bucket, wanted)
    entries = [entry async for page in pages for entry in _decoded(_entries.decode, page.entries, bucket) or ()]
    return entries[: wanted.limit]


async def _pages(
    connection: Connection, bucket: Bucket, wanted: Wanted, accept: str = MSGPACK
) -> AsyncIterator[wire.Page]:
    """Yield a listing page by page, at least one; before one is looked at, the next is on its way."""
    request = request_for(bucket, wanted)
    left = wanted.limit
    asked = _ask_soon(connection, bucket, request, left, accept)
    try:
        while True:
            page = await asked
            left = None if left is None else left - len(entries_of(page, bucket))
            more = bool(page.token) and (left is None or left > 0)
            if more:
                request.uuid, request.token, request.start_after = page.uuid, page.token, ""
                asked = _ask_soon(connection, bucket, request, left, accept)
            yield page
            if not more:
                return
    finally:
        asked.cancel()


def _ask_soon(
    connection: Connection, bucket: Bucket, request: wire.ListRequest, left: int | None, accept: str
) -> asyncio.Task[wire.Page]:
    request.page_size = wire.MAX_PAGE if left is None else min(left, wire.MAX_PAGE)
    return asyncio.create_task(ask_page(connection, bucket, request, note, accept))


async def is_empty(connection: Connection, bucket: Bucket) -> bool:
    """Return whether no object of the bucket is here.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    request = request_for(bucket, Wanted(cached=True))
    request.page_size = 1
    return not entries_of(await ask_page(connection, bucket, request), bucket)


async def ask_page(
    connection: Connection,
    bucket: Bucket,
    request: wire.ListRequest,
    on_note: Callable[[str], None] | None = None,
    accept: str = MSGPACK,
) -> wire.Page:
    """Return the page of a listing that `request` asks for.

    Args:
        connection: whom to ask.
        bucket: which.
        request: what.
        on_note: is told what the endpoint has to say besides.
        accept: the content types that may come.

    Raises:
        BucketNotFound: there is no such bucket.
        EndpointRefused: the answer is no page of AIStore's.
    """
    body = msgspec.json.encode(Action(LIST, "", request))
    call = Call("GET", bucket_path(bucket), bucket_query(bucket), body, {"Accept": accept}, shown=f"Listing {bucket}")
    reply = await connection.call(call)
    if on_note is not None and NOTE in reply.headers:
        on_note(f"Note: {unquote(reply.headers[NOTE])}")
    return _decoded(_page.decode, reply.body, bucket)


def entries_of(page: wire.Page, bucket: Bucket) -> list[wire.NameSize]:
    """Return names, sizes and flags of a page of the bucket's listing.

    Raises:
        EndpointRefused: the page is none of AIStore's.
    """
    return _decoded(_brief_entries.decode, page.entries, bucket) or []


def _decoded(decode: Callable[[Any], T], body: bytes | msgspec.Raw, bucket: Bucket) -> T:
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise EndpointRefused(
            f"Listing {bucket}: the answer is no page of AIStore's ({exc}). Check AIS_ENDPOINT."
        ) from exc


def request_for(bucket: Bucket, wanted: Wanted) -> wire.ListRequest:
    """Return what asks for the first page of what is `wanted`; its size is still to be said."""
    flags = 0
    if wanted.cached is not None:
        flags |= wire.CACHED_ONLY if wanted.cached else wire.NOT_CACHED
    if bucket.provider == "ais" and not wanted.props:
        flags |= wire.NAME_SIZE
    flags |= wire.NO_RECURSION * wanted.flat | wire.DIFF * wanted.diff
    props = ["name", "size", *(["cached"] if bucket.provider != "ais" else []), *wanted.props]
    return wire.ListRequest(
        wanted.prefix,
        props=",".join(props),
        flags=str(flags),
        start_after=wanted.start_after,
        time_format=_RFC3339_NANO,
    )


def frame_of(entries: Sequence[wire.NameSize], bucket: Bucket, wanted: Wanted) -> pd.DataFrame:
    """Return the table of a bucket's objects, see `list_objects`; where properties are wanted, of whole entries."""
    from aisnb.client import tables

    # Of what a comparison could not reach, AIStore sets the same bit, and the size of what is here is known.
    unsized = wire.ENTRY_DIRECTORY | (0 if wanted.diff else wire.ENTRY_UNKNOWN)
    more = {prop: _column(prop, cast("Sequence[wire.Entry]", entries)) for prop in wanted.props}
    if wanted.diff:
        more["status"] = tables.texts([_difference(entry.flags) for entry in entries])
    names = [entry.name for entry in entries]
    sizes = [None if entry.flags & unsized else entry.size for entry in entries]
    return _table(bucket, names, sizes, [bool(entry.flags & wire.ENTRY_CACHED) for entry in entries], more)


def _table(
    bucket: Bucket,
    names: Sequence[str],
    sizes: Sequence[int | None],
    cached: Sequence[bool],
    more: Mapping[str, pd.Series[Any]] = MappingProxyType({}),
) -> pd.DataFrame:
    from aisnb.client import tables

    columns: dict[str, Any] = {"name": tables.texts(names), "size": tables.counts(sizes)}
    if bucket.provider != "ais":
        columns["cached"] = tables.flags(cached)
    return tables.table(columns | dict(more), bucket=str(bucket))


def _column(prop: str, entries: Sequence[wire.Entry]) -> pd.Series[Any]:
    from aisnb.client import tables

    if prop == "atime":
        return tables.moments([entry.accessed for entry in entries])
    if prop == "copies":
        return tables.counts([entry.copies for entry in entries])
    if prop == "custom":
        return tables.things(_custom(entry.custom) for entry in entries)
    if prop == "status":
        return tables.texts([_STATUS.get(entry.flags & _STATUS_BITS, "unknown") for entry in entries])
    if prop == "chunked":
        return tables.flags([bool(entry.flags & _CHUNKED) for entry in entries])
    return tables.texts([getattr(entry, prop) or None for entry in entries])


def _difference(flags: int) -> str:
    """Return what a comparison with the bucket elsewhere found, in the words of the ``ais`` CLI."""
    told = {wire.ENTRY_CHANGED: "version-changed", wire.ENTRY_REMOVED: "deleted", wire.ENTRY_UNKNOWN: "remote-error"}
    return next((word for bit, word in told.items() if flags & bit), "ok")


def _custom(text: str) -> dict[str, str]:
    """Return an object's custom words: JSON from aisnb's node, ``[key:value key:value]`` from AIStore."""
    if text.startswith("{"):
        try:
            return msgspec.json.decode(text, type=dict[str, str])
        except msgspec.DecodeError:
            return {"": text}
    return dict(_PAIR.findall(text.removeprefix("[").removesuffix("]")))
