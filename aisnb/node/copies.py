"""Copies the objects of one job into a bucket, or the files of a directory of this machine."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from aisnb.errors import AlreadyExists, DirectoryNotFound, JobAborted, NameInvalid, ObjectNotFound
from aisnb.node.copying import store_file
from aisnb.node.local_work import Unhurried, batches, in_thread, listed
from aisnb.store import Completion, ErrorRecord
from aisnb.uris import check_object_name, parse_bucket

if TYPE_CHECKING:
    from concurrent.futures import Future

    from aisnb.errors import AisnbError
    from aisnb.node.progress import Progress
    from aisnb.node.sources import Spec
    from aisnb.node.tasks import CopyTask
    from aisnb.store import JobRecord, ObjectRecord, Store
    from aisnb.store.records import Outcome

_AT_ONCE = 64
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

    async def run(self) -> None:
        """Copy what is pending.

        Raises:
            AisnbError: the job cannot go on: no bucket, no room.
        """
        loop = asyncio.get_running_loop()
        for indices in batches(self._record, self._record.total, _AT_ONCE):

            def copy(indices: list[int] = indices) -> None:
                for end in self._batch(indices):
                    loop.call_soon_threadsafe(self._count, end)

            await in_thread(self._halt, copy)

    def _count(self, end: _End) -> None:
        progress = self._progress
        progress.done += end.outcome != "failed"
        progress.skipped += end.outcome == "skipped"
        progress.failed += end.outcome == "failed"
        progress.bytes += end.size if end.outcome == "done" else 0
        progress.touch()

    def _batch(self, indices: list[int]) -> list[_End]:
        """Copy some; return how they ended, when all have."""
        begun = []
        for index, (name, path) in zip(indices, listed(self._store, self._record, self._spec, indices), strict=True):
            if self._halt.is_set():
                break
            try:
                begun.append(self._begin(index, name, path))
            except JobAborted:
                break
            except _FAULTS_OF_A_FILE as exc:
                begun.append(self._missed(index, name, path, exc))
        return [self._ended(end) for end in begun]

    def _begin(self, index: int, name: str, path: str) -> _End:
        target = check_object_name(self._task.prepend + self._renamed(name))
        if not self._task.overwrite and self._is_here(target):
            return self._skipped(index, name)
        with self._open(name, path) as (size, file, custom):
            if self._task.dry_run:
                return self._skipped(index, name)
            future = store_file(
                self._store,
                file,
                size,
                (self._target, target),
                custom,
                completion=Completion(self._record.id, index, "done", size),
                halt=self._halt,
            )
        return _End(index, name, "done", size, future, path)

    def _open(self, name: str, path: str) -> _Opened:
        if self._task.from_files:
            return _Opened(*_open_file(path), {})
        record, file = self._store.open(self._source, name)
        return _Opened(record.size, file, record.custom)

    def _is_here(self, name: str) -> bool:
        try:
            self._store.stat(self._target, name)
        except ObjectNotFound:
            return False
        return True

    def _renamed(self, name: str) -> str:
        stem, dot, extension = name.rpartition(".")
        fresh = self._task.extensions.get(extension) if dot and "/" not in extension else None
        return name if fresh is None else f"{stem}.{fresh}"

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


class _Opened:
    """A file to be copied: bytes, itself, custom words. Closed at the end of a ``with``."""

    def __init__(self, size: int, file: BinaryIO, custom: dict[str, str]) -> None:
        self._size, self._file, self._custom = size, file, custom

    def __enter__(self) -> tuple[int, BinaryIO, dict[str, str]]:
        return self._size, self._file, self._custom

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _open_file(path: str) -> tuple[int, BinaryIO]:
    try:
        return Path(path).stat().st_size, Path(path).open("rb")
    except OSError as exc:
        raise DirectoryNotFound(f"'{path}' cannot be read: {exc}. See that it is there and yours to read.") from exc
