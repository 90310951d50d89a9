"""What a job does that asks no source: removes, copies, packs. A few hundred objects at a time, so that it can stop."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from aisnb.store import ErrorRecord
from aisnb.templates import Template

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from aisnb.node.sources import Spec
    from aisnb.protocol.downloads import Limits
    from aisnb.store import JobRecord, Store
    from aisnb.uris import Bucket

T = TypeVar("T")


class LocalWork(Protocol):
    """One run of a job. Single use."""

    async def run(self) -> None:
        """Do what is pending.

        Raises:
            AisnbError: the job cannot go on.
        """

    def limit(self, limits: Limits) -> None:
        """Change the limits."""

    def forsake(self) -> None:
        """Take note that what is half done is not wanted any more."""


class Unhurried:
    """Work that asks no source: there is nothing to limit, and nothing half done to keep."""

    def limit(self, _limits: Limits) -> None:
        """Do nothing: no source is asked."""

    def forsake(self) -> None:
        """Do nothing: no bytes come."""


class Nothing(Unhurried):
    """The work of jobs that a cluster has and a single node has no use for, or that were done at once."""

    async def run(self) -> None:
        """Do nothing."""


def batches(record: JobRecord, total: int, at_once: int) -> Iterator[list[int]]:
    """Yield the indices that are pending, a list at a time; for a total of -1 without end."""
    pending = record.ledger.pending(total)
    while batch := list(islice(pending, at_once)):
        yield batch


def listed(store: Store, record: JobRecord, spec: Spec, indices: list[int]) -> list[tuple[str, str]]:
    """Return the (object name, link) pairs of a job at these indices, which rise."""
    if spec.template:
        template = Template(spec.template)
        return [(template[index], "") for index in indices]
    rows = store.jobs.items(record.id, indices[0], indices[-1] + 1 - indices[0])
    return [rows[index - indices[0]] for index in indices]


def not_in(bucket: Bucket, index: int, name: str) -> ErrorRecord:
    """Return what to keep of an object that a job was to take from a bucket, and that is not there.

    The status is what asking for it would be answered with.
    """
    return ErrorRecord(index, name, bucket / name, HTTPStatus.NOT_FOUND, 1, f"it is not in {bucket}")


async def in_thread(halt: threading.Event, function: Callable[[], T]) -> T:
    """Run `function` in a thread; a cancellation sets `halt` and waits for its end."""
    running = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        halt.set()
        await asyncio.wait([running])
        raise
