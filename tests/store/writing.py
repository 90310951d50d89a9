"""Writing an object in one line, and looking at what is left on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

from aisnb.uris import Bucket

if TYPE_CHECKING:
    from aisnb.store import Completion, ObjectRecord, Partial, Store

ABC = Bucket("ais", "abc")
XYZ = Bucket("ais", "xyz")


def put(store: Store, name: str, data: bytes, completion: Completion | None = None, **custom: str) -> ObjectRecord:
    """Store an object and wait until it is there."""
    partial = store.begin(ABC, name)
    partial.start(offset=0, validator="", size=len(data))
    if data:
        partial.write(data)
    return store.commit(partial, custom=custom, completion=completion).result(30)


def write_until_full(partial: Partial) -> None:
    """Write up to 10 MB, more than there is room for."""
    for _ in range(100):
        partial.write(b"x" * 100_000)


def content(store: Store, name: str) -> bytes:
    """Return an object's bytes, after comparing them with its record."""
    record, file = store.open(ABC, name)
    with file:
        data = file.read()
    assert (record.size, record.checksum) == (len(data), xxhash.xxh64(data).hexdigest())
    return data


def names(store: Store) -> list[str]:
    """Return all names of the bucket ais://abc."""
    return [record[0] for record in store.page(ABC, limit=1_000_000).records]


def leftovers(store: Store) -> list[str]:
    """Return what lies in the directory of partial files."""
    return sorted(path.name for path in (store.root / "partial").iterdir())
