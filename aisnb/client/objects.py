"""Objects: reading, writing, removing them."""

from __future__ import annotations

import asyncio
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec
import xxhash

from aisnb.client.checksums import Check
from aisnb.client.listing import bucket_path, bucket_query
from aisnb.client.local_files import source_faults, target_faults
from aisnb.client.wire import Call
from aisnb.errors import AlreadyExists, EndpointUnreachable, NameInvalid, Unsupported
from aisnb.protocol.headers import CHECKSUM_TYPE, CHECKSUM_VALUE, DURABLE, ORIGINAL_URL, XXHASH
from aisnb.protocol.messages import DELETE_OBJECTS, EVICT_OBJECTS, Action
from aisnb.uris import check_link, check_object_name, is_link, link_name, parse_object, web_bucket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from aisnb.client.connection import Connection
    from aisnb.protocol.messages import Selection
    from aisnb.uris import Bucket

_PIECE = 1 << 20
_UPLOADS_AT_ONCE = 4
#: A source on the web may think for a while before the first byte.
STALL_SECONDS = 600.0
#: An endpoint may take so long for a piece of an object, and to put the whole in its place.
_UPLOAD_STALL_SECONDS = 120.0


class Extent(NamedTuple):
    """A part of an object: from byte `offset`, `length` bytes (None: to its end)."""

    offset: int
    length: int | None

    def header(self) -> str:
        """Return it as an HTTP range (RFC 9110 section 14.1.2)."""
        return f"bytes={self.offset}-{'' if self.length is None else self.offset + self.length - 1}"


class Target(NamedTuple):
    """An object, and the link that it comes from if it may not be here yet."""

    bucket: Bucket
    name: str
    link: str = ""

    def call(self, method: str, **more: Any) -> Call:
        """Return a call about this object."""
        query = bucket_query(self.bucket) | ({ORIGINAL_URL: self.link} if self.link else {})
        path = f"/v1/objects/{quote(self.bucket.name, safe='')}/{quote(self.name, safe='/')}"
        return Call(method, path, query, shown=self.bucket / self.name, **more)


def locate(source: str) -> Target:
    """Return the object that ``ais://bucket/name`` or a web link names.

    Raises:
        NameInvalid: it names none.
    """
    if not is_link(source):
        return Target(*parse_object(source))
    name = link_name(check_link(source))
    if not name:
        raise NameInvalid(
            f"'{source}' names a directory, and a file is expected here: say '{source.rstrip('/')}/NAME'. All its "
            f"files come into a bucket by '%ais start download {source} BUCKET' (in Python: client.download)."
        )
    return Target(web_bucket(source), check_object_name(name), source)


async def read_object(connection: Connection, target: Target, extent: Extent | None) -> bytes:
    """Return the object's bytes, or those of `extent`; the whole is held against its checksum.

    Raises:
        ObjectNotFound: there is no such object.
    """

    async def read() -> bytes:
        pieces: list[bytes] = []
        await _receive(connection, target, extent, pieces.append)
        return b"".join(pieces)

    return await connection.attempt(read)


async def save_object(
    connection: Connection,
    target: Target,
    path: Path,
    extent: Extent | None,
    *,
    clobber: bool,
    tick: Callable[[int], object] | None = None,
) -> Path:
    """Write the object to the file `path`, or into the directory `path`; it appears there whole, or not at all.

    Args:
        connection: to the endpoint.
        target: the object.
        path: the file or directory.
        extent: the part of it that is wanted; None for all.
        clobber: replace a file that is there.
        tick: called with the bytes that were written so far, piece by piece.

    Returns:
        The file.

    Raises:
        ObjectNotFound: there is no such object.
        AlreadyExists: the file is there, and `clobber` is not said.
        DirectoryNotFound: its directory is not there.
    """
    with target_faults(path):
        path = await asyncio.to_thread(_file_for, path, target)

    async def save(fresh: Path) -> None:
        with fresh.open("wb") as file:

            def write(piece: bytes) -> None:
                file.write(piece)
                if tick is not None:
                    tick(file.tell())

            await _receive(connection, target, extent, write)

    return await appear(connection, path, save, clobber=clobber)


async def appear(connection: Connection, path: Path, fill: Callable[[Path], Awaitable[None]], *, clobber: bool) -> Path:
    """Have `fill` write a file beside `path` and put it in its place; return `path`. It is tried again as reads are.

    Raises:
        AlreadyExists: the file is there, and `clobber` is not said.
        DirectoryNotFound: its directory is not there.
    """
    fresh = path.with_name(f".{path.name[:64]}-{secrets.token_hex(4)}.part")
    with target_faults(path):
        if not clobber and await asyncio.to_thread(path.exists):
            raise AlreadyExists(f"The file '{path}' exists. Leave out --no-clobber (clobber=False) to replace it.")
        try:
            await connection.attempt(lambda: fill(fresh))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    return path


async def upload(connection: Connection, files: list[tuple[Path, Bucket, str]], *, durable: bool = False) -> list[str]:
    """Write files into objects, some at a time.

    Returns:
        The objects' names in full (``ais://bucket/name``), in the order given.

    Raises:
        Unsupported: they are to be `durable`, and the endpoint is a cluster.
    """
    if durable:
        await connection.check_durable("What is put there")
    places = asyncio.Semaphore(_UPLOADS_AT_ONCE)

    async def put(path: Path, target: Target) -> str:
        async with places:
            await upload_joined(connection, [path], target, durable=durable)
        return target.bucket / target.name

    tasks = [asyncio.create_task(put(path, Target(bucket, name))) for path, bucket, name in files]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def upload_joined(
    connection: Connection,
    paths: Sequence[Path],
    target: Target,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    durable: bool = False,
) -> int:
    """Write files, one behind the other, into one object, and return their size in bytes.

    Args:
        connection: to the endpoint.
        paths: the files.
        target: the object.
        query: what else the write means, such as a member of a shard.
        headers: that go with it.
        durable: the object is on the disk itself before this returns.

    Raises:
        DirectoryNotFound: a file is not there.
        BucketNotFound: the bucket is not there.
    """
    size, digest = await asyncio.to_thread(_measure, paths)
    told = {
        **(headers or {CHECKSUM_TYPE: XXHASH, CHECKSUM_VALUE: digest}),
        "Content-Length": str(size),
        "Content-Type": "application/octet-stream",
        **({DURABLE: "true"} if durable else {}),
    }
    try:
        async with asyncio.timeout(_UPLOAD_STALL_SECONDS) as patience:
            body = partial(_pieces, paths, patience)
            call = target.call("PUT", body=body, headers=told, stall=None, ask_first=True)
            call.query = {**call.query, **(query or {})}
            reply = await connection.call(call)
    except TimeoutError as exc:
        raise EndpointUnreachable(
            f"Writing '{paths[0]}' to {target.bucket / target.name}: {connection!r} took nothing for "
            f"{_UPLOAD_STALL_SECONDS:g} s. Look whether it is there, then write it again."
        ) from exc
    if durable and DURABLE not in reply.headers:
        raise Unsupported(
            f"{target.bucket / target.name} was written, but {connection!r} does not say that it is on the disk. Its "
            "aisnb is older than this one: restart it ('node stop', once no job runs), and write it again."
        )
    return size


async def remove_object(connection: Connection, target: Target) -> None:
    """Remove one object; of a bucket that is elsewhere (``ht://``, clouds) only what is here.

    Raises:
        ObjectNotFound: there is no such object.
    """
    await connection.call(target.call("DELETE"))


async def remove_objects(connection: Connection, bucket: Bucket, selection: Selection) -> str:
    """Start the removal of several objects, and return the job's id."""
    action = DELETE_OBJECTS if bucket.provider == "ais" else EVICT_OBJECTS
    body = msgspec.json.encode(Action(action, "", selection))
    shown = f"{action} of {bucket / selection.template}"
    reply = await connection.call(Call("DELETE", bucket_path(bucket), bucket_query(bucket), body, shown=shown))
    return reply.body.decode(errors="replace").strip().strip('"')


def _file_for(path: Path, target: Target) -> Path:
    return path / target.name.rpartition("/")[2] if path.is_dir() else path


async def _receive(
    connection: Connection, target: Target, extent: Extent | None, write: Callable[[bytes], object]
) -> None:
    headers = {"Range": extent.header()} if extent else {}
    async with connection.stream(target.call("GET", headers=headers, stall=STALL_SECONDS)) as answer:
        check = Check(target.bucket / target.name, {} if extent else answer.headers)
        while piece := await answer.chunk():
            write(piece)
            check.update(piece)
    check.finish()


def _measure(paths: Sequence[Path]) -> tuple[int, str]:
    digest, size = xxhash.xxh64(), 0
    for path in paths:
        with source_faults(path), path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    return size, digest.hexdigest()


async def _pieces(paths: Sequence[Path], patience: asyncio.Timeout) -> AsyncIterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
                patience.reschedule(asyncio.get_running_loop().time() + _UPLOAD_STALL_SECONDS)
