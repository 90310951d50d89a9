"""Objects that come in several requests: appended to, or in numbered parts. Until they are complete nobody sees them.

What is on its way lives as long as the node: its partial files are swept at the next start.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from aisnb.errors import ObjectNotFound, UsageError
from aisnb.node.copying import pour
from aisnb.node.receiving import receive
from aisnb.protocol import headers as ais

if TYPE_CHECKING:
    from aisnb.store import ObjectRecord, Partial, Store
    from aisnb.uris import Bucket

_MOST_OPEN = 10_000
_FORGOTTEN_SECONDS = 24 * 3600.0
_PART_NUMBER = re.compile(r"0*[1-9]\d{0,8}")


@dataclass(slots=True, eq=False)
class _Upload:
    """One object on its way: its parts by number. An appended one is the part 0."""

    bucket: Bucket
    name: str
    parts: dict[int, Partial]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    touched: float = field(default_factory=time.monotonic)

    def discard(self) -> None:
        for partial in self.parts.values():
            partial.discard()
        self.parts.clear()


class Uploads:
    """What is on its way in several requests. Used in the loop's thread only.

    Args:
        store: where objects go.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, _Upload] = {}

    def close(self) -> None:
        """Forget all that is not complete; twice is harmless."""
        for upload in self._open.values():
            upload.discard()
        self._open.clear()

    async def append(self, request: web.Request, bucket: Bucket, name: str, handle: str) -> str:
        """Append the request's body; return the handle to go on with.

        Args:
            request: whose body.
            bucket: the object's.
            name: the object; what it has already comes first.
            handle: of the append before, "" for the first.

        Raises:
            BucketNotFound: the bucket is not here.
            ObjectNotFound: nothing is on its way under this handle.
            UsageError: the body broke off; what came before it stays.
        """
        if handle:
            upload = self._find(handle, bucket, name)
            async with upload.lock:
                await _append(request, upload.parts[0])
            return handle
        partial = self._store.begin(bucket, name)
        try:
            partial.start(offset=0, validator="", size=None)
            await self._take_over(bucket, name, partial)
            await receive(request, partial)
            return self._add(bucket, name, {0: partial})
        except BaseException:
            partial.discard()
            raise

    async def flush(self, request: web.Request, bucket: Bucket, name: str, handle: str) -> ObjectRecord:
        """Append the request's body, and make the object of all that came.

        Raises:
            ObjectNotFound: nothing is on its way under this handle.
        """
        upload = self._find(handle, bucket, name)
        async with upload.lock:
            await _append(request, upload.parts[0])
            del self._open[handle]
            return await asyncio.wrap_future(self._store.commit(upload.parts[0], custom=self._words(bucket, name)))

    def begin_parts(self, bucket: Bucket, name: str) -> str:
        """Begin an object that comes in parts; return the upload's id.

        Raises:
            BucketNotFound, NameInvalid, AlreadyExists: the object could not be stored.
        """
        self._store.begin(bucket, name).discard()
        return self._add(bucket, name, {})

    async def put_part(self, request: web.Request, bucket: Bucket, name: str, upload_id: str, number: str) -> None:
        """Take the request's body as a part; one of the same number is replaced.

        Raises:
            ObjectNotFound: there is no such upload.
            UsageError: the number is none, or the body is empty or broke off.
        """
        if not _PART_NUMBER.fullmatch(number):
            raise UsageError(f"'{number}' is not the number of a part. Count from 1.")
        upload = self._find(upload_id, bucket, name)
        partial = self._store.begin(bucket, name)
        try:
            partial.start(offset=0, validator="", size=request.content_length)
            await receive(request, partial)
            if not partial.position:
                raise UsageError(f"Part {number} of '{bucket / name}' has an invalid size (0). Leave it out.")
            if self._open.get(upload_id) is not upload:
                raise _no_upload(upload_id)
            if replaced := upload.parts.pop(int(number), None):
                replaced.discard()
            upload.parts[int(number)] = partial
        except BaseException:
            partial.discard()
            raise

    async def complete_parts(self, bucket: Bucket, name: str, upload_id: str, numbers: list[int]) -> ObjectRecord:
        """Make the object of its parts, in the order of their numbers.

        Raises:
            ObjectNotFound: there is no such upload.
            UsageError: the numbers are not those of all parts, each once.
        """
        upload = self._find(upload_id, bucket, name)
        async with upload.lock:
            if not upload.parts:
                raise UsageError(f"'{bucket / name}' has no chunks: no part of upload '{upload_id}' came. Put some.")
            if sorted(numbers) != sorted(upload.parts):
                raise UsageError(
                    f"A partial completion of '{bucket / name}' is not possible: it has the parts "
                    f"{_shown(sorted(upload.parts))}, and {_shown(numbers)} are named. Name each of them once."
                )
            if self._open.pop(upload_id, None) is None:
                raise _no_upload(upload_id)
            try:
                return await asyncio.shield(asyncio.ensure_future(self._join(upload)))
            finally:
                upload.discard()

    def abort_parts(self, bucket: Bucket, name: str, upload_id: str) -> None:
        """Forget an upload.

        Raises:
            ObjectNotFound: there is no such upload.
        """
        self._find(upload_id, bucket, name).discard()
        del self._open[upload_id]

    async def _join(self, upload: _Upload) -> ObjectRecord:
        first, *others = (upload.parts[number] for number in sorted(upload.parts))
        sizes = [part.position for part in (first, *others)]

        def join() -> None:
            for part in others:
                with part.reader() as file:
                    pour(file, first)

        await asyncio.to_thread(join)
        words = {ais.CHUNKS: f"{len(sizes)}/{max(sizes)}"}
        return await asyncio.wrap_future(self._store.commit(first, custom=words))

    async def _take_over(self, bucket: Bucket, name: str, partial: Partial) -> None:
        """Begin with what the object has."""
        try:
            _, file = self._store.open(bucket, name)
        except ObjectNotFound:
            return
        with file:
            await asyncio.to_thread(pour, file, partial)

    def _words(self, bucket: Bucket, name: str) -> dict[str, str]:
        try:
            custom = self._store.stat(bucket, name).custom
        except ObjectNotFound:
            return {}
        return {key: value for key, value in custom.items() if key != ais.CHUNKS}

    def _add(self, bucket: Bucket, name: str, parts: dict[int, Partial]) -> str:
        now = time.monotonic()
        for key in [key for key, upload in self._open.items() if upload.touched < now - _FORGOTTEN_SECONDS]:
            self._open.pop(key).discard()
        if len(self._open) >= _MOST_OPEN:
            raise UsageError(f"{_MOST_OPEN:,} uploads are open, which is the limit. Complete or abort some.")
        handle = secrets.token_urlsafe(12)
        self._open[handle] = _Upload(bucket, name, parts)
        return handle

    def _find(self, handle: str, bucket: Bucket, name: str) -> _Upload:
        upload = self._open.get(handle)
        if upload is None or (upload.bucket, upload.name) != (bucket, name):
            raise _no_upload(handle)
        upload.touched = time.monotonic()
        return upload


async def _append(request: web.Request, partial: Partial) -> None:
    before = partial.position
    try:
        await receive(request, partial)
    except BaseException:
        partial.start(offset=before, validator="", size=None)
        raise


def _no_upload(handle: str) -> ObjectNotFound:
    return ObjectNotFound(f"upload '{handle}' does not exist: it is complete, or was given up. Begin anew.")


def _shown(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")


UPLOADS: web.AppKey[Uploads] = web.AppKey("uploads", Uploads)
