"""Jobs on several objects that are here, from what AIStore's clients ask: copied, packed, taken in from files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aisnb.archives import archive_format
from aisnb.errors import DirectoryNotFound, UsageError
from aisnb.node.requests import convert
from aisnb.node.sources import Plan, Spec, prefix_of
from aisnb.node.tasks import ArchiveTask, CopyTask
from aisnb.protocol.buckets import BucketId  # noqa: TC001  # msgspec looks it up
from aisnb.protocol.messages import ALL_NAMED, Promotion, Selection
from aisnb.templates import Template, bounded
from aisnb.uris import PROVIDERS, Bucket, check_bucket_name, check_object_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from aisnb.store import Store

_PAGE = 10_000


class _CopyRequest(msgspec.Struct):
    """The value of ``copy-bck`` and ``copy-listrange``, but for the selection."""

    prefix: str = ""
    prepend: str = ""
    dry_run: bool = False
    flat: bool = msgspec.field(name="non-recurs", default=False)
    ext: dict[str, str] | None = None
    all_named: bool = msgspec.field(name=ALL_NAMED, default=False)
    target: BucketId | None = msgspec.field(name="tobck", default=None)


class _ArchiveRequest(msgspec.Struct):
    """The value of ``archive``, but for the selection."""

    name: str = msgspec.field(name="archname", default="")
    mime: str = ""
    append: bool = msgspec.field(name="aate", default=False)
    with_bucket: bool = msgspec.field(name="isbn", default=False)
    base_names: bool = msgspec.field(name="bnonly", default=False)
    keep_going: bool = msgspec.field(name="coer", default=False)
    all_named: bool = msgspec.field(name=ALL_NAMED, default=False)
    target: BucketId | None = msgspec.field(name="tobck", default=None)


def plan_bucket_copy(store: Store, bucket: Bucket, target: Bucket, value: Any) -> Plan:
    """Return what ``copy-bck`` stands for. Takes long: not for the loop.

    Raises:
        BucketNotFound: the bucket is not here.
        UsageError: the value makes no sense.
    """
    request = convert(value, _CopyRequest)
    spec = _copy_spec(store, bucket, target, request)
    return Plan(
        spec,
        -1,
        f"copy {bucket / request.prefix}* -> {target}",
        _names(store, bucket, request.prefix, flat=request.flat),
    )


def plan_objects_copy(store: Store, bucket: Bucket, value: Any) -> tuple[Plan, Bucket]:
    """Return what ``copy-listrange`` stands for, and the bucket that it copies into. Takes long: not for the loop.

    Raises:
        BucketNotFound: the bucket is not here.
        UsageError: the value makes no sense (TemplateError, NameInvalid: what).
    """
    request = convert(value, _CopyRequest)
    target = _bucket(request.target) if request.target else bucket
    return _select(store, _copy_spec(store, bucket, target, request), bucket, value, f"-> {target}"), target


def plan_archive(store: Store, bucket: Bucket, value: Any) -> tuple[Plan, Bucket]:
    """Return what ``archive`` stands for, and the bucket that the archive goes into. Takes long: not for the loop.

    Raises:
        BucketNotFound: the bucket is not here.
        ArchiveInvalid: its name does not say which format the archive shall have.
        UsageError: the value makes no sense (TemplateError, NameInvalid: what).
    """
    request = convert(value, _ArchiveRequest)
    store.bucket(bucket)
    target = _bucket(request.target) if request.target and request.target.name else bucket
    archive_format(check_object_name(request.name), request.mime)
    task = ArchiveTask(
        str(target), request.name, request.mime, request.append, request.with_bucket, request.base_names,
        request.keep_going, request.all_named,
    )  # fmt: skip
    spec = Spec(str(bucket), source=str(bucket), archive=task)
    return _select(store, spec, bucket, value, f"-> {target / request.name}"), target


def plan_promote(store: Store, bucket: Bucket, value: Any, source: str, name: str) -> Plan:
    """Return what ``promote`` stands for: files of this machine become objects. Takes long: not for the loop.

    Args:
        store: where to.
        bucket: where to.
        value: how.
        source: absolute path of a file or a directory, if the value does not say it.
        name: what the objects are called, or (a directory's) begin with, if the value does not say it.

    Raises:
        BucketNotFound: the bucket is not here.
        DirectoryNotFound: there is no such file or directory.
        UsageError: the path is not absolute.
    """
    request = convert(value, Promotion)
    store.bucket(bucket)
    path = Path(request.source or source)
    if not path.is_absolute():
        raise UsageError(
            f"'{path}' is not an absolute path. Say where the file is from the root on, like '/data/x.tar'."
        )
    try:
        is_there = path.exists()
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if not is_there:
        raise DirectoryNotFound(f"'{path}' does not exist on this machine. Check the path.")
    task = CopyTask(
        str(bucket),
        from_files=True,
        overwrite=request.overwrite,
        remove_source=request.remove_source,
        checksum=not request.unchecked,
    )
    prefix = request.name or name
    spec = Spec(str(bucket), source=str(path), copy=task)
    return Plan(spec, -1, f"promote {path} -> {bucket}", _files(path, prefix, recursive=request.recursive))


def _copy_spec(store: Store, bucket: Bucket, target: Bucket, request: _CopyRequest) -> Spec:
    store.bucket(bucket)
    if target.provider == "ht":
        raise UsageError(f"'{target}' is a web server's: nothing can be copied into it. Use an 'ais://' bucket.")
    extensions = {old.lstrip("."): new.lstrip(".") for old, new in (request.ext or {}).items()}
    if target == bucket and not request.prepend and not extensions:
        raise UsageError(f"'{bucket}' cannot be copied onto itself. Name another bucket, or give a 'prepend'.")
    task = CopyTask(str(target), request.prepend, extensions, request.dry_run, all_named=request.all_named)
    return Spec(str(bucket), source=str(bucket), copy=task)


def _select(store: Store, spec: Spec, bucket: Bucket, value: Any, whereto: str) -> Plan:
    """Return the job with the objects that are meant: by names, by template, by prefix (one without range), or all."""
    selection = convert(value, Selection)
    if selection.names is not None:
        names = list(dict.fromkeys(selection.names))
        return Plan(spec, len(names), f"{len(names):,} of {bucket} {whereto}", [(name, "") for name in names])
    if (prefix := prefix_of(selection)) is not None:
        return Plan(spec, -1, f"{bucket / prefix}* {whereto}", _names(store, bucket, prefix))
    spec.template = text = selection.template
    return Plan(spec, bounded(Template(text)), f'"{text}" of {bucket} {whereto}')


def _names(store: Store, bucket: Bucket, prefix: str, *, flat: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the names that begin with `prefix`; if `flat` only those without a directory behind it."""
    after, more = "", True
    while more:
        page = store.page(bucket, prefix=prefix, after=after, limit=_PAGE)
        yield from ((row[0], "") for row in page.records if not flat or "/" not in row[0][len(prefix) :])
        more = page.more
        after = page.records[-1][0] if page.records else ""


def _files(path: Path, prefix: str, *, recursive: bool) -> Iterator[tuple[str, str]]:
    """Yield object names and paths; links are passed over, as AIStore does."""
    if not path.is_dir():
        yield (prefix + path.name if not prefix or prefix.endswith("/") else prefix), str(path)
        return
    yield from _files_below(str(path), prefix.rstrip("/") + "/" if prefix else "", recursive=recursive)


def _files_below(directory: str, prefix: str, *, recursive: bool) -> Iterator[tuple[str, str]]:
    """Yield what lies in a directory, then what lies below it; no file is asked for more than its directory tells."""
    try:
        with os.scandir(directory) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as exc:
        raise _unreadable(directory, exc) from exc
    for entry in entries:
        if entry.is_file(follow_symlinks=False):
            yield prefix + entry.name, entry.path
    if recursive:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path, f"{prefix}{entry.name}/", recursive=True)


def _unreadable(path: str | Path, exc: OSError) -> DirectoryNotFound:
    return DirectoryNotFound(
        f"'{path}' cannot be read: {exc.strerror}. See that it, and the directories that it lies in, are yours to read."
    )


def _bucket(identity: BucketId) -> Bucket:
    bucket = identity.bucket()
    provider = PROVIDERS.get(bucket.provider)
    if provider is None:
        raise UsageError(f"'{bucket.provider}' is not a provider of buckets. Use 'ais'.")
    return Bucket(provider, check_bucket_name(bucket.name), bucket.namespace)
