"""What a client shows of an endpoint, as DataFrames: buckets, listings, summaries, plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aisnb.client.batches import batch_item, save_batch
from aisnb.client.bucket_props import bucket_props
from aisnb.client.buckets import list_buckets, summarize
from aisnb.client.directories import list_directory
from aisnb.client.extracting import extract, read_member, save_member
from aisnb.client.hugging_face import Repository, find_hub_files
from aisnb.client.listing import Wanted, check_props
from aisnb.client.local_files import local_path
from aisnb.client.members import list_members
from aisnb.client.planning import find_files, plan
from aisnb.client.standing import ask_cluster
from aisnb.client.twins import twins
from aisnb.client.web_buckets import list_there, resolve
from aisnb.errors import UsageError
from aisnb.uris import is_link, parse_bucket, parse_provider, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from aisnb.client.connection import Connection
    from aisnb.protocol.batches import BatchItem


class Views:
    """The tables of a client.

    Args:
        connection: to the endpoint.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def _buckets(self, provider: str = "") -> pd.DataFrame:
        """Return the buckets that are here.

        Args:
            provider: ``"ais"``, ``"ht"`` …; "" for all.

        Returns:
            A row per bucket: ``name`` (``ais://abc``), ``provider``, ``present`` (bool), ``url`` (for ``ht://``).

        Raises:
            UsageError: there is no such provider.

        Example:
            client.buckets("ht")
        """
        return await list_buckets(self._connection, _provider(provider))

    buckets, buckets_async = twins(_buckets)

    async def _ls(
        self,
        bucket: str = "",
        *,
        prefix: str = "",
        props: str | Sequence[str] = (),
        cached: bool | None = None,
        limit: int | None = None,
        start_after: str = "",
        flat: bool = False,
        diff: bool = False,
    ) -> pd.DataFrame:
        """Return the objects of a bucket, or the files of a web server's directory; without either, the buckets.

        An ``ht://`` bucket lists what is here, and what the index of its directory lists beyond that.

        Args:
            bucket: ``ais://abc``, ``ais://abc/prefix``, ``http://host/dir/``; ``""`` or ``ht://`` lists buckets.
            prefix: what names begin with.
            props: further columns, ``["atime", "version"]``, ``"atime,version"`` or ``"all"``.
            cached: only what is in the cluster (True), only what is not (False).
            limit: most rows.
            start_after: only names behind this one.
            flat: only what is right below the prefix; directories stand there by a name with a slash, without size.
            diff: compare with the bucket elsewhere (clouds): ``status`` is ``ok``, ``version-changed``, ``deleted`` or
                ``remote-error``.

        Returns:
            A row per object, sorted by name: ``name`` (string), ``size`` (int64, bytes), for ``ht://`` and remote
            buckets ``cached`` (bool); of `props`: ``checksum``, ``version``, ``location``, ``status`` (string),
            ``atime`` (datetime64[ns, UTC]), ``copies`` (int64), ``custom`` (dict), ``chunked`` (bool).
            ``df.attrs["bucket"]`` names the bucket. Of a directory on the web: ``name``, ``size``, ``modified``
            (datetime64[ns, UTC]), ``url`` (string); `props` of ``"name"`` asks no file for what the index lacks.

        Raises:
            BucketNotFound: there is no such bucket.
            UsageError: there is no such property.
            SourceError: the web server does not answer, or shows no index of the directory.

        Example:
            client.ls("ais://abc", props="all", limit=10)
        """
        if not bucket or parse_provider(bucket) is not None:
            return await list_buckets(self._connection, _provider(bucket))
        if is_link(bucket):
            return await list_directory(bucket, prefix, props, limit)
        parsed, rest = parse_uri(bucket)
        wanted = Wanted(rest + prefix, check_props(props), cached, limit, start_after, flat, diff)
        return await list_there(self._connection, parsed, wanted)

    ls, ls_async = twins(_ls)

    async def _members(
        self,
        source: str,
        *,
        prefix: str = "",
        limit: int | None = None,
        strict: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> pd.DataFrame:
        """Return what is inside shards (tar, tgz, zip), without unpacking or fetching them.

        Only headers are read: of a tar past the members' bytes, of a zip its list at the end. A tgz is read to its end,
        and so is every shard of a web server that sends no parts of files; nothing of them is kept. Shards that cannot
        be read are left out with one warning; where none can be, that is the error.

        Args:
            source: ``ais://abc`` (every archive in it), ``ais://abc/train/``, ``ais://abc/shard-{001..010}.tar``, one
                shard, or part of one (``ais://abc/shard-001.tar/train/``); ``http://host/dir/``, links by a template,
                a link. Of an ``ht://`` bucket what is not here is read from its source.
            prefix: what names of shards begin with; may go on inside a shard.
            limit: most rows.
            strict: raise if any shard cannot be read.
            headers: for a source on the web, such as credentials.

        Returns:
            A row per member, in the order of shards, and of members in them: ``shard``, ``member`` (string), ``size``
            (int64, bytes, unpacked), ``offset`` (int64, or Int64 with NA if any is unknown): where the member's data
            begins. In a tar and a zip that is a byte of the shard (in a zip behind the local header; deflated data
            lies there deflated), in a tgz a byte of what it unpacks to. NA for sparse files, and for zips from servers
            that send no parts. ``attrs``: ``shards`` that were read, ``errors`` (a list of ``shard`` and ``reason``),
            ``received`` (bytes that were read for it).

        Raises:
            BucketNotFound, ObjectNotFound: there is no such bucket, or object.
            ArchiveInvalid: the one shard, or each, is damaged or no archive.
            SourceError: the web server does not answer.
            CheckFailed: with `strict`, a shard cannot be read; ``.problems`` has all that cannot.

        Example:
            client.members("ais://abc").groupby("shard")["size"].sum()
        """
        return await list_members(
            self._connection, source, prefix=prefix, limit=limit, strict=strict, headers=headers or {}
        )

    members, members_async = twins(_members)

    async def _member(
        self,
        source: str,
        member: str,
        path: str | Path | None = None,
        *,
        clobber: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> bytes | Path:
        """Return the bytes of one member of a shard, or write them to a file; only headers come beside them.

        Args:
            source: one shard: ``ais://abc/shard-001.tar``, or a link.
            member: its name there.
            path: the file to write, or a directory; it appears whole, or not at all.
            clobber: replace a file that is there.
            headers: for a source on the web, such as credentials.

        Returns:
            The bytes, or the file's path if `path` was given.

        Raises:
            ObjectNotFound: there is no such shard, or member.
            AlreadyExists: the file is there, and not to be replaced.
            ArchiveInvalid: the shard is damaged, or no archive.

        Example:
            client.member("ais://abc/shard-001.tar", "000017.cls")
        """
        if path is None:
            return await read_member(self._connection, source, member, headers or {})
        target = local_path(path)
        return await save_member(self._connection, source, member, target, headers or {}, clobber=clobber)

    member, member_async = twins(_member)

    async def _extract(
        self,
        source: str,
        directory: str | Path = ".",
        *,
        pattern: str = "",
        mode: str = "regexp",
        clobber: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> list[Path]:
        """Write members of a shard to files below a directory, which is made if need be; without a choice, all.

        Args:
            source: one shard: ``ais://abc/shard-001.tar``, or a link.
            directory: where to.
            pattern: which members, read as `mode` says.
            mode: ``regexp``, ``prefix``, ``suffix``, ``substr``, or ``wdskey`` (the key of a WebDataset sample).
            clobber: replace files that are there.
            headers: for a source on the web, such as credentials.

        Returns:
            The files, in the order of the shard.

        Raises:
            ObjectNotFound: there is no such shard, or nothing in it is meant.
            AlreadyExists: a file is there, and not to be replaced.
            ArchiveInvalid: the shard is damaged, or no archive.

        Example:
            client.extract("ais://abc/shard-001.tar", "sample", pattern="000017", mode="wdskey")
        """
        path = Path(directory).expanduser()  # noqa: ASYNC240  # this looks at no file
        return await extract(self._connection, source, path, pattern, mode, headers or {}, clobber=clobber)

    extract, extract_async = twins(_extract)

    async def _summary(self, bucket: str = "") -> pd.DataFrame:
        """Return how many objects a bucket has here, and their size; without a bucket, for each.

        Returns:
            A row per bucket: ``name``, ``provider``, ``present``, ``url``, ``objects`` and ``size`` (int64, bytes).

        Raises:
            BucketNotFound: there is no such bucket.

        Example:
            client.summary("ais://abc")["size"].sum()
        """
        if not bucket or parse_provider(bucket) is not None:
            return await summarize(self._connection, None, _provider(bucket))
        return await summarize(self._connection, parse_bucket(bucket))

    summary, summary_async = twins(_summary)

    async def _hub_files(
        self,
        repository: str,
        *,
        dataset: bool = False,
        file: str = "",
        revision: str = "main",
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Return the links of the files of a Hugging Face repository, by names for their objects.

        Args:
            repository: ``organisation/name``.
            dataset: it is a dataset, whose parquet files are meant; else a model, and all its files.
            file: only this one.
            revision: branch, tag or commit.
            headers: such as ``{"Authorization": "Bearer …"}`` for what is not public.

        Raises:
            SourceError: the hub does not answer, or knows no such repository.

        Example:
            files = client.hub_files("bert-base-uncased")
            client.download(list(files.values()), "ais://models/bert", object_names=list(files))
        """
        return await find_hub_files(Repository(repository, dataset, file, revision), headers or {})

    hub_files, hub_files_async = twins(_hub_files)

    async def _get_batch(
        self,
        items: Iterable[str | BatchItem],
        path: str | Path,
        *,
        keep_going: bool = False,
        only_names: bool = False,
    ) -> Path:
        """Write many objects, and members of shards, into one archive on this machine, by one call.

        Args:
            items: ``ais://abc/name``, ``ais://abc/shard.tar/member``; or what AIStore's get-batch takes.
            path: the archive to write: .tar, .tgz or .zip.
            keep_going: what is missing lies under ``__404__/`` there, without a byte; an error otherwise.
            only_names: names there are the objects', without their buckets'.

        Returns:
            The archive's path; in it the items have the order in which they were named.

        Raises:
            ObjectNotFound: an item is missing.
            ArchiveInvalid: the path's ending is that of no archive.

        Example:
            client.get_batch(["ais://abc/a.jpg", "ais://abc/shard-001.tar/000017.cls"], "batch.tar")
        """
        found = [await batch_item(self._connection, item) if isinstance(item, str) else item for item in items]
        target = local_path(path)
        return await save_batch(self._connection, found, target, keep_going=keep_going, only_names=only_names)

    get_batch, get_batch_async = twins(_get_batch)

    async def _about(self, what: Literal["smap", "bmd", "config", "stats"], node: str = "") -> dict[str, Any]:
        """Return what the endpoint says of itself, as AIStore nests it.

        Args:
            what: the cluster map, the buckets' metadata, the configuration, or what nodes count.
            node: only this one, by its id; "" for all, or for the cluster as a whole.

        Raises:
            NotFound: there is no such node.

        Example:
            client.about("smap")["version"]
        """
        return await ask_cluster(self._connection, what, node)

    about, about_async = twins(_about)

    async def _properties(self, bucket: str) -> dict[str, Any]:
        """Return the properties of a bucket, as AIStore names and nests them.

        Raises:
            BucketNotFound: there is no such bucket.

        Example:
            client.properties("ais://abc")["versioning"]["enabled"]
        """
        return await bucket_props(self._connection, await resolve(self._connection, parse_bucket(bucket)))

    properties, properties_async = twins(_properties)

    async def _plan(
        self,
        source: str | Iterable[str] | pd.DataFrame,
        bucket: str = "",
        *,
        object_names: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        sample: bool = True,
        most: int | None = None,
    ) -> pd.DataFrame:
        """Say what a download or a prefetch would bring, before any byte is copied: this machine asks the source.

        Args:
            source: as for `download`; or an ``ht://`` bucket, with or without a template of names, as for `prefetch`.
            bucket: where it would go, as for `download`; "" if that does not matter yet.
            object_names: names for the links, in their order; of an ``ht://`` bucket, which objects.
            headers: for the source, such as credentials.
            sample: read a few of the files, for a second at most, to measure how fast they come.
            most: ask about so many of the files at most, spread evenly from the first to the last; None asks about all.

        Returns:
            A row per file: ``name`` (of the object), ``url`` (string), ``size`` (bytes, int64, or Int64 with NA if any
            is unknown), ``status`` (int64, HTTP; 0 for no answer), ``etag`` (string), ``modified`` (datetime64[ns,
            UTC]), ``here`` (bool: in the bucket already, and unchanged). ``attrs["rate"]`` is the measured rate in
            bytes/s (None if nothing was measured), ``attrs["sampled"]`` what it was measured on, ``attrs["files"]``
            how many files there are in all, ``attrs["asked"]`` about how many of them was asked.

        Raises:
            SchemeMissing: a source has no ``http://``.
            TemplateError: the template cannot be expanded.
            SourceError: the source does not answer.
            UsageError: `most` is below 1.

        Example:
            plan = client.plan("http://localhost:8000/shard-{001..999}.tar", "ais://abc")
            plan.loc[~plan["here"], "size"].sum() / plan.attrs["rate"]  # seconds
        """
        if most is not None and most < 1:
            raise UsageError(f"A plan that asks about {most} files says nothing. Let it ask about 1 or more.")
        files = await find_files(self._connection, source, bucket, object_names, headers or {}, most=most)
        return await plan(self._connection, files, headers or {}, sample=sample)

    plan, plan_async = twins(_plan)


def _provider(text: str) -> str:
    if not text:
        return ""
    provider = parse_provider(text)
    if provider is None:
        raise UsageError(f"'{text}' is not a provider of buckets. Use ais, ht, aws, gcp, azure or oci.")
    return provider
