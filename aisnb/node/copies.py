"""Copies the objects of one job into a bucket, or the files of a directory of this machine."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aisnb.errors import AlreadyExists, DirectoryNotFound, JobAborted, NameInvalid, NotAllowed, ObjectNotFound
from aisnb.node.copying import store_file
from aisnb.node.local_work import Unhurried, batches, in_thread, listed, not_in
from aisnb.store import Completion, ErrorRecord
from aisnb.store.small import SmallFiles
from aisnb.uris import check_object_name, parse_bucket

if TYPE_CHECKING:
    from aisnb.node.progress import Progress
    from aisnb.node.sources import Spec
    from aisnb.node.tasks import CopyTask
    from aisnb.store import JobRecord, ObjectRecord, Store
    from aisnb.store.records import Outcome

_AT_ONCE = 128
#: Copying and hashing wait for the disk and leave Python: two threads use two cores.
_THREADS = 2
#: Few files are dealt out by so many shares for each thread, that large ones keep all of them busy to the end.
_SHARES = 8
_FAULTS_OF_A_FILE = (AlreadyExists, DirectoryNotFound, NameInvalid, ObjectNotFound)


class _File(NamedTuple):
    """A file of the job: its place in the list, its name, and its path if it is one of this machine."""

    position: int
    name: str
    path: str


@dataclass(slots=True)
class _End:
    """How one file ended, once the store has told it."""

    file: _File
    outcome: Outcome
    size: int = 0
    error: BaseException | None = None


class _Batch:
    """Files that are begun by one thread, and waited for together: to wait for each costs more than its copy."""

    def __init__(self) -> None:
        self.ends: list[_End] = []
        self._told, self._expected = 0, -1
        self._all_told = threading.Event()

    def tell(self, end: _End, _record: ObjectRecord | None, error: BaseException | None) -> None:
        """Take note of how one has ended. Called in the writer thread."""
        end.error = error
        self._told += 1
        if self._told == self._expected:
            self._all_told.set()

    def wait(self) -> list[_End]:
        """Return how all have ended, once they have. No more may be begun."""
        self._expected = len(self.ends)
        if self._told < self._expected:
            self._all_told.wait()
        return self.ends


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
        self._kept: list[str] = []

    async def run(self) -> None:
        """Copy what is pending.

        Raises:
            AisnbError: the job cannot go on: no bucket, no room.
        """
        self._loop = asyncio.get_running_loop()
        pending = self._record.total - len(self._record.ledger)
        self._alone = pending == 1
        at_once = max(1, min(_AT_ONCE, pending // (_THREADS * _SHARES))) if pending >= 0 else _AT_ONCE
        self._feed = batches(self._record, self._record.total, at_once)
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
        if self._kept:
            stay = "file stays beside its object" if len(self._kept) == 1 else "files stay beside their objects"
            raise NotAllowed(f"{len(self._kept):,} {stay}: {self._kept[0]}. Remove what is to go yourself.")

    def _copy_some(self) -> None:
        """Copy a batch after the other; while the store writes one down, the next is copied."""
        small = SmallFiles(self._store, self._target, checksum=self._task.checksum)
        before = _Batch()
        try:
            while not self._halt.is_set() and (indices := self._next_indices()):
                batch = _Batch()
                try:
                    self._begin_all(self._pending(indices, batch), small, batch)
                finally:
                    small.hand_in()
                self._settle(before)
                before = batch
        except BaseException:
            self._halt.set()
            raise
        finally:
            self._settle(before)

    def _next_indices(self) -> list[int]:
        with self._feeding:
            return next(self._feed, [])

    def _settle(self, batch: _Batch) -> None:
        """Wait until all of these are written down, and have them counted."""
        missed = _Batch()
        ends = [self._ended(end, missed) for end in batch.wait()]
        for end in missed.wait():
            if end.error is not None:
                raise end.error
        self._loop.call_soon_threadsafe(self._count, ends)

    def _pending(self, indices: list[int], batch: _Batch) -> list[_File]:
        """Return the files to be begun, without those that are to be left alone: they are there already."""
        pairs = listed(self._store, self._record, self._spec, indices)
        files = [_File(index, *pair) for index, pair in zip(indices, pairs, strict=True)]
        if self._task.overwrite:
            return files
        known = self._store.known(self._target, [self._target_name(file.name) for file in files])
        here = {file.position for file in files if self._target_name(file.name) in known} if known else set()
        for file in files:
            if file.position in here:
                self._skip(file, batch)
        return [file for file in files if file.position not in here]

    def _begin_all(self, files: list[_File], small: SmallFiles, batch: _Batch) -> None:
        for file in files:
            if self._halt.is_set():
                return
            try:
                self._begin(file, small, batch)
            except JobAborted:
                return
            except _FAULTS_OF_A_FILE as exc:
                self._miss(file, exc, batch)

    def _begin(self, file: _File, small: SmallFiles, batch: _Batch) -> None:
        target = check_object_name(self._target_name(file.name))
        descriptor, size, custom = self._open(file)
        try:
            if self._task.dry_run:
                self._skip(file, batch)
                return
            end = _End(file, "done", size)
            then = partial(batch.tell, end)
            completion = Completion(self._record.id, file.position, "done", size)
            if not small.take(descriptor, size, target, custom, completion, then):
                store_file(
                    self._store, descriptor, size, (self._target, target), custom, then,
                    checksum=self._task.checksum, alone=self._alone, completion=completion, halt=self._halt,
                )  # fmt: skip
        finally:
            os.close(descriptor)
        batch.ends.append(end)

    def _open(self, file: _File) -> tuple[int, int, dict[str, str]]:
        """Open a file to be copied; return its descriptor, its bytes, custom words."""
        if not self._task.from_files:
            record, content = self._store.open(self._source, file.name)
            with content:
                return os.dup(content.fileno()), record.size, record.custom
        try:
            descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as exc:
            raise DirectoryNotFound(
                f"'{file.path}' cannot be read: {exc.strerror}. See that it is there and yours to read."
            ) from exc
        return descriptor, os.fstat(descriptor).st_size, {}

    def _target_name(self, name: str) -> str:
        stem, dot, extension = name.rpartition(".")
        fresh = self._task.extensions.get(extension) if dot and "/" not in extension else None
        return self._task.prepend + (name if fresh is None else f"{stem}.{fresh}")

    def _skip(self, file: _File, batch: _Batch) -> None:
        self._note(_End(file, "skipped"), None, batch)

    def _miss(self, file: _File, error: BaseException, batch: _Batch) -> None:
        """Count a file that could not be copied; one that a range only happens to name may be passed over."""
        is_missing = isinstance(error, ObjectNotFound)
        if is_missing and self._spec.template and not self._task.all_named:
            self._skip(file, batch)
            return
        row = not_in(self._source, file.position, file.name) if is_missing else self._row(file, error)
        self._note(_End(file, "failed"), row, batch)

    def _row(self, file: _File, error: BaseException) -> ErrorRecord:
        return ErrorRecord(file.position, file.name, file.path or self._source / file.name, 0, 1, str(error))

    def _note(self, end: _End, error: ErrorRecord | None, batch: _Batch) -> None:
        completion = Completion(self._record.id, end.file.position, end.outcome, 0, error)
        self._store.note(completion, partial(batch.tell, end))
        batch.ends.append(end)

    def _remove_source(self, path: str) -> None:
        try:
            Path(path).unlink(missing_ok=True)
        except OSError as exc:
            self._kept.append(f"'{path}' could not be removed: {exc.strerror}")

    def _ended(self, end: _End, missed: _Batch) -> _End:
        if end.error is None:
            if end.outcome == "done" and end.file.path and self._task.remove_source:
                self._remove_source(end.file.path)
            return end
        if not isinstance(end.error, _FAULTS_OF_A_FILE):
            raise end.error
        self._miss(end.file, end.error, missed)
        return missed.ends[-1]
