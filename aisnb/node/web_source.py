"""``ht://``: buckets that stand for a directory of a web server; an object is brought when it is first asked for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from aiohttp import web

from aisnb.errors import BucketNotFound, NameInvalid, ObjectNotFound, SourceRefused
from aisnb.protocol import headers as ais
from aisnb.transfer import Request
from aisnb.transfer.links import without_secret
from aisnb.uris import join_link, link_directory, link_name, web_bucket

if TYPE_CHECKING:
    from aisnb.node.state import Node
    from aisnb.store import ObjectRecord, Partial, Store
    from aisnb.transfer import Receipt
    from aisnb.uris import Bucket

#: What the link of its directory is called among a bucket's extra words.
_DIRECTORY = ais.ORIGINAL_URL

_NOT_THERE = (404, 410)


def web_link(node: Node, bucket: Bucket, name: str) -> str:
    """Return the link of an object of an ``ht://`` bucket.

    Raises:
        BucketNotFound: the bucket is not here, or nobody knows which directory it stands for.
    """
    with suppress(BucketNotFound):
        if directory := node.store.bucket(bucket).extra.get(_DIRECTORY, ""):
            return join_link(directory, name)
    raise BucketNotFound(
        f'bucket "{bucket}" does not exist: its name is a hash, and nothing was ever fetched from its directory. '
        "Get one of its files by its http:// link first."
    )


class WebSource:
    """Brings objects of ``ht://`` buckets. Who asks for one that is on its way waits for it.

    Args:
        node: the node it works for.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._under_way: dict[tuple[Bucket, str], asyncio.Task[ObjectRecord]] = {}

    async def open(self, bucket: Bucket, name: str, link: str) -> tuple[ObjectRecord, BinaryIO]:
        """Open an object; bring it first if it is not here.

        Args:
            bucket: where it is, or is to be.
            name: the object.
            link: where it comes from; "" if the bucket knows its directory.

        Raises:
            BucketNotFound: the bucket is not here, and no link is given.
            ObjectNotFound: the source does not have it.
            NameInvalid: the link is not one of this object.
            SourceError: the source did not give it.
            DiskFull: there is no room for it.
        """
        with suppress(BucketNotFound, ObjectNotFound):
            return self._node.store.open(bucket, name)
        link = link or web_link(self._node, bucket, name)
        if web_bucket(link) != bucket or link_name(link) != name:
            raise NameInvalid(f"'{link}' is not the link of '{bucket / name}', but of '{_uri(link)}'. Ask for that.")
        task = self._under_way.get((bucket, name))
        if task is None:
            task = self._under_way[bucket, name] = asyncio.ensure_future(self._bring(bucket, name, link))
            task.add_done_callback(lambda task: self._forget(bucket, name, task))
        await asyncio.shield(task)
        return self._node.store.open(bucket, name)

    async def close(self) -> None:
        """Drop what is under way; twice is harmless."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, bucket: Bucket, name: str, task: asyncio.Task[ObjectRecord]) -> None:
        del self._under_way[bucket, name]
        if not task.cancelled():
            task.exception()  # seen, even if nobody waits any more

    async def _bring(self, bucket: Bucket, name: str, link: str) -> ObjectRecord:
        store = self._node.store
        sink = _Arrival(store, bucket, name, link_directory(without_secret(link)))
        try:
            with self._node.leases.request():
                receipt = await self._node.fetcher.fetch(Request(url=link), sink)
            return await asyncio.wrap_future(store.commit(sink.partial(), custom=_custom(link, receipt)))
        except SourceRefused as exc:
            if exc.status not in _NOT_THERE:
                raise
            raise ObjectNotFound(
                f"{bucket / name} does not exist: {without_secret(link)} answers {exc.status}. Check the link, or list "
                "what its directory has."
            ) from exc
        finally:
            sink.discard()


def _custom(link: str, receipt: Receipt) -> dict[str, str]:
    words = {
        ais.SOURCE: "ht",
        ais.SOURCE_URL: without_secret(link),
        ais.SOURCE_ETAG: receipt.validator.etag,
        ais.SOURCE_MODIFIED: receipt.validator.last_modified,
    }
    return {key: value for key, value in words.items() if value}


def _uri(link: str) -> str:
    return web_bucket(link) / link_name(link)


class _Arrival:
    """The sink of one object. Its bucket comes to be when the source gives the first bytes, and not before."""

    def __init__(self, store: Store, bucket: Bucket, name: str, directory: str) -> None:
        self._store = store
        self._bucket = bucket
        self._name = name
        self._directory = directory
        self._partial: Partial | None = None

    def partial(self) -> Partial:
        """Return the partial file; it is there once bytes have come."""
        if self._partial is None:
            self._store.create_bucket(self._bucket, extra={_DIRECTORY: self._directory}, exist_ok=True)
            self._partial = self._store.begin(self._bucket, self._name)
        return self._partial

    def resume_point(self) -> tuple[int, str]:
        """Return how much is here, as `transfer.Sink` wants it."""
        return self._partial.resume_point() if self._partial else (0, "")

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        """Begin, or begin again."""
        self.partial().start(offset=offset, validator=validator, size=size)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        self.partial().write(chunk)

    def digest(self) -> str:
        """Return the XXH64 of what is here."""
        return self.partial().digest()

    def close(self) -> None:
        """Nothing is resumed in another process: there is nothing to keep."""
        self.discard()

    def discard(self) -> None:
        """Forget the bytes; twice, or after a commit, is harmless."""
        if self._partial:
            self._partial.discard()


WEB_SOURCE: web.AppKey[WebSource] = web.AppKey("web_source", WebSource)
