"""``/v1/ml/moss``, get-batch: many objects, members of shards and ranges of them come as one archive."""

from __future__ import annotations

import io
import secrets
import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

import msgspec
from aiohttp import hdrs, web

from aisnb.archives import ArchiveWriter, Format, archive_format
from aisnb.errors import BucketNotFound, ObjectNotFound, UsageError
from aisnb.node.outflow import Outflow
from aisnb.node.properties import Right, check_right
from aisnb.node.requests import LOCAL_PROVIDERS, bucket_of, decode_body, parse_bucket_uname
from aisnb.node.shard_window import ShardWindow
from aisnb.node.state import NODE
from aisnb.protocol.batches import (
    ARCHIVE_PART,
    METADATA_PART,
    MISSING,
    PATH,
    BatchOutcome,
    BatchReply,
    BatchRequest,
)
from aisnb.protocol.messages import GET_BATCH
from aisnb.uris import PROVIDERS, Bucket, check_bucket_name, check_object_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.node.passing import PassingJob
    from aisnb.node.shard_window import Window
    from aisnb.protocol.batches import BatchItem
    from aisnb.store import Store

_AT_ONCE = 1 << 20
_TYPES = {Format.TAR: "application/x-tar", Format.TGZ: "application/gzip", Format.ZIP: "application/zip"}

routes = web.RouteTableDef()


@routes.get(PATH, allow_head=False)
async def batch_of_any(request: web.Request) -> web.StreamResponse:
    """Answer with a batch whose items name their buckets themselves."""
    return await _answer(request, None)


@routes.get(PATH + "/{bucket}", allow_head=False)
async def batch_of_bucket(request: web.Request) -> web.StreamResponse:
    """Answer with a batch of a bucket's objects, but where items name another."""
    bucket = bucket_of(request, at=3)
    request.app[NODE].store.bucket(bucket)
    return await _answer(request, bucket)


async def _answer(request: web.Request, bucket: Bucket | None) -> web.StreamResponse:
    wanted = decode_body(await request.read(), BatchRequest)
    if not wanted.items:
        raise UsageError("The batch is empty. Name at least one object in 'in'.")
    kind = archive_format("", wanted.mime or Format.TAR)
    node = request.app[NODE]
    items = [(_bucket(item, bucket), item) for item in wanted.items]
    job = node.passing.begin(GET_BATCH, str(bucket or ""), len(items))
    batch = _Batch(node.store, wanted, kind, items, job)
    if wanted.streaming:
        return await Outflow(request, {hdrs.CONTENT_TYPE: _TYPES[kind]}).run(lambda out: batch.pack(out.write))
    boundary = secrets.token_hex(30)
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: f"multipart/mixed; boundary={boundary}"}

    def produce(out: Outflow) -> None:
        with tempfile.TemporaryFile(dir=node.root, prefix=".batch-") as kept:
            batch.pack(kept.write)
            kept.seek(0)
            reply = msgspec.json.encode(BatchReply(job.snapshot.id, batch.outcomes))
            out.write(_part(boundary, METADATA_PART) + reply + b"\r\n")
            out.write(_part(boundary, ARCHIVE_PART, f'; filename="batch.{kind}"'))
            while chunk := kept.read(_AT_ONCE):
                out.write(chunk)
            out.write(f"\r\n--{boundary}--\r\n".encode())

    return await Outflow(request, headers).run(produce)


def _part(boundary: str, name: str, more: str = "") -> bytes:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()


def _bucket(item: BatchItem, default: Bucket | None) -> Bucket:
    """Return the bucket that an item lies in.

    Raises:
        UsageError: neither it nor the request names one.
        BucketNotFound: it is a cloud's.
    """
    if item.uname:
        bucket = parse_bucket_uname(item.uname)
    elif item.bucket:
        provider = PROVIDERS.get(item.provider or "ais")
        if provider is None:
            raise UsageError(f"'{item.provider}' is not a provider of buckets. Use 'ais'.")
        bucket = Bucket(provider, check_bucket_name(item.bucket))
    elif default is not None:
        bucket = default
    else:
        raise UsageError(f"The bucket of '{item.name}' is not said. Say it with the item, or in the path.")
    if bucket.provider not in LOCAL_PROVIDERS:
        raise BucketNotFound(f'{bucket.provider} bucket "{bucket}" does not exist: the embedded node reaches no cloud.')
    return bucket


class _Batch:
    """A batch that is being packed, in a thread.

    Attributes:
        outcomes: of the items so far.
    """

    def __init__(
        self, store: Store, wanted: BatchRequest, kind: Format, items: list[tuple[Bucket, BatchItem]], job: PassingJob
    ) -> None:
        self._store = store
        self._wanted = wanted
        self._kind = kind
        self._items = items
        self._job = job
        self.outcomes: list[BatchOutcome] = []

    def pack(self, write: Callable[[bytes], object]) -> None:
        """Write the archive.

        Raises:
            BucketNotFound, ObjectNotFound: an item is not here, and it shall not go on.
            UsageError: an item makes no sense, such as a range beyond the end.
            JobAborted: somebody has stopped it.
        """

        def unless_stopped(data: bytes) -> None:
            self._job.check()
            write(data)

        with self._job, ShardWindow(self._store) as shards:
            writer = ArchiveWriter(unless_stopped, self._kind)
            for bucket, item in self._items:
                self._store.bucket(bucket)
                check_right(self._store, bucket, Right.GET)
                self.outcomes.append(self._add(writer, shards, bucket, item))
                self._job.count(self.outcomes[-1].size)
            writer.close()

    def _add(self, writer: ArchiveWriter, shards: ShardWindow, bucket: Bucket, item: BatchItem) -> BatchOutcome:
        check_object_name(item.name)
        name = item.name if self._wanted.only_names else f"{bucket.name}/{item.name}"
        name += f"/{item.member.lstrip('/')}" if item.member else ""
        outcome = BatchOutcome(item.name, bucket.name, bucket.provider, 0, item.member, "", item.opaque)
        try:
            with shards.open(bucket, item.name, item.member) as whole:
                content = _ranged(whole, item, bucket / item.name)
                writer.add(name, content.size, cast("BinaryIO", content))
                outcome.size = content.size
        except ObjectNotFound as exc:
            if not self._wanted.keep_going:
                raise
            writer.add(f"{MISSING}/{name}", 0, io.BytesIO())
            outcome.error = str(exc)
        return outcome


def _ranged(whole: Window, item: BatchItem, uri: str) -> Window:
    """Return the range that an item wants.

    Raises:
        UsageError: there is no such range.
    """
    if not item.start and item.length in (0, -1):
        return whole
    length = whole.size - item.start if item.length == -1 else item.length
    if item.start < 0 or length <= 0 or item.start + length > whole.size:
        raise UsageError(
            f"start={item.start}, length={item.length} is no range of {uri}, which has {whole.size} bytes. "
            "Say bytes that it has, or length -1 for all from there on."
        )
    return whole.part(item.start, length)
