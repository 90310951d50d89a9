"""How many bytes a range of files will be: asked of the source's own directory index, where it has one in JSON."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from aisnb.errors import AisnbError, DiskFull, ObjectNotFound
from aisnb.templates import Template
from aisnb.transfer import Request
from aisnb.units import human_size
from aisnb.uris import link_directory, parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aisnb.node.sources import Spec
    from aisnb.store import JobRecord, Store
    from aisnb.transfer import Fetcher
    from aisnb.uris import Bucket

#: A longer index, or a longer template, would cost more than the figure is worth.
_MOST_BYTES = 64 << 20
_MOST_NAMES = 1_000_000
_PATIENCE = 30.0


class _Entry(msgspec.Struct):
    """A file in an index, in nginx's words (``autoindex_format json``); our file server uses the same."""

    name: str
    type: str = "file"
    size: int | None = None


class _Memory:
    """A sink that is a short text in memory."""

    def __init__(self) -> None:
        self.body = bytearray()

    def resume_point(self) -> tuple[int, str]:
        return 0, ""

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        del validator
        del self.body[offset:]
        self._check(size or 0)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self._check(len(self.body) + len(chunk))
        self.body += chunk

    def digest(self) -> str:
        return ""

    def close(self) -> None:
        pass

    def discard(self) -> None:
        self.body.clear()

    def _check(self, size: int) -> None:
        if size > _MOST_BYTES:
            raise AisnbError(f"An index of {size} bytes is not read; {_MOST_BYTES} is the limit.")


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
    sizes = await _read_index(directory, fetcher, headers)
    return await asyncio.to_thread(_add_up, record, spec, sizes, store) if sizes else None


async def _read_index(directory: str, fetcher: Fetcher, headers: Mapping[str, str]) -> dict[str, int]:
    """Return sizes by name; empty if the source has no such index, which is nobody's fault."""
    sink = _Memory()
    request = Request(url=directory, headers={**headers, "Accept": "application/json"}, timeout=_PATIENCE)
    try:
        async with asyncio.timeout(_PATIENCE):
            await fetcher.fetch(request, sink)
        return await asyncio.to_thread(_sizes, bytes(sink.body))
    except (AisnbError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _sizes(body: bytes) -> dict[str, int]:
    entries = msgspec.json.decode(body, type=list[_Entry])
    return {entry.name: entry.size for entry in entries if entry.size is not None and entry.type == "file"}


def _add_up(record: JobRecord, spec: Spec, sizes: dict[str, int], store: Store) -> int | None:
    """Return the sum over the job's names, and see that what is not here yet fits."""
    total = sum(sizes.get(name, 0) for name in _names(spec))
    if total - record.bytes > store.free_bytes():
        bucket = parse_bucket(spec.bucket)
        missing = sum(_missing(store, bucket, spec, name, sizes) for name in _names(spec) if name in sizes)
        free = store.free_bytes()
        if missing > free:
            raise DiskFull(
                f"'{spec.source}' has {human_size(missing)} that are still to come, and {human_size(free)} "
                f"are free in '{store.root}'. Free some space, or set AISNB_HOME to a larger disk, then retry."
            )
    return total or None


def _names(spec: Spec) -> Iterator[str]:
    """Yield the names in the source's directory that the job stands for."""
    if spec.directory:
        return iter(Template(spec.template))
    last = spec.template.split("?", 1)[0].rpartition("/")[2]
    return iter(Template(last, braces_only=True))


def _missing(store: Store, bucket: Bucket, spec: Spec, name: str, sizes: dict[str, int]) -> int:
    """Return the bytes that this file will need: none if one of its size is here."""
    try:
        here = store.stat(bucket, f"{spec.subdir}/{name}" if spec.subdir else name).size
    except ObjectNotFound:
        here = -1
    return 0 if here == sizes[name] else sizes[name]
