"""Compare the index with the files and make it true again. The one place that walks the tree."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash
from msgspec import Struct, field, structs

from aisnb.errors import NameInvalid
from aisnb.store import index
from aisnb.store.commits import INODE_MASK
from aisnb.store.records import ObjectRecord
from aisnb.uris import PROVIDERS, Bucket, check_bucket_name, check_object_name

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from aisnb.store.store import Store

_READ_AT_ONCE = 1 << 20


class FsckReport(Struct):
    """What was found and made good.

    Attributes:
        objects: objects that were looked at.
        bytes: their size in all.
        missing: objects without a file; their records were removed.
        added: files without a record; they are objects now.
        changed: objects whose file was not what was stored; they are indexed as they are now.
        unusable: paths of files that cannot be objects; they were left alone.
    """

    objects: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing had to be made good."""
        return not (self.missing or self.added or self.changed or self.unusable)


def fsck(store: Store, *, verify: bool = True) -> FsckReport:
    """Walk all objects and files of `store`, and make the index say what is there.

    Others may go on using the store: what they change meanwhile is left to them.

    Args:
        store: which.
        verify: read every file and compare its checksum; otherwise size, time and inode tell.

    Returns:
        What was found.

    Raises:
        NodeError: the disk of the data root was removed: nothing is taken out of the index for that.
    """
    store.database.check_place()
    report = FsckReport()
    _adopt_buckets(store, report)
    for record in store.buckets():
        _check_objects(store, record.bucket, report, verify=verify)
        _add_strays(store, record.bucket, report)
    return report


def _adopt_buckets(store: Store, report: FsckReport) -> None:
    """Make buckets of the directories that have no record, as after the loss of the database."""
    for directory in sorted(Path(store.tree.root).glob("*/*")):
        provider, name = directory.parent.name, directory.name
        try:
            bucket = Bucket(provider, check_bucket_name(name))
        except NameInvalid:
            bucket = None
        if bucket is None or provider not in PROVIDERS.values() or not directory.is_dir():
            report.unusable.append(str(directory))
        else:
            store.create_bucket(bucket, exist_ok=True)


def _check_objects(store: Store, bucket: Bucket, report: FsckReport, *, verify: bool) -> None:
    after, more = "", True
    while more:
        page = store.page(bucket, after=after)
        for name, size, *_ in page.records:
            report.objects += 1
            report.bytes += size
            after = name
            _check_object(store, bucket, name, report, verify=verify)
        more = page.more


def _check_object(store: Store, bucket: Bucket, name: str, report: FsckReport, *, verify: bool) -> None:
    with store.database.reading() as connection:
        record = index.find(connection, store.table.number(bucket), name)
    if record is None:
        return  # removed since the page was read
    found = _measure(store.tree.path(bucket, name), record, verify=verify)
    if found == record:
        return
    if found is None:
        store.database.check_place()
    if store.writer.transact(functools.partial(_correct, store, bucket, record, found)):
        (report.missing if found is None else report.changed).append(bucket / name)


def _measure(path: str, record: ObjectRecord, *, verify: bool) -> ObjectRecord | None:
    """Return the record that the file at `path` deserves, None if there is no such file."""
    try:
        status = os.lstat(path)
        same = (status.st_size, status.st_mtime_ns) == (record.size, record.modified_ns)
        checksum = record.checksum if same and not verify else _checksum(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    changed = not same or checksum != (record.checksum or checksum)  # one that was taken without gets it now
    return structs.replace(
        record,
        size=status.st_size,
        checksum=checksum,
        version=record.version + changed,
        custom={} if changed else record.custom,  # an ETag of other bytes would be a lie
        modified_ns=status.st_mtime_ns,
        inode=status.st_ino & INODE_MASK,
    )


def _correct(
    store: Store,
    bucket: Bucket,
    before: ObjectRecord,
    now: ObjectRecord | None,
    connection: sqlite3.Connection,
) -> bool:
    """Put `now` in the place of `before`, unless someone overwrote the object meanwhile; return whether it counts."""
    number = store.table.number(bucket)
    if index.find(connection, number, before.name) != before:
        return False
    if now is None:
        index.drop(connection, number, [before.name])
        return True
    index.put(connection, number, [now])
    return now.version != before.version  # another inode alone: the data root was copied


def _add_strays(store: Store, bucket: Bucket, report: FsckReport) -> None:
    number = store.table.number(bucket)
    for top, names in _files(store.tree.directory(bucket)):
        with store.database.reading() as connection:
            known = index.known_versions(connection, number, [name for name in names if _fits(name)])
        for name in names:
            if name not in known:
                _add_stray(store, bucket, Path(top, name), name, report)


def _add_stray(store: Store, bucket: Bucket, path: Path, name: str, report: FsckReport) -> None:
    if not _fits(name) or path.is_symlink() or not path.is_file():
        if os.path.lexists(path):  # else a commit or a removal came between
            report.unusable.append(os.fsencode(path).decode(errors="backslashreplace"))
        return
    blank = ObjectRecord(name, 0, "", time.time_ns(), 0, {}, -1, 0)
    found = _measure(str(path), blank, verify=True)
    if found and store.writer.transact(functools.partial(_add, store, bucket, found)):
        report.objects += 1
        report.bytes += found.size
        report.added.append(bucket / name)


def _files(top: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the bucket's directory with the object names of each directory under it."""
    for directory, _, files in os.walk(top):
        below = directory[len(top) + 1 :]
        yield top, [f"{below}/{file}" if below else file for file in sorted(files)]


def _fits(name: str) -> bool:
    try:
        check_object_name(name)
    except NameInvalid:
        return False
    return True


def _add(store: Store, bucket: Bucket, record: ObjectRecord, connection: sqlite3.Connection) -> bool:
    """Index a file, unless it became an object meanwhile; return whether it was."""
    number = store.table.number(bucket)
    if index.known_versions(connection, number, [record.name]):
        return False
    index.put(connection, number, [record])
    return True


def _checksum(path: str) -> str:
    digest = xxhash.xxh64()
    with Path(path).open("rb") as file:
        while chunk := file.read(_READ_AT_ONCE):
            digest.update(chunk)
    return digest.hexdigest()
