"""What comes into an endpoint otherwise than by a plain write: into a shard, from its own disks, in pieces."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aisnb.archives import ArchiveWriter, archive_format
from aisnb.client.fetching import start_prefetch
from aisnb.client.job import open_job
from aisnb.client.listing import bucket_query
from aisnb.client.local_files import check_file, source_faults, target_faults
from aisnb.client.objects import Target, upload_joined
from aisnb.client.twins import twins
from aisnb.client.views import Views
from aisnb.client.wire import Call
from aisnb.errors import UsageError
from aisnb.protocol.headers import ARCHIVE_FLAGS, MEMBER
from aisnb.protocol.messages import (
    APPEND_IF_THERE,
    APPEND_ONLY,
    BLOB_DOWNLOAD,
    PROMOTE,
    Action,
    BlobDownload,
    Promotion,
    Selection,
)
from aisnb.uris import parse_object, parse_uri

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    from aisnb.archives import Format
    from aisnb.client.job import Job
    from aisnb.uris import Bucket


class Intake(Views):
    """The further ways into an endpoint."""

    async def _promote(
        self,
        path: str | Path,
        bucket_or_object: str,
        *,
        recursive: bool = False,
        overwrite: bool = False,
        remove_source: bool = False,
        checksum: bool = True,
    ) -> Job | None:
        """Start to make objects of files that the endpoint's own machines have, and return the job.

        Of the local node that is this machine; a cluster looks on its targets' disks, in AIStore 5 only below
        ``/var/lib/ais/promote``.

        Args:
            path: a file or a directory.
            bucket_or_object: ``ais://abc``; or what names begin with, ``ais://abc/train/``; for a file its name.
            recursive: with all that is below the directory.
            overwrite: replace objects that are there.
            remove_source: remove the files once they are objects.
            checksum: False leaves out the checksums where that saves reading the files; ``node fsck`` makes them
                later. A cluster goes by its bucket's properties.

        Returns:
            The job; None if a cluster has done it at once.

        Raises:
            BucketNotFound: there is no such bucket.
            DirectoryNotFound: there is no such path.

        Example:
            client.promote("/data/shards", "ais://abc").wait()
        """
        bucket, rest = parse_uri(bucket_or_object)
        source = str(Path(path).expanduser().absolute())  # noqa: ASYNC240  # this looks at no file
        unchecked = not checksum and (self._connection.is_local or await self._connection.has_extension())
        value = Promotion(source, rest, recursive, overwrite, remove_source, unchecked)
        job = await self._begin(bucket, Action(PROMOTE, source, value))
        return await open_job(self._connection, job) if job else None

    promote, promote_async = twins(_promote)

    async def _blob_download(self, place: str, *, chunk_size: int = 0, workers: int = 0, latest: bool = False) -> Job:
        """Start to bring one large object of a bucket that lies elsewhere here in pieces, and return the job.

        Args:
            place: ``s3://bucket/name``, ``ht://HASH/name``.
            chunk_size: bytes of a piece; 0 lets the cluster decide, and so does the node always.
            workers: pieces at once; 0 as above.
            latest: look whether it has changed there.

        Raises:
            UsageError: the bucket lies nowhere else.
            BucketNotFound: there is no such bucket.

        Example:
            client.blob_download("s3://bucket/big.tar", chunk_size=16 << 20).wait()
        """
        bucket, name = parse_object(place)
        if bucket.provider == "ais":
            raise UsageError(
                f"{bucket} lies nowhere else: '{name}' is here in full. '%ais get' (in Python: client.get) reads it."
            )
        if bucket.provider == "ht" and not await self._connection.has_extension():
            return await start_prefetch(self._connection, bucket, Selection(names=[name]))
        job = await self._begin(bucket, Action(BLOB_DOWNLOAD, name, BlobDownload(chunk_size, workers, latest)))
        return await open_job(self._connection, job)

    blob_download, blob_download_async = twins(_blob_download)

    async def _add_member(self, file: str | Path, shard: str, member: str, *, create: bool = False) -> None:
        """Append a file to a shard as its last member.

        Args:
            file: of this machine.
            shard: ``ais://abc/shard.tar``, also tgz or zip.
            member: its name there.
            create: make the shard if it is not there.

        Raises:
            ObjectNotFound: the shard is not there, and is not to be made.
            DirectoryNotFound: there is no such file.
            ArchiveInvalid: it is no shard.

        Example:
            client.add_member("cat.jpg", "ais://abc/shard.tar", "train/cat.jpg")
        """
        path = await asyncio.to_thread(check_file, Path(file).expanduser())  # noqa: ASYNC240  # this looks at no file
        how = str(APPEND_IF_THERE if create else APPEND_ONLY)
        target = Target(*parse_object(shard))
        await upload_joined(self._connection, [path], target, query={MEMBER: member}, headers={ARCHIVE_FLAGS: how})

    add_member, add_member_async = twins(_add_member)

    async def _put_shard(self, files: Mapping[str, str | Path], shard: str) -> int:
        """Pack files of this machine into a shard, and return how many bytes it has.

        Args:
            files: by their names in the shard, in that order.
            shard: ``ais://abc/shard.tar``, .tgz or .zip; replaced if it is there.

        Raises:
            DirectoryNotFound: a file is not there.
            BucketNotFound: there is no such bucket.
            ArchiveInvalid: the ending of the shard's name is that of no shard.

        Example:
            client.put_shard({"000.jpg": "cat.jpg", "000.cls": "cat.cls"}, "ais://abc/shard.tar")
        """
        target = Target(*parse_object(shard))
        kind = archive_format(target.name)
        with tempfile.NamedTemporaryFile(prefix="aisnb-") as kept:
            await asyncio.to_thread(_pack, kept, files, kind)
            return await upload_joined(self._connection, [Path(kept.name)], target)

    put_shard, put_shard_async = twins(_put_shard)

    async def _begin(self, bucket: Bucket, action: Action) -> str:
        """Start what an action says about one object of the bucket, and return the job's id, "" if there is none."""
        shown = f"{action.action} of {bucket / action.name.lstrip('/')}"
        path = f"/v1/objects/{bucket.name}"
        call = Call("POST", path, bucket_query(bucket), msgspec.json.encode(action), shown=shown)
        return (await self._connection.call(call)).body.decode(errors="replace").strip().strip('"')


def _pack(target: IO[bytes], files: Mapping[str, str | Path], kind: Format) -> None:
    writer = ArchiveWriter(target.write, kind)
    for name, file in files.items():
        path = Path(file).expanduser()
        with source_faults(path):
            content = path.open("rb")
        with target_faults(path), content:
            writer.add(name, path.stat().st_size, content)
    writer.close()
    target.flush()
