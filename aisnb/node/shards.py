"""Objects that are archives: one member read, several chosen, one added. Nothing is unpacked to disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, BinaryIO
from weakref import WeakValueDictionary

from aiohttp import hdrs, web

from aisnb.archives import (
    ArchiveWriter,
    Format,
    archive_faults,
    archive_format,
    member_matcher,
    open_archive,
)
from aisnb.errors import ObjectNotFound, UsageError
from aisnb.node.content import object_headers
from aisnb.node.outflow import Outflow
from aisnb.node.receiving import receive
from aisnb.protocol.messages import APPEND_IF_THERE

if TYPE_CHECKING:
    from aisnb.archives import Member
    from aisnb.store import ObjectRecord, Partial, Store
    from aisnb.uris import Bucket

_AT_ONCE = 256 << 10


def asks_for_members(request: web.Request) -> bool:
    """Return whether a GET wants something out of the object, not the object."""
    return bool(request.query.get("archpath") or request.query.get("archregx") or request.query.get("archmode"))


async def send_members(
    request: web.Request, bucket: Bucket, record: ObjectRecord, file: BinaryIO
) -> web.StreamResponse:
    """Answer with one member's bytes (``archpath``), or with a tar of those that match (``archregx``, ``archmode``).

    Args:
        request: what is answered.
        bucket: where the object is.
        record: the archive.
        file: its bytes; closed here.

    Raises:
        ObjectNotFound: there is no such member.
        ArchiveInvalid: the object is no archive, or a damaged one.
        UsageError: what is asked for contradicts itself.
    """
    path, pattern = request.query.get("archpath", ""), request.query.get("archregx", "")
    mode = request.query.get("archmode", "")
    with file:
        if path and (pattern or mode):
            raise UsageError(
                "A member is named by 'archpath' or chosen by 'archregx' and 'archmode', not both. Use one."
            )
        if hdrs.RANGE in request.headers:
            raise web.HTTPRequestRangeNotSatisfiable(
                headers={"Content-Range": f"bytes */{record.size}"},
                reason="A range of a member of an archive is not possible. Read the member whole.",
            )
        kind = archive_format(record.name, request.query.get("archmime", ""), file)
        if path:
            return await _send_one(request, bucket, record, file, kind, path)
        matches = member_matcher(pattern, mode or "regexp")

        def produce(out: Outflow) -> None:
            writer, count = ArchiveWriter(out.write, Format.TAR), 0
            for member, content in open_archive(file, kind).walk():
                if matches(member.name):
                    writer.add(member.name, member.size, content)
                    count += 1
            if not count:
                raise ObjectNotFound(
                    f"nothing that matches '{pattern}' ({mode}) in {bucket / record.name} does not exist"
                )
            writer.close()

        return await Outflow(request, {hdrs.CONTENT_TYPE: "application/x-tar"}).run(produce)


async def _send_one(
    request: web.Request, bucket: Bucket, record: ObjectRecord, file: BinaryIO, kind: Format, path: str
) -> web.StreamResponse:
    member, content = await asyncio.to_thread(_open_member, file, kind, path, bucket / record.name)
    headers = object_headers(bucket, record, "atime,version")
    headers[hdrs.CONTENT_TYPE] = "application/octet-stream"
    headers[hdrs.CONTENT_LENGTH] = str(member.size)

    def produce(out: Outflow) -> None:
        left = member.size
        with archive_faults():
            while left:
                chunk = content.read(min(left, _AT_ONCE))
                if not chunk:
                    raise EOFError(f"{left} bytes of '{path}' are missing")
                out.write(chunk)
                left -= len(chunk)

    with content:
        return await Outflow(request, headers).run(produce)


def _open_member(file: BinaryIO, kind: Format, path: str, uri: str) -> tuple[Member, BinaryIO]:
    try:
        return open_archive(file, kind).open(path)
    except ObjectNotFound as exc:
        raise ObjectNotFound(f"'{path}' in archive {uri} does not exist") from exc


class Appending:
    """Adds members to archives, to each by one request at a time. Used in the loop's thread only.

    Args:
        store: where the archives are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks: WeakValueDictionary[tuple[Bucket, str], asyncio.Lock] = WeakValueDictionary()

    async def append(self, request: web.Request, bucket: Bucket, name: str, flags: str) -> ObjectRecord:
        """Store the archive anew, with the request's body as its last member ``archpath``.

        Args:
            request: whose body.
            bucket: where the archive is.
            name: the archive.
            flags: AIStore's number as text: 1 adds to one that is there, 2 makes it if it is not, 0 makes it anew.

        Raises:
            ObjectNotFound: the archive is not here and must be.
            ArchiveInvalid: it is none, or a damaged one.
            UsageError: the flags are no number, or the body has no bytes or broke off.
        """
        if flags not in ("", "0", "1", "2", "3"):
            raise UsageError(f"'{flags}' are no flags of an append: a sum of 1 (it is there) and 2 (make it if not).")
        if not request.content_length:
            raise UsageError(f"A member of '{bucket / name}' comes without a 'Content-Length'. Say how long it is.")
        path = request.query["archpath"].removeprefix(f"{name}/")
        member = self._store.begin(bucket, name)
        try:
            member.start(offset=0, validator="", size=request.content_length)
            await receive(request, member)
            async with self._locks.setdefault((bucket, name), asyncio.Lock()):
                return await self._rewrite(
                    bucket, name, path, member, request.query.get("archmime", ""), int(flags or 0)
                )
        finally:
            member.discard()

    async def _rewrite(
        self, bucket: Bucket, name: str, path: str, member: Partial, mime: str, flags: int
    ) -> ObjectRecord:
        existing, custom = None, {}
        if flags:
            try:
                record, existing = self._store.open(bucket, name)
                custom = record.custom
            except ObjectNotFound:
                if not flags & APPEND_IF_THERE:
                    raise
        fresh = self._store.begin(bucket, name)
        try:
            fresh.start(offset=0, validator="", size=None)
            kind = archive_format(name, mime, existing)
            await asyncio.to_thread(_write, fresh, kind, existing, path, member)
            return await asyncio.wrap_future(self._store.commit(fresh, custom=custom))
        finally:
            fresh.discard()
            if existing is not None:
                existing.close()


def _write(fresh: Partial, kind: Format, existing: BinaryIO | None, path: str, member: Partial) -> None:
    writer = ArchiveWriter(fresh.write, kind, existing)
    with member.reader() as content:
        writer.add(path, member.position, content)
    writer.close()


APPENDING: web.AppKey[Appending] = web.AppKey("appending", Appending)
