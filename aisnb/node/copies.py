"""Copies the objects of one job into a bucket, or the files of a directory of this machine."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aisnb.errors import AlreadyExists, DirectoryNotFound, JobAborted, NameInvalid, ObjectNotFound
from aisnb.node.copying import store_file
from aisnb.node.local_work import Unhurried, batches, in_thread, listed
from aisnb.store import Completion, ErrorRecord
from aisnb.uris import check_object_name, parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from aisnb.errors import AisnbError
    from aisnb.node.progress import Progress
    from aisnb.node.sources import Spec
    from aisnb.node.tasks import CopyTask
    from aisnb.store import JobRecord, ObjectRecord, Store
    from aisnb.store.records import Outcome

_AT_ONCE = 128
#: Copying and hashing wait for the disk and leave Python: two threads use two cores.
_THREADS = 2
_FAULTS_OF_A_FILE = (AlreadyExists, DirectoryNotFound, NameInvalid, ObjectNotFound)


class _End(NamedTuple):
    """How one file ended, once `future` says that it is so for good."""

    position: int
    name: str
    outcome: Outcome
    size: int
    future: Future[ObjectRecord] | Future[None]
    path: str


class Copies(Unhurried):
    """One run of a job that copies. Single use.

    Args:
        record: the job as it is kept.
        spec: what is to be copied.
        task: how.
        progress: counts along.
        store: where the objects are.
    """

    def __init__(self, record: JobRecord, spec: Spec, task: CopyTask, progress: Progress, store: Store) -> None:
        self._record = record
        self._spec = spec
        self._task = task
        self._source = parse_bucket(spec.bucket)
        self._target = parse_bucket(task.target)
        self._progress = progress
        self._store = store
        self._halt = threading.Event()
        self._feeding = threading.Lock()

    async def run(self) -> None:
        """Copy what is pending.

        Raises:
            AisnbError: the job cannot go on: no bucket, no room.
        """
        self._loop = asyncio.get_running_loop()
        self._feed = batches(self._record, self._record.total, _AT_ONCE)
        await in_thread(self._halt, self._copy_all)

    def _count(self, ends: list[_End]) -> None:
        progress = self._progress
        for end in ends:
            progress.done += end.outcome != "failed"
            progress.skipped += end.outcome == "skipped"
            progress.failed += end.outcome == "failed"
            progress.bytes += end.size if end.outcome == "done" else 0
        progress.touch()

    def _copy_all(self) -> None:
        with ThreadPoolExecutor(_THREADS, "aisnb copy") as pool:
            for copying in [pool.submit(self._copy_some) for _ in range(_THREADS)]:
                copying.result()

    def _copy_some(self) -> None:
        """Copy a batch after the other; while the store writes one down, the next is copied."""
        before: list[_End] = []
        try:
            while not self._halt.is_set() and (indices := self._next_indices()):
                begun = self._batch(indices)
                self._settle(before)
                before = begun
        except BaseException:
            self._halt.set()
            raise
        finally:
            self._settle(before)

    def _settle(self, begun: list[_End]) -> None:
        """Wait until all of these are written down, and have them counted."""
        self._loop.call_soon_threadsafe(self._count, [self._ended(end) for end in begun])

    def _next_indices(self) -> list[int]:
        with self._feeding:
            return next(self._feed, [])

    def _batch(self, indices: list[int]) -> list[_End]:
        """Copy some; return how they will have ended when the store has written that down."""
        begun = []
        pairs = listed(self._store, self._record, self._spec, indices)
        here = self._here([name for name, _ in pairs])
        for index, (name, path) in zip(indices, pairs, strict=True):
            if self._halt.is_set():
                break
            try:
                begun.append(self._skipped(index, name) if name in here else self._begin(index, name, path))
            except JobAborted:
                break
            except _FAULTS_OF_A_FILE as exc:
                begun.append(self._missed(index, name, path, exc))
        return begun

    def _here(self, names: list[str]) -> set[str]:
        """Return which of these are to be left alone: they are there already."""
        if self._task.overwrite:
            return set()
        known = self._store.known(self._target, [self._target_name(name) for name in names])
        return {name for name in names if self._target_name(name) in known}

    def _begin(self, index: int, name: str, path: str) -> _End:
        target = check_object_name(self._target_name(name))
        with self._open(name, path) as (size, file, custom):
            if self._task.dry_run:
                return self._skipped(index, name)
            future = store_file(
                self._store,
                file,
                size,
                (self._target, target),
                custom,
                checksum=self._task.checksum,
                completion=Completion(self._record.id, index, "done", size),
                halt=self._halt,
            )
        return _End(index, name, "done", size, future, path)

    @contextmanager
    def _open(self, name: str, path: str) -> Iterator[tuple[int, int, dict[str, str]]]:
        """Lend a file to be copied: bytes, descriptor, custom words."""
        if self._task.from_files:
            with _opened(path) as (size, file):
                yield size, file, {}
            return
        record, content = self._store.open(self._source, name)
        with content:
            yield record.size, content.fileno(), record.custom

    def _target_name(self, name: str) -> str:
        stem, dot, extension = name.rpartition(".")
        fresh = self._task.extensions.get(extension) if dot and "/" not in extension else None
        return self._task.prepend + (name if fresh is None else f"{stem}.{fresh}")

    def _skipped(self, index: int, name: str) -> _End:
        future = self._store.complete(Completion(self._record.id, index, "skipped"))
        return _End(index, name, "skipped", 0, future, "")

    def _missed(self, index: int, name: str, path: str, error: AisnbError) -> _End:
        """Count a file that could not be copied; one that a range only happens to name is passed over."""
        if self._spec.template and isinstance(error, ObjectNotFound):
            return self._skipped(index, name)
        row = ErrorRecord(index, name, path or self._source / name, 0, 1, str(error))
        future = self._store.complete(Completion(self._record.id, index, "failed", 0, row))
        return _End(index, name, "failed", 0, future, "")

    def _ended(self, end: _End) -> _End:
        try:
            end.future.result()
        except _FAULTS_OF_A_FILE as exc:
            missed = self._missed(end.position, end.name, end.path, exc)
            missed.future.result()
            return missed
        if end.path and self._task.remove_source:
            Path(end.path).unlink(missing_ok=True)
        return end


@contextmanager
def _opened(path: str) -> Iterator[tuple[int, int]]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        raise DirectoryNotFound(f"'{path}' cannot be read: {exc}. See that it is there and yours to read.") from exc
    try:
        yield os.fstat(file).st_size, file
    finally:
        os.close(file)
