"""Removes the objects of one job: a few hundred at a time, so that it can be stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aisnb.node.local_work import Unhurried, batches, listed
from aisnb.store import Completion
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    from aisnb.node.progress import Progress
    from aisnb.node.sources import Spec
    from aisnb.store import JobRecord, Store

_AT_ONCE = 500


class Removal(Unhurried):
    """One run of a job that removes objects; those that are not here are passed over. Single use.

    Args:
        record: the job as it is kept.
        spec: what is to be removed.
        progress: counts along.
        store: where the objects are.
    """

    def __init__(self, record: JobRecord, spec: Spec, progress: Progress, store: Store) -> None:
        self._record = record
        self._spec = spec
        self._bucket = parse_bucket(spec.bucket)
        self._progress = progress
        self._store = store

    async def run(self) -> None:
        """Remove what is pending.

        Raises:
            AisnbError: the job cannot go on.
        """
        total = -1 if self._spec.prefix is not None else self._record.total
        for indices in batches(self._record, total, _AT_ONCE):
            names = await asyncio.to_thread(self._names, indices)
            if not names:
                break
            await asyncio.to_thread(self._store.remove, self._bucket, names)
            ends = [self._store.complete(Completion(self._record.id, i, "done")) for i in indices[: len(names)]]
            await asyncio.wrap_future(ends[-1])  # the store works in order, so this is the end of all of them
            self._progress.done += len(names)
            self._progress.touch()
        if self._spec.prefix is not None:  # objects may have come or gone since they were counted
            await asyncio.to_thread(self._store.jobs.set_totals, self._record.id, self._progress.done, None)

    def _names(self, indices: list[int]) -> list[str]:
        if self._spec.prefix is not None:
            page = self._store.page(self._bucket, prefix=self._spec.prefix, limit=len(indices))
            return [record[0] for record in page.records]
        return [name for name, _ in listed(self._store, self._record, self._spec, indices)]
