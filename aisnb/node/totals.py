"""How many bytes the files of a job will be, as the source's own index says; and whether there is room for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError, DiskFull, NameInvalid, ObjectNotFound
from aisnb.templates import Template
from aisnb.transfer import read_index
from aisnb.units import human_size
from aisnb.uris import link_directory, parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aisnb.node.sources import Spec
    from aisnb.store import JobRecord, Store
    from aisnb.transfer import Fetcher
    from aisnb.uris import Bucket

#: A longer template would cost more than the figure is worth.
_MOST_NAMES = 1_000_000


async def find_total_bytes(
    record: JobRecord, spec: Spec, store: Store, fetcher: Fetcher, headers: Mapping[str, str]
) -> int | None:
    """Return the bytes of all files of a job, None if the source does not say.

    Raises:
        DiskFull: what is still to come is more than there is room for.
    """
    if not spec.template or not 1 < record.total <= _MOST_NAMES or spec.prefix is not None:
        return None
    directory = spec.directory or link_directory(spec.template)
    if "{" in directory or (not spec.directory and "%" in spec.template):  # an index has its names decoded
        return None
    sizes = await _sizes(directory, fetcher, headers)
    return await asyncio.to_thread(_add_up, record, spec, sizes, store) if sizes else None


async def _sizes(directory: str, fetcher: Fetcher, headers: Mapping[str, str]) -> dict[str, int | None]:
    """Return sizes by name; empty if the source has no index, which is nobody's fault."""
    try:
        index = await read_index(fetcher, directory, headers)
    except AisnbError:
        return {}
    return {entry.name: entry.size for entry in index.entries}


def _add_up(record: JobRecord, spec: Spec, sizes: dict[str, int | None], store: Store) -> int | None:
    """Return the sum over the job's names, and see that what is not here yet fits."""
    if any(sizes.get(name, 0) is None for name in _names(spec)):
        return None
    total = sum(sizes.get(name) or 0 for name in _names(spec))
    if total - record.bytes > store.free_bytes():
        within = f"{spec.subdir}/" if spec.subdir else ""
        known = ((within + name, sizes[name] or 0) for name in _names(spec) if name in sizes)
        check_room(store, parse_bucket(spec.bucket), spec.source, known)
    return total or None


def check_room(store: Store, bucket: Bucket, source: str, sizes: Iterable[tuple[str, int]]) -> None:
    """See that files fit, apart from those that are here with the same size already. Takes long: not for the loop.

    Args:
        store: where they are to go.
        bucket: where there.
        source: where they come from, for people.
        sizes: object names and bytes.

    Raises:
        DiskFull: they do not.
    """
    missing, free = sum(_missing(store, bucket, name, size) for name, size in sizes), store.free_bytes()
    if missing > free:
        raise DiskFull(
            f"'{source}' has {human_size(missing)} that are still to come, and {human_size(free)} are free in "
            f"'{store.root}'. Free some space, or set AISNB_HOME to a larger disk, then retry."
        )


def _missing(store: Store, bucket: Bucket, name: str, size: int) -> int:
    """Return the bytes that this file will need: none if one of its size is here."""
    try:
        return 0 if store.stat(bucket, name).size == size else size
    except (ObjectNotFound, NameInvalid):
        return size


def _names(spec: Spec) -> Iterator[str]:
    """Yield the names in the source's directory that the job stands for."""
    if spec.directory:
        return iter(Template(spec.template))
    last = spec.template.split("?", 1)[0].rpartition("/")[2]
    return iter(Template(last, braces_only=True))
