"""What changes inside an endpoint, without a byte through this machine: copies, new names, packed objects."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from aisnb.client.buckets import change_properties, create_bucket
from aisnb.client.intake import Intake
from aisnb.client.job import open_job
from aisnb.client.listing import Wanted, bucket_path, bucket_query
from aisnb.client.local_files import check_file
from aisnb.client.objects import Target, remove_objects, upload_joined
from aisnb.client.twins import twins
from aisnb.client.web_buckets import list_there, resolve
from aisnb.client.wire import Call
from aisnb.errors import ConfirmationNeeded, UsageError
from aisnb.protocol.buckets import BucketId, uname
from aisnb.protocol.headers import COPY_TO_BUCKET, COPY_TO_OBJECT, NEW_CUSTOM
from aisnb.protocol.messages import (
    ALL_NAMED,
    ARCHIVE,
    COPY_BUCKET,
    COPY_OBJECTS,
    MOVE_BUCKET,
    RENAME_OBJECT,
    Action,
    Selection,
)
from aisnb.templates import Template
from aisnb.uris import check_object_name, parse_bucket, parse_object, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aisnb.client.job import Job
    from aisnb.uris import Bucket


class Changes(Intake):
    """The changes that a client can make inside its endpoint."""

    async def _copy(
        self,
        source: str,
        destination: str,
        *,
        template: str = "",
        names: Iterable[str] | None = None,
        prefix: str = "",
        prepend: str = "",
        flat: bool = False,
        workers: int = 0,
        latest: bool = False,
        sync: bool = False,
        force: bool = False,
        keep_going: bool = False,
    ) -> Job:
        """Start to copy a bucket, or objects of it, into another bucket, which is made if need be; return the job.

        What is named, also by a template, and is not there has failed at its end; a cluster passes over such names of
        a template, and does not tell.

        Args:
            source: ``ais://abc``, ``ais://abc/name``, ``ais://abc/shard-{001..010}.tar``.
            destination: ``ais://copy``, or a directory in it, ``ais://copy/in/``.
            template: which objects, such as ``shard-{001..010}.tar``.
            names: which, by name.
            prefix: which, by what their names begin with.
            prepend: what the copies' names get in front.
            flat: of a prefix only what is right below it.
            workers: how many copy at once; 0 lets the cluster decide, and so does the node always.
            latest: of a bucket elsewhere (clouds) first look there for newer versions.
            sync: as `latest`, and what is gone there goes here.
            force: copy although another such job runs.
            keep_going: go on after what cannot be copied.

        Raises:
            BucketNotFound: there is no such bucket.
            UsageError: objects are chosen in two ways.
            TemplateError: the template cannot be expanded.

        Example:
            client.copy("ais://abc/shard-{001..010}.tar", "ais://copy").wait()
        """
        bucket, chosen = _choose(source, template, names, prefix)
        target, rest = parse_uri(destination)
        directory = check_object_name(rest.strip("/")) + "/" if rest.strip("/") else ""
        await self._make(target)
        if flat and chosen.names is None and not chosen.template:
            chosen = Selection(names=await self._names_below(bucket, chosen.prefix))
        how: dict[str, Any] = {
            "prepend": directory + prepend, "num-workers": workers, "latest-ver": latest,
            "synchronize": sync, "force": force, "coer": keep_going,
        }  # fmt: skip
        if chosen.names is None and not chosen.template:
            query = {COPY_TO_BUCKET: uname(target)}
            return await self._start("POST", bucket, COPY_BUCKET, how | {"prefix": chosen.prefix}, query)
        value = msgspec.to_builtins(chosen) | how | {"tobck": BucketId.of(target)} | await self._all_named(chosen)
        return await self._start("POST", bucket, COPY_OBJECTS, value)

    copy, copy_async = twins(_copy)

    async def _names_below(self, bucket: Bucket, prefix: str) -> list[str]:
        """Return the names right below a prefix: AIStore copies whole trees, whatever it is told."""
        found = await list_there(self._connection, bucket, Wanted(prefix, cached=_here(bucket), flat=True))
        return [name for name in found["name"].tolist() if not name.endswith("/")]

    async def _make(self, target: Bucket) -> None:
        """Make the bucket that a job of a cluster goes into; the node makes it itself, if the job can begin."""
        if not await self._connection.has_extension():
            await create_bucket(self._connection, target)

    async def _all_named(self, chosen: Selection) -> dict[str, bool]:
        """Return what has the node count names of a template that are not there as failed; clusters pass over them."""
        return {ALL_NAMED: True} if chosen.template and await self._connection.has_extension() else {}

    async def _in_their_words(self, chosen: Selection) -> Selection:
        """Return a choice by prefix as clusters know it: a template without a range."""
        if chosen.prefix and not await self._connection.has_extension():
            return Selection(template=chosen.prefix)
        return chosen

    async def _delete(
        self,
        source: str,
        *,
        template: str = "",
        names: Iterable[str] | None = None,
        prefix: str = "",
        yes: bool = False,
    ) -> Job:
        """Start to remove objects, all at once, and return the job; of a bucket elsewhere only what is here.

        Args:
            source: where they are, as for `copy`; a bucket alone is all that is in it.
            template: which objects, such as ``shard-{001..010}.tar``.
            names: which, by name.
            prefix: which, by what their names begin with.
            yes: with a bucket alone, whose objects are nowhere else: do empty it.

        Raises:
            BucketNotFound: there is no such bucket.
            UsageError: objects are chosen in two ways.
            ConfirmationNeeded: a bucket alone is named, without `yes`.

        Example:
            client.delete("ais://abc", prefix="old/").wait()
        """
        bucket, chosen = _choose(source, template, names, prefix)
        if bucket.provider == "ais" and chosen == Selection() and not yes:
            raise ConfirmationNeeded(f"This would remove all objects of {bucket}. Say yes=True to empty it.")
        place = await resolve(self._connection, bucket)
        chosen = await self._in_their_words(chosen)
        return await open_job(self._connection, await remove_objects(self._connection, place, chosen))

    delete, delete_async = twins(_delete)

    async def _copy_object(self, source: str, destination: str) -> str:
        """Copy one object, and return the copy's name in full.

        Args:
            source: ``ais://abc/name``.
            destination: ``ais://copy/other-name``; a bucket, or a slash at the end, takes the object's own name.

        Raises:
            ObjectNotFound: there is no such object.
            BucketNotFound: the destination is not there.

        Example:
            client.copy_object("ais://abc/notes.txt", "ais://copy/")
        """
        origin = Target(*parse_object(source))
        bucket, rest = parse_uri(destination)
        name = check_object_name(rest + origin.name.rpartition("/")[2] if not rest or rest.endswith("/") else rest)
        here = Target(await resolve(self._connection, origin.bucket), origin.name)
        call = here.call("PUT")
        call.query = {**call.query, COPY_TO_OBJECT: uname(bucket, name)}
        await self._connection.call(call)
        return bucket / name

    copy_object, copy_object_async = twins(_copy_object)

    async def _set_properties(self, bucket: str, values: Mapping[str, Any]) -> None:
        """Change properties of a bucket; those that are not named stay.

        Args:
            bucket: ``ais://abc``.
            values: nested as `properties` returns them.

        Raises:
            BucketNotFound: there is no such bucket.
            Unsupported: the local node has no choice there.

        Example:
            client.set_properties("ais://abc", {"mirror": {"enabled": True, "copies": 2}})
        """
        await change_properties(self._connection, parse_bucket(bucket), values)

    set_properties, set_properties_async = twins(_set_properties)

    async def _reset_properties(self, bucket: str) -> None:
        """Give a bucket the properties of a new one.

        Raises:
            BucketNotFound: there is no such bucket.

        Example:
            client.reset_properties("ais://abc")
        """
        await change_properties(self._connection, parse_bucket(bucket), None)

    reset_properties, reset_properties_async = twins(_reset_properties)

    async def _rename_bucket(self, bucket: str, name: str) -> Job:
        """Start to give a bucket another name, and return the job.

        Args:
            bucket: ``ais://abc``.
            name: ``ais://new``.

        Raises:
            BucketNotFound: there is no such bucket.
            AlreadyExists: there is one of the new name.

        Example:
            client.rename_bucket("ais://abc", "ais://new").wait()
        """
        query = {COPY_TO_BUCKET: uname(parse_bucket(name))}
        return await self._start("POST", parse_bucket(bucket), MOVE_BUCKET, None, query)

    rename_bucket, rename_bucket_async = twins(_rename_bucket)

    async def _rename_object(self, place: str, name: str) -> str:
        """Give an object another name in its bucket, and return that in full.

        Raises:
            ObjectNotFound: there is no such object.

        Example:
            client.rename_object("ais://abc/notes.txt", "old/notes.txt")
        """
        target = Target(*parse_object(place))
        body = msgspec.json.encode(Action(RENAME_OBJECT, check_object_name(name)))
        await self._connection.call(target.call("POST", body=body))
        return target.bucket / name

    rename_object, rename_object_async = twins(_rename_object)

    async def _set_custom(self, place: str, values: Mapping[str, str], *, replace: bool = False) -> None:
        """Note words with an object: its custom properties, which ``props="custom"`` lists.

        Args:
            place: ``ais://abc/name``.
            values: by name.
            replace: forget those that are not among `values`.

        Raises:
            ObjectNotFound: there is no such object.

        Example:
            client.set_custom("ais://abc/shard-001.tar", {"split": "train"})
        """
        call = Target(*parse_object(place)).call("PATCH", body=msgspec.json.encode(Action("", "", dict(values))))
        call.query = {**call.query, **({NEW_CUSTOM: "true"} if replace else {})}
        await self._connection.call(call)

    set_custom, set_custom_async = twins(_set_custom)

    async def _concat(self, files: Iterable[str | Path], place: str) -> int:
        """Write files, one behind the other, into one object, and return its size in bytes.

        Raises:
            DirectoryNotFound: there is no such file.
            BucketNotFound: there is no such bucket.

        Example:
            client.concat(["part-1", "part-2"], "ais://abc/whole")
        """
        paths = await asyncio.to_thread(_files, files)
        return await upload_joined(self._connection, paths, Target(*parse_object(place)))

    concat, concat_async = twins(_concat)

    async def _archive(
        self,
        source: str,
        destination: str,
        *,
        template: str = "",
        names: Iterable[str] | None = None,
        prefix: str = "",
        append: bool = False,
        with_bucket: bool = False,
        keep_going: bool = False,
    ) -> Job:
        """Start to pack objects into one object, ``.tar``, ``.tgz`` or ``.zip``, and return the job.

        It is there as a whole at the end, or not at all: if something is not there that was named, also by a template,
        or nothing that begins so, the job fails.

        Args:
            source: where they are, as for `copy`.
            destination: ``ais://abc/shard.tar``; its bucket is made if need be.
            template: which objects, such as ``image-{001..100}.png``.
            names: which, by name.
            prefix: which, by what their names begin with.
            append: keep what is in the destination already.
            with_bucket: names in the shard begin with the bucket's.
            keep_going: go on without what is not there; only that has failed then.

        Raises:
            BucketNotFound: there is no such bucket.
            ArchiveInvalid: the destination's ending names no format.

        Example:
            client.archive("ais://abc", "ais://shards/all.tar").wait()
        """
        bucket, chosen = _choose(source, template, names, prefix)
        target, name = parse_object(destination)
        await self._make(target)
        value = msgspec.to_builtins(await self._in_their_words(chosen)) | await self._all_named(chosen) | {
            "archname": name, "tobck": BucketId.of(target), "aate": append, "isbn": with_bucket, "coer": keep_going,
        }  # fmt: skip
        return await self._start("PUT", bucket, ARCHIVE, value)

    archive, archive_async = twins(_archive)

    async def _start(
        self, method: str, bucket: Bucket, action: str, value: Any, query: Mapping[str, str] | None = None
    ) -> Job:
        place = await resolve(self._connection, bucket)
        body = msgspec.json.encode(Action(action, "", value))
        asked = bucket_query(place) | dict(query or {})
        reply = await self._connection.call(
            Call(method, bucket_path(place), asked, body, shown=f"{action} of {bucket}")
        )
        return await open_job(self._connection, reply.body.decode(errors="replace").strip().strip('"').split(",")[0])


def _here(bucket: Bucket) -> bool | None:
    """Return what restricts a listing to what is here: nothing, where nothing can be elsewhere."""
    return None if bucket.provider == "ais" else True


def _files(files: Iterable[str | Path]) -> list[Path]:
    """Return the paths of files that are there, at least one.

    Raises:
        DirectoryNotFound: one is not.
        UsageError: there are none.
    """
    paths = [check_file(Path(file).expanduser()) for file in files]
    if not paths:
        raise UsageError("No files were named to be written into one object. Name at least one.")
    return paths


def _choose(source: str, template: str, names: Iterable[str] | None, prefix: str) -> tuple[Bucket, Selection]:
    """Return the bucket, and which of its objects are meant; without any choice, all.

    Raises:
        UsageError: they are chosen in two ways.
    """
    bucket, rest = parse_uri(source)
    if (names is not None) + bool(template) + bool(prefix) + bool(rest) > 1:
        raise UsageError(
            f"Objects of {bucket} were chosen in two ways. Say one of BUCKET/OBJECT, template, names, prefix."
        )
    if names is not None:
        return bucket, Selection(names=[check_object_name(name) for name in names])
    if rest and not Template(rest, braces_only=True).is_range:
        return bucket, Selection(names=[check_object_name(rest)])
    return bucket, Selection(template=template or rest, prefix=prefix)
