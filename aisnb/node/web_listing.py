"""Listings of ``ht://`` buckets: what is here, and what the index of the source's directory lists beyond that."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from aisnb.errors import AisnbError
from aisnb.node.listing import Stretch, encode, find_stretch, flags_of, wants_sizes
from aisnb.protocol import headers as ais
from aisnb.protocol import listing
from aisnb.transfer import FOR_LISTINGS, Fetcher, Index, ask_sizes, read_index
from aisnb.transfer.index import ASKING_SECONDS
from aisnb.transfer.index_pages import IndexEntry

if TYPE_CHECKING:
    from aisnb.store import Store
    from aisnb.uris import Bucket

#: Listings under way whose index is kept, and for how many seconds after their last page. A listing reads the index
#: anew, so that it is never stale; its further pages go on with what the first one read.
_MOST_KEPT = 8
_KEPT_SECONDS = 60.0


@dataclass(slots=True)
class _Kept:
    """A listing under way: the index that its first page read, and the time left for asking files one by one."""

    index: Index
    seconds: float = ASKING_SECONDS
    drop: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page of a listing.

    Attributes:
        body: as it is to be sent.
        kind: its content type.
        note: why only what is here is listed, "" if the source answered.
    """

    body: bytes
    kind: str
    note: str


class WebListings:
    """Lists ``ht://`` buckets. Used in the loop's thread only.

    Args:
        store: where the objects are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._fetcher = Fetcher(policy=FOR_LISTINGS)
        self._kept: dict[tuple[Bucket, str], _Kept] = {}

    async def page(self, bucket: Bucket, request: listing.ListRequest, accept: str) -> WebPage:
        """Return a page. A source that is gone, or shows no index, is no error, but noted.

        Raises:
            BucketNotFound: the bucket is not here.
            UsageError: the request asks for properties or flags that do not exist.
        """
        request.uuid = request.uuid or secrets.token_hex(6)
        kept, note = await self._index(bucket, request)
        stretch = await asyncio.to_thread(find_stretch, self._store, bucket, request, kept.index)
        if wants_sizes(request):
            begun = time.monotonic()
            rows = stretch.rows if isinstance(stretch, Stretch) else ()
            there = [row for row in rows if isinstance(row, IndexEntry)]
            await ask_sizes(self._fetcher, kept.index, there, seconds=kept.seconds)
            kept.seconds -= time.monotonic() - begun
        if stretch.more:
            self._keep((bucket, request.uuid), kept)
        return WebPage(*await asyncio.to_thread(encode, request, stretch, accept), note)

    async def close(self) -> None:
        """Forget all listings and close all connections; twice is harmless."""
        for key in list(self._kept):
            self._take(key)
        await self._fetcher.close()

    async def _index(self, bucket: Bucket, request: listing.ListRequest) -> tuple[_Kept, str]:
        """Return what the source lists, read anew for a first page, and why nothing if that failed."""
        directory = self._store.bucket(bucket).extra.get(ais.ORIGINAL_URL, "")
        kept = self._take((bucket, request.uuid))
        if kept is not None and request.token:
            return kept, ""
        if not directory or flags_of(request) & listing.CACHED_ONLY:
            return _Kept(Index()), ""
        try:
            return _Kept(await read_index(self._fetcher, directory)), ""
        except AisnbError as exc:
            return _Kept(Index()), f"Listed is only what is here of {bucket}. {exc}"

    def _keep(self, key: tuple[Bucket, str], kept: _Kept) -> None:
        while len(self._kept) >= _MOST_KEPT:
            self._take(next(iter(self._kept)))
        kept.drop = asyncio.get_running_loop().call_later(_KEPT_SECONDS, self._take, key)
        self._kept[key] = kept

    def _take(self, key: tuple[Bucket, str]) -> _Kept | None:
        kept = self._kept.pop(key, None)
        if kept is not None and kept.drop is not None:
            kept.drop.cancel()
        return kept


WEB_LISTINGS: web.AppKey[WebListings] = web.AppKey("web_listings", WebListings)
