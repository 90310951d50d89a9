"""The client: what a notebook asks of the local node, or of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from aisnb.arguments import checked
from aisnb.client.buckets import create_bucket
from aisnb.client.changes import Changes
from aisnb.client.connection import open_connection
from aisnb.client.downloads import Options, plan_download, plan_prefetch, start_download
from aisnb.client.fetching import materialize, start_prefetch
from aisnb.client.files import list_servers, serve, stop_servers
from aisnb.client.job import open_job
from aisnb.client.jobs import jobs_of
from aisnb.client.local import node_status
from aisnb.client.local_files import local_path
from aisnb.client.misnamed import no_such_name
from aisnb.client.objects import Extent, locate, read_object, save_object, upload
from aisnb.client.places import home_of, jobs_everywhere
from aisnb.client.relaying import AUTO, check_way
from aisnb.client.removal import remove
from aisnb.client.standing import look_at
from aisnb.client.streams import open_object
from aisnb.client.twins import twins
from aisnb.client.uploads import plan_upload
from aisnb.errors import UsageError
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from io import BufferedReader
    from pathlib import Path
    from types import TracebackType

    import pandas as pd

    from aisnb.client.files import FileServer
    from aisnb.client.job import Job
    from aisnb.client.standing import ClusterState


@checked
def connect(endpoint: str | None = None, token: str | None = None) -> Client:
    """Return a client of `endpoint`, of ``AIS_ENDPOINT``, or (neither) of the local node. Starts nothing yet.

    Args:
        endpoint: address of a cluster, ``http://host:port``.
        token: its bearer token; None takes ``AIS_AUTHN_TOKEN``, ``AIS_AUTHN_TOKEN_FILE``, or the ``ais`` CLI's.

    Raises:
        SchemeMissing: the endpoint has no ``http://``.
        NotAllowed: ``AIS_AUTHN_TOKEN_FILE`` names a file without a token.

    Example:
        client = aisnb.connect()
        client.ls("ais://abc")
    """
    return Client(open_connection(endpoint, token))


class Client(Changes):
    """Buckets, objects, listings and jobs of an endpoint; made by `connect`.

    Every method has a twin ``…_async`` to be awaited. The local node is started by the first call, and again when it
    is gone. As a context manager it closes its connections, which jobs and later calls open again.

    Example:
        with aisnb.connect() as client:
            client.buckets()
    """

    @property
    def is_local(self) -> bool:
        """Whether this is the embedded node."""
        return self._connection.is_local

    @property
    def endpoint(self) -> str | None:
        """Where it is, without a slash at the end; None for the embedded node while it does not run."""
        return node_status().endpoint if self.is_local else self._connection.endpoint

    def close(self) -> None:
        """Close the connections; twice is harmless."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    if not TYPE_CHECKING:  # a type checker finds out by itself what is not there

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(no_such_name(name, dir(self)), name=name, obj=self)

    def __repr__(self) -> str:
        return f"Client of {self._connection!r}"

    async def _get(
        self,
        source: str,
        path: str | Path | None = None,
        *,
        offset: int | None = None,
        length: int | None = None,
        clobber: bool = True,
    ) -> bytes | Path:
        """Return an object's bytes, or write them to a file, checked against its checksum.

        Args:
            source: ``ais://bucket/name``; or a web link, which is kept in an ``ht://`` bucket on its way.
            path: the file to write, or a directory; it appears whole, or not at all.
            offset: the first byte.
            length: bytes from there.
            clobber: replace a file that is there.

        Returns:
            The bytes, or the file's path if `path` was given.

        Raises:
            ObjectNotFound: there is no such object.
            AlreadyExists: the file is there, and not to be replaced.
            UsageError: offset or length is below 0.

        Example:
            client.get("http://localhost:51061/abc/hello-world", "hello.txt")
        """
        extent = _extent(offset, length)
        target = await materialize(self._connection, locate(source))
        if path is None:
            return await read_object(self._connection, target, extent)
        return await save_object(self._connection, target, local_path(path), extent, clobber=clobber)

    get, get_async = twins(_get)

    @checked
    def open(self, source: str, mode: str = "rb", buffering: int = -1) -> BufferedReader:
        """Return an object as a file that is open for reading, from its first byte to its last; it is never here whole.

        The arguments are those of the built-in `open`, so that readers can be told to open by it. Broken connections
        are made again; the last bytes are given out only if the whole fits its checksum. No token shows in its text,
        or in a command line.

        Args:
            source: as for `get`.
            mode: ``"rb"``, nothing else.
            buffering: bytes that are kept at hand for small reads, at least 128 KiB.

        Returns:
            The file; it cannot be wound back. Close it, or use it as a context manager.

        Raises:
            ObjectNotFound: there is no such object.
            UsageError: another mode.

        Example:
            with client.open("ais://abc/shard-001.tar") as shard:
                names = [member.name for member in tarfile.open(fileobj=shard, mode="r|")]

            webdataset.gopen_schemes["ais"] = client.open  # from now on WebDataset reads shards in buckets
            samples = webdataset.WebDataset("ais://abc/shard-{000..099}.tar", shardshuffle=False)
        """
        return open_object(self._connection, locate(source), mode, buffering)

    async def _put(self, source: str | Path, bucket_or_object: str, *, durable: bool = False) -> list[str]:
        """Write a file into an object, or the files of a directory into objects.

        Args:
            source: a file or a directory; bytes have to be written to a file first.
            bucket_or_object: ``ais://abc`` or (with a slash at the end) ``ais://abc/dir/`` takes the file's own name.
            durable: each object is on the disk itself before the call returns: it outlasts a power cut.

        Returns:
            The objects' names in full, such as ``ais://abc/shard-001.tar``.

        Raises:
            DirectoryNotFound: there is no such file.
            BucketNotFound: there is no such bucket.
            Unsupported: `durable`, and the endpoint is a cluster.

        Example:
            client.put("shards", "ais://abc/train/")
        """
        return await upload(self._connection, plan_upload(source, bucket_or_object), durable=durable)

    put, put_async = twins(_put)

    async def _create(self, bucket: str, *, properties: Mapping[str, Any] | None = None) -> bool:
        """Make a bucket. Returns whether it is new: that it is there already is no error.

        Args:
            bucket: ``ais://abc``.
            properties: those of a new one that are not as usual, nested as AIStore's.

        Raises:
            NameInvalid: no bucket can be called that.

        Example:
            client.create("ais://abc")
        """
        return await create_bucket(self._connection, parse_bucket(bucket), properties)

    create, create_async = twins(_create)

    async def _remove(self, bucket_or_object_or_template: str, *, yes: bool = False, keep: bool = False) -> None:
        """Remove a bucket, an object, or the objects of a template. Of ``ht://`` only what is here.

        Args:
            bucket_or_object_or_template: ``ais://abc``, ``ais://abc/name``, ``ais://abc/shard-{001..010}.tar``.
            yes: go ahead although a bucket is not empty, or several objects are meant.
            keep: of a bucket that lies elsewhere keep the bucket itself, without objects.

        Raises:
            BucketNotFound: there is no such bucket.
            ObjectNotFound: there is no such object.
            ConfirmationNeeded: `yes` is needed.

        Example:
            client.remove("ais://abc", yes=True)
        """
        await remove(self._connection, bucket_or_object_or_template, yes=yes, keep=keep)

    remove, remove_async = twins(_remove)

    async def _download(
        self,
        source: str | Iterable[str] | pd.DataFrame,
        destination: str,
        *,
        wait: bool = False,
        connections: int = 0,
        bytes_per_hour: int = 0,
        timeout: float | None = None,  # noqa: ASYNC109  # of each request to the source, not of this call
        headers: Mapping[str, str] | None = None,
        description: str = "",
        object_names: Sequence[str] | None = None,
        force: bool = False,
        relay: str = AUTO,
        durable: bool = False,
    ) -> Job:
        """Start a download into a bucket, which is made if need be, and return its job at once.

        Args:
            source: a link, a template of links, links, or a DataFrame with a column ``url``; a link that ends in
                a slash is a directory, and stands for all files that its index lists.
            destination: ``ais://bucket``, with a directory (or, for one link, an object's name) if you like.
            wait: wait for the end, see `Job.wait`.
            connections: files at once; 0 for as many as the endpoint likes.
            bytes_per_hour: at most; 0 for no limit.
            timeout: seconds for each request to the source.
            headers: for the source, such as credentials; they are kept in memory only.
            description: shown with the job.
            object_names: names for the links, in their order.
            force: fetch what is unchanged, too.
            relay: into a cluster, ``"always"`` or ``"never"`` through the local node; ``"auto"`` does so where the
                cluster cannot reach the source, or will not.
            durable: each file is on the disk itself before it counts as done: it outlasts a power cut.

        Raises:
            SchemeMissing: a source has no ``http://``.
            TemplateError: the template cannot be expanded.
            JobFailed: with `wait`, when files failed.
            Unsupported: `durable`, and the endpoint is a cluster.

        Example:
            client.download("http://localhost:8000/shard-{001..999}.tar", "ais://abc", wait=True)
        """
        options = Options(
            connections, bytes_per_hour, timeout, headers or {}, description, force, check_way(relay), durable
        )
        job = await start_download(self._connection, plan_download(source, destination, object_names), options)
        if wait:
            await job.until_ended(None)
            await job.check_outcome()
        return job

    download, download_async = twins(_download)

    async def _prefetch(
        self,
        bucket: str,
        *,
        template: str = "",
        names: Iterable[str] | None = None,
        prefix: str = "",
        workers: int = 0,
        latest: bool = False,
    ) -> Job:
        """Start to bring objects of an ``ht://`` or remote bucket here, and return the job at once.

        Without a choice, all: of an ``ht://`` bucket what the index of its directory lists. What is here unchanged is
        skipped.

        Args:
            bucket: ``ht://HASH``, ``s3://bucket``.
            template: which, such as ``shard-{001..999}.tar``.
            names: which, by name.
            prefix: which, by what their names begin with.
            workers: how many fetch at once; 0 lets the cluster decide, and so does the node always.
            latest: on a cluster, fetch again what has changed in the cloud; the node always looks.

        Raises:
            BucketNotFound: there is no such bucket.
            TemplateError: the template cannot be expanded.
            SourceError: the index of an ``ht://`` bucket's directory cannot be read.

        Example:
            client.prefetch("ht://MzU3MTg4YTc1M2VlZTJhZA", template="shard-{001..999}.tar").wait()
        """
        parsed, chosen = plan_prefetch(bucket, template, names, prefix)
        chosen.workers, chosen.latest = workers, latest
        return await start_prefetch(self._connection, parsed, chosen)

    prefetch, prefetch_async = twins(_prefetch)

    async def _status(self) -> ClusterState:
        """Return how the endpoint is: each proxy and target, reachable or not, version, buckets, capacity.

        What is wrong is in the answer: this raises nothing because of it.

        Example:
            client.status().nodes
        """
        return await look_at(self._connection)

    status, status_async = twins(_status)

    async def _jobs(self) -> pd.DataFrame:
        """Return the jobs of the endpoint, newest first.

        Returns:
            A row per job: ``id``, ``kind``, ``state``, ``total``, ``done``, ``skipped``, ``failed``, ``bytes``,
            ``total_bytes`` (whole numbers, NA where unknown), ``rate`` (bytes/s), ``description``, ``started``
            (datetime64[ns, UTC]). On a cluster while the local node runs, ``where`` says whose job it is.

        Example:
            client.jobs().query("state == 'running'")
        """
        return await jobs_everywhere(self._connection)

    jobs, jobs_async = twins(_jobs)

    async def _job(self, id: str) -> Job:
        """Return the job with this id.

        Args:
            id: such as ``dnl-a1b2c3d4e``; `jobs` lists them.

        Raises:
            JobNotFound: there is none.

        Example:
            client.job("dnl-a1b2c3d4e").wait()
        """
        return await open_job(await home_of(self._connection, id), id)

    job, job_async = twins(_job)

    async def _forget(self, id: str) -> None:
        """Take a job that has ended off the list; what it brought stays.

        Raises:
            JobNotFound: there is none.

        Example:
            client.forget("dnl-a1b2c3d4e")
        """
        await (await jobs_of(await home_of(self._connection, id))).forget(id)

    forget, forget_async = twins(_forget)

    @checked
    def serve(
        self, directory: str | Path, *, port: int = 0, bind: str = "127.0.0.1", hosts: Sequence[str] = ()
    ) -> FileServer:
        """Serve a directory from this machine, see `aisnb.serve`.

        Args:
            directory: what to serve.
            port: where; 0 takes the port that this directory had before, or any.
            bind: the address to listen on.
            hosts: further names by which clients may ask for it.
        """
        return serve(directory, port=port, bind=bind, hosts=hosts)

    def servers(self) -> pd.DataFrame:
        """Return the directories that this machine's node serves: ``directory url port bind pid``."""
        return list_servers()

    @checked
    def stop_servers(self, target: str | Path = "", *, everything: bool = False) -> pd.DataFrame:
        """Stop serving a directory, named by its path or its address, or all; return what was stopped.

        Raises:
            ServerNotFound: nothing like that is served.
        """
        return stop_servers(target, everything=everything)


def _extent(offset: int | None, length: int | None) -> Extent | None:
    if offset is None and length is None:
        return None
    if (offset or 0) < 0 or (length is not None and length < 1):
        raise UsageError(f"offset={offset} and length={length} name no bytes. Give an offset from 0, a length from 1.")
    return Extent(offset or 0, length)
