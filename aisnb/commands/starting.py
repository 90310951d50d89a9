"""``start download`` and ``start prefetch``: copying many files, as jobs."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import follow, read_headers
from aisnb.commands.options import (
    DURABLE,
    HEADER,
    LATEST,
    LIST,
    NEVER_ASKED,
    PREFIX,
    PROGRESS,
    TEMPLATE,
    TIMEOUT,
    WAIT,
    WORKERS,
)
from aisnb.commands.planning import DRY_RUN, left_out, names_of, note_directories, planned
from aisnb.commands.results import Message
from aisnb.commands.words import table_in
from aisnb.errors import DirectoryNotFound, JobFailed, UsageError
from aisnb.templates import Template
from aisnb.units import parse_duration, parse_size, plural
from aisnb.uris import is_link, join_link, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from aisnb.client import Job
    from aisnb.commands.context import Context
    from aisnb.uris import Bucket

_SOURCE = Argument(
    "link, template of links (http://host/dir/shard-{001..999}.tar), or directory (http://host/dir/)",
    completes=("link",),
    table=True,
    needless_with=("hf_dataset", "hf_model"),
)
_HF_TOKEN = Option("token for what is not public; default: HF_TOKEN", (), "TOKEN", secret="HF_TOKEN")  # noqa: S106  # its name
_DESTINATION = Argument("bucket, bucket/directory/ or bucket/object", completes=("bucket",), usual=True)
_CONNECTIONS = Option(
    "connections at once; 0 lets the endpoint decide",
    ("--max-conns", "--limit-connections"),
    "N",
    preference="connections",
)
_RATE = Option(
    "bytes per hour at most, like 10GiB; 0 for no limit",
    ("--limit-bph", "--limit-bytes-per-hour"),
    "SIZE",
    convert=parse_size,
)
_FILE_TIMEOUT = Option("give up a try of a file after so long without end", metavar="DURATION", convert=parse_duration)
_NAMES_FILE = Option(
    "file with names, a JSON list or one per line, each appended to SOURCE",
    ("--object-list", "--from"),
    "FILE",
    ("path",),
)
_RELAY = Option(
    "into a cluster through this machine; auto does so where the cluster cannot reach the source",
    choices=("auto", "always", "never"),
)

_NAMES_EXAMPLE = 'Write it like ["a.tar", "b.tar"], or one name per line.'


@command("start download", aliases=("download", "job start download"))
def start_download(
    context: Context,
    source: Annotated[str, _SOURCE],
    destination: Annotated[str, _DESTINATION] = "",
    *,
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
    max_conns: Annotated[int, _CONNECTIONS] = 0,
    limit_bph: Annotated[int, _RATE] = 0,
    download_timeout: Annotated[float | None, _FILE_TIMEOUT] = None,
    description: Annotated[str, Option("shown in lists of jobs", ("--description", "--desc"), "TEXT")] = "",
    object_list: Annotated[str, _NAMES_FILE] = "",
    header: Annotated[tuple[str, ...], HEADER] = (),
    force: Annotated[bool, Option("fetch again what is there unchanged")] = False,
    durable: Annotated[bool, DURABLE] = False,
    relay: Annotated[str, _RELAY] = "auto",
    hf_dataset: Annotated[str, Option("the parquet files of this Hugging Face dataset; no SOURCE", (), "REPO")] = "",
    hf_model: Annotated[str, Option("the files of this Hugging Face model; no SOURCE", (), "REPO")] = "",
    hf_file: Annotated[str, Option("only this file of it", (), "FILE")] = "",
    hf_revision: Annotated[str, Option("its branch, tag or commit", (), "NAME")] = "main",
    hf_auth: Annotated[str, _HF_TOKEN] = "",
    dry_run: Annotated[bool, DRY_RUN] = False,
) -> Job | DataFrame:
    """Copy files from a web server into a bucket, as a job.

    Returns the job at once, unless it is to wait. The bucket is made if there is none. Several files, and
    destinations that end in a slash, keep their names in that directory; a single file takes the name that is given.
    Of a directory (a link that ends in a slash) all files are copied that its index lists.

    Example:
        job = %ais start download http://localhost:8000/shard-{001..999}.tar ais://abc
        %ais start download http://localhost:8000/ ais://abc
        %ais start download http://localhost:8000/a.tar ais://abc/in/b.tar --wait
        %ais start download http://localhost:8000/shard-{001..999}.tar ais://abc --dry-run
        %ais start download --hf-model bert-base-uncased ais://models/bert/
    """
    headers = read_headers(header)
    names: list[str] | None
    if hf_dataset or hf_model:
        destination = _only_destination(source, destination, object_list)
        token = hf_auth or os.environ.get("HF_TOKEN", "")
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        hub = _hub_files(context, hf_dataset, hf_model, hf_file, hf_revision, headers)
        names, links = list(hub), list(hub.values())
    elif not destination:
        raise UsageError(
            f"'%ais start download {source}' does not say where to: DESTINATION is missing. Name a bucket: ais://NAME."
        )
    else:
        names = _read_names(object_list) if object_list else None
        links = _links(source, names)
    if dry_run:
        return planned(context, links, destination, names=names, headers=headers)
    new_bucket = _missing_bucket(context, destination)
    job = context.client().download(
        links,
        destination,
        connections=max_conns,
        bytes_per_hour=limit_bph,
        timeout=download_timeout,
        headers=headers,
        description=description,
        object_names=names,
        force=force,
        relay=relay,
        durable=durable,
    )
    if new_bucket:
        context.warn(f"destination bucket {new_bucket} doesn't exist. Bucket with default properties will be created.")
    note_directories(context, left_out(job.description)[1])
    with _saying_what_is_left(context, new_bucket):
        return follow(context, job, wait=wait, progress=progress, timeout=timeout)


@contextmanager
def _saying_what_is_left(context: Context, new_bucket: str) -> Iterator[None]:
    """Say of a bucket that was made for a job, and that is as empty as before, how it goes away again."""
    try:
        yield
    except JobFailed as exc:
        if new_bucket and exc.job.last.done == 0:
            context.note(f"{new_bucket} was made for this job, and is empty. '%ais rmb {new_bucket}' removes it.")
        raise


@command("start prefetch", aliases=("prefetch", "object prefetch", "job start prefetch"))
def start_prefetch(
    context: Context,
    bucket: Annotated[str, Argument("bucket, bucket/object or bucket/template", completes=("bucket", "object"))],
    *,
    template: Annotated[str, TEMPLATE] = "",
    names: Annotated[str, LIST] = "",
    prefix: Annotated[str, PREFIX] = "",
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
    latest: Annotated[bool, LATEST] = False,
    num_workers: Annotated[int, WORKERS] = 0,
    yes: Annotated[bool, NEVER_ASKED] = False,
    dry_run: Annotated[bool, DRY_RUN] = False,
) -> Job | DataFrame:
    """Bring objects of a bucket that lies elsewhere (``ht://``, clouds) into the cluster, as a job.

    Returns the job at once, unless it is to wait. Objects that are here unchanged are not fetched again. Without a
    choice, all are brought: of an ht:// bucket what the index of its directory lists.

    Example:
        %ais start prefetch ht://MzU3MTg4YTc1M2VlZTJhZA
        %ais start prefetch ht://MzU3MTg4YTc1M2VlZTJhZA --template 'shard-{001..999}.tar'
    """
    if is_link(bucket):
        raise UsageError(
            f"'{bucket}' is a web link, and a bucket is expected here. '%ais start download {bucket} BUCKET' brings "
            "its files into one; after '%ais get' of one of them, '%ais ls ht://' shows its directory's own bucket."
        )
    found, rest = parse_uri(bucket)
    if sum(map(bool, (template, names, prefix, rest))) > 1:
        raise UsageError("Objects were chosen in two ways. Say one of BUCKET/OBJECT, --template, --list and --prefix.")
    if found.provider == "ais":
        raise UsageError(
            f"{found} lies nowhere else, so there is nothing to prefetch. Use '%ais start download' to fill it."
        )
    if Template(rest, braces_only=True).is_range:
        template, rest = rest, ""
    wanted = [rest] if rest else [name.strip() for name in names.split(",") if name.strip()]
    if dry_run:
        return planned(context, str(found), "", names=wanted or _chosen(context, found, template, prefix))
    job = context.client().prefetch(
        str(found), template=template, names=wanted or None, prefix=prefix, workers=num_workers, latest=latest
    )
    note_directories(context, left_out(job.description)[1])
    return follow(context, job, wait=wait, progress=progress, timeout=timeout)


@command("start blob-download", aliases=("blob-download", "job start blob-download"))
def blob_download(
    context: Context,
    place: Annotated[str, Argument("bucket/object; with --list the bucket", completes=("object", "bucket"))],
    *,
    names: Annotated[str, LIST] = "",
    chunk_size: Annotated[
        int, Option("bytes of a piece; 0 lets the cluster decide", (), "SIZE", convert=parse_size)
    ] = 0,
    num_workers: Annotated[int, WORKERS] = 0,
    latest: Annotated[bool, LATEST] = False,
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
) -> Job | Message:
    """Bring a large object of a bucket that lies elsewhere (clouds, ``ht://``) here in pieces, as a job.

    The local node decides itself which objects come in pieces.

    Example:
        %ais blob-download s3://bucket/big.tar --chunk-size 16MiB --wait
    """
    bucket, rest = parse_uri(place)
    chosen = [name.strip() for name in names.split(",") if name.strip()] or [rest]
    client = context.client()
    jobs = [
        follow(
            context,
            client.blob_download(bucket / name, chunk_size=chunk_size, workers=num_workers, latest=latest),
            wait=wait,
            progress=progress,
            timeout=timeout,
        )
        for name in chosen
    ]
    return jobs[0] if len(jobs) == 1 else Message("\n".join(map(repr, jobs)), value=" ".join(job.id for job in jobs))


def _chosen(context: Context, bucket: Bucket, template: str, prefix: str) -> list[str] | None:
    """Return the names that a template or a prefix stands for, None if neither is given: all are meant.

    Raises:
        TemplateError: the template stands for too many, or has no end.
    """
    if prefix:
        return [str(name) for name in context.client().ls(str(bucket), prefix=prefix)["name"]]
    return names_of(template) if template else None


def _links(source: str, names: list[str] | None) -> Any:
    """Return the links that a download is of: those of `names` in the directory `source`, or `source` itself."""
    return table_in(source) if names is None else [join_link(source.rstrip("/") + "/", name) for name in names]


def _only_destination(source: str, destination: str, object_list: str) -> str:
    """Return the one argument that there is where a hub's repository is the source.

    Raises:
        UsageError: there are two, or a list of names.
    """
    if destination or object_list:
        raise UsageError(f"A Hugging Face repository is the source: name the destination alone, not '{source}', too.")
    return source


def _hub_files(
    context: Context, dataset: str, model: str, file: str, revision: str, headers: dict[str, str]
) -> dict[str, str]:
    """Return the links of a repository's files, by their names as objects.

    Raises:
        UsageError: two repositories are meant.
    """
    if dataset and model:
        raise UsageError("'--hf-dataset' and '--hf-model' are two sources. Say one of them.")
    client = context.client()
    found = client.hub_files(dataset or model, dataset=bool(dataset), file=file, revision=revision, headers=headers)
    kind, name = ("dataset", dataset) if dataset else ("model", model)
    context.note(f"Found {plural(len(found), 'parquet file' if dataset and not file else 'file')} in {kind} '{name}'")
    return found


def _missing_bucket(context: Context, destination: str) -> str:
    """Return the destination's bucket if it is still to be made, else ""."""
    bucket, _ = parse_uri(destination)
    return "" if str(bucket) in set(context.client().buckets(bucket.provider)["name"]) else str(bucket)


def _read_names(path: str) -> list[str]:
    """Return the names in a file: a JSON list, or a name in each line.

    Raises:
        DirectoryNotFound: there is no such file.
        NotAllowed: it is not this user's to read.
        UsageError: it cannot be read so.
    """
    from aisnb.client.local_files import source_faults

    try:
        with source_faults(path):
            text = Path(path).expanduser().read_text(encoding="utf-8")
    except DirectoryNotFound as exc:
        raise DirectoryNotFound(f"There is no file '{path}' with object names. Check the path.") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"The file '{path}' with object names cannot be read: {exc}. Write names as UTF-8.") from exc
    if not text.lstrip().startswith(("[", "{")):
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        names = json.loads(text)
    except json.JSONDecodeError as exc:
        raise UsageError(f"The file '{path}' is not JSON: {exc}. {_NAMES_EXAMPLE}") from exc
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"The JSON in '{path}' is not a list of names. {_NAMES_EXAMPLE}")
    return names
