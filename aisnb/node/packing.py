"""Packs the objects of one job into an archive, which is there as a whole at the end, or not at all."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from aisnb.archives import ArchiveWriter, archive_format
from aisnb.errors import JobAborted, ObjectNotFound
from aisnb.node.local_work import Unhurried, batches, in_thread, listed, not_in
from aisnb.store import Completion
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    from typing import BinaryIO

    from aisnb.node.progress import Progress
    from aisnb.node.sources import Spec
    from aisnb.node.tasks import ArchiveTask
    from aisnb.store import ErrorRecord, JobRecord, Partial, Store

_AT_ONCE = 500


class Packing(Unhurried):
    """One run of a job that packs. Single use.

    Args:
        record: the job as it is kept.
        spec: which objects.
        task: into what.
        progress: counts along.
        store: where the objects are.
    """

    def __init__(self, record: JobRecord, spec: Spec, task: ArchiveTask, progress: Progress, store: Store) -> None:
        self._record = record
        self._spec = spec
        self._task = task
        self._source = parse_bucket(spec.bucket)
        self._target = parse_bucket(task.target)
        self._progress = progress
        self._store = store
        self._halt = threading.Event()
        self._passes_over = bool(spec.template) and not task.all_named
        self._missing: dict[int, ErrorRecord] = {}
        self._added = self._bytes = 0

    async def run(self) -> None:
        """Pack all, unless the archive was stored before a crash: then only count.

        Raises:
            AisnbError: the archive cannot be made.
        """
        if not len(self._record.ledger):
            loop = asyncio.get_running_loop()
            await in_thread(self._halt, lambda: self._pack(loop))
        await asyncio.to_thread(self._complete)
        record = await asyncio.to_thread(self._store.jobs.load, self._record.id)
        self._progress.count_from(record)

    def _pack(self, loop: asyncio.AbstractEventLoop) -> None:
        task = self._task
        existing = self._existing() if task.append else None
        partial = self._store.begin(self._target, task.name)
        try:
            partial.start(offset=0, validator="", size=None)
            writer = ArchiveWriter(partial.write, archive_format(task.name, task.mime, existing), existing)
            for indices in batches(self._record, self._record.total, _AT_ONCE):
                names = listed(self._store, self._record, self._spec, indices)
                for index, (name, _) in zip(indices, names, strict=True):
                    size = self._add(writer, index, name)
                    loop.call_soon_threadsafe(self._count, size)
            if not self._added:  # AIStore makes none, either
                raise ObjectNotFound(f"{self._not_made()}: nothing of what was asked for is in {self._source}.")
            writer.close()
            self._commit(partial)
        finally:
            partial.discard()
            if existing is not None:
                existing.close()

    def _existing(self) -> BinaryIO | None:
        try:
            return self._store.open(self._target, self._task.name)[1]
        except ObjectNotFound:
            return None

    def _add(self, writer: ArchiveWriter, index: int, name: str) -> int:
        if self._halt.is_set():
            raise JobAborted(f"{self._not_made()}: its job was stopped. Start it again.")
        try:
            record, file = self._store.open(self._source, name)
        except ObjectNotFound as exc:
            if not self._task.keep_going and not self._passes_over:
                raise ObjectNotFound(
                    f"{self._not_made()}: {self._source / name} does not exist. Name what is there, or say "
                    "--cont-on-err (in Python: keep_going=True) to pack that."
                ) from exc
            self._missing[index] = not_in(self._source, index, name)
            return 0
        with file:
            writer.add(self._member_name(name), record.size, file)
        self._added += 1
        self._bytes += record.size
        return record.size

    def _not_made(self) -> str:
        return f"{self._target / self._task.name} was not made"

    def _member_name(self, name: str) -> str:
        inner = name.rpartition("/")[2] if self._task.base_names else name
        return f"{self._source.name}/{inner}" if self._task.with_bucket else inner

    def _count(self, size: int) -> None:
        self._progress.done += 1
        self._progress.bytes += size
        self._progress.touch()

    def _commit(self, partial: Partial) -> None:
        """Make the archive an object, and count the first object in the same step: so a restart knows that it is.

        With it all bytes are counted: after a restart nobody knows which object had how many.
        """
        first = next(self._record.ledger.pending(self._record.total), None)
        completion = None if first is None else self._completion(first, self._bytes)
        self._store.commit(partial, completion=completion).result()

    def _complete(self) -> None:
        record = self._store.jobs.load(self._record.id)
        for indices in batches(record, record.total, _AT_ONCE):
            ends = [self._store.complete(self._completion(index)) for index in indices]
            ends[-1].result()  # the store works in order, so this is the end of all of them

    def _completion(self, index: int, size: int = 0) -> Completion:
        error = self._missing.get(index)
        if error is None:
            return Completion(self._record.id, index, "done", size)
        if self._passes_over:
            return Completion(self._record.id, index, "skipped", size)
        return Completion(self._record.id, index, "failed", size, error)
