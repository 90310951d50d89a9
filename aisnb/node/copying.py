"""Copies bytes into objects: from other objects, from files of this machine. Takes long: not for the loop."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from aisnb.errors import JobAborted
from aisnb.store.changes import telling
from aisnb.store.faults import file_fault

if TYPE_CHECKING:
    from threading import Event
    from typing import BinaryIO

    from aisnb.store import Completion, ObjectRecord, Partial, Store
    from aisnb.store.changes import Then
    from aisnb.uris import Bucket

_AT_ONCE = 1 << 20


def pour(file: BinaryIO, partial: Partial) -> None:
    """Append what is left of a file to a partial file that was started.

    Raises:
        DiskFull: no room is left.
        NodeError: the disk failed.
    """
    while True:
        try:
            chunk = file.read(_AT_ONCE)
        except OSError as exc:
            raise file_fault(exc, str(getattr(file, "name", ""))) from exc
        if not chunk:
            return
        partial.write(chunk)


def copy_object(
    store: Store,
    source: tuple[Bucket, str],
    target: tuple[Bucket, str],
) -> Future[ObjectRecord]:
    """Copy an object with its custom words; one onto itself becomes another version.

    Args:
        store: where both are.
        source: bucket and name.
        target: bucket and name.

    Returns:
        The new object's record, once it is there for good; see `Store.commit`.

    Raises:
        BucketNotFound, ObjectNotFound: the source, or the target's bucket, is not here.
        NameInvalid, AlreadyExists: the target cannot be called that.
        DiskFull: no room is left.
    """
    record, file = store.open(*source)
    future: Future[ObjectRecord] = Future()
    with file:
        store_file(store, file.fileno(), record.size, target, record.custom, telling(future))
    return future


def store_file(
    store: Store,
    file: int,
    size: int,
    target: tuple[Bucket, str],
    custom: dict[str, str],
    then: Then,
    *,
    checksum: bool = True,
    alone: bool = True,
    completion: Completion | None = None,
    halt: Event | None = None,
) -> None:
    """Store a file as an object.

    Args:
        store: where to.
        file: descriptor, at its first byte; read to its end.
        size: its bytes, as far as is known.
        target: bucket and name.
        custom: words to keep with the object.
        then: told, in the writer thread, what came of it; see `Store.commit` for the errors.
        checksum: have one, also where the bytes need not be read for being copied.
        alone: no other file is copied at the same time, so that a second core can be had for hashing.
        completion: what it means to a job.
        halt: set it to break off.

    Raises:
        As for `copy_object`; JobAborted: `halt` was set on the way.
    """
    partial = store.begin(*target)
    try:
        partial.start(offset=0, validator="", size=size)
        if not partial.take_file(file, size, checksum=checksum, alone=alone, halt=halt):
            raise JobAborted(f"The copy to '{target[0] / target[1]}' was stopped. Start it again.")
        store.hand_in(partial, custom, completion, then)
    finally:
        partial.discard()
