"""The one thread that writes: order is well defined, and many small changes share a transaction."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from aisnb.errors import NodeError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from aisnb.store.changes import Change
    from aisnb.store.database import Database

T = TypeVar("T")
_Work: TypeAlias = "Change | Callable[[], None] | None"

#: More in one transaction gains nothing, and makes the first of them wait.
_GROUP = 500
#: Seconds that a change nobody waits for may wait for company: a transaction costs the same for one and for fifty.
_LINGER = 0.005
#: So many are company enough.
_ENOUGH = 100


class Writer:
    """Works off changes and calls in the order they came.

    Args:
        database: what it writes to.
        apply: makes a group of changes true and tells those who asked; raises nothing.
    """

    def __init__(self, database: Database, apply: Callable[[list[Change]], None]) -> None:
        self._database = database
        self._apply = apply
        self._queue: SimpleQueue[_Work] = SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()  # between submitting and closing
        self._thread = threading.Thread(target=self._run, name="aisnb store writer", daemon=True)
        self._thread.start()

    def submit(self, *changes: Change) -> None:
        """Have these made in passing, together with others.

        Raises:
            NodeError: the store is closed.
        """
        self._put(*changes)

    def call(self, function: Callable[[], T]) -> T:
        """Have `function` called in the writer thread, after all that was asked before; return what it returns.

        Raises:
            NodeError: the store is closed. And whatever `function` raises.
        """
        assert threading.current_thread() is not self._thread, "the writer cannot wait for itself"
        future: Future[T] = Future()

        def work() -> None:
            try:
                result = function()
                self._database.changes += 1  # what it noted in memory after its transactions is a change, too
                future.set_result(result)
            except BaseException as exc:  # noqa: BLE001  # not swallowed: raised where it was called
                future.set_exception(exc)

        self._put(work)
        return future.result()

    def transact(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Have `function` called in the writer thread as `call` does, within a transaction of its own.

        Raises:
            NodeError: the store is closed, or the database cannot be written. And whatever `function` raises.
        """

        def work() -> T:
            with self._database.transaction() as connection:
                return function(connection)

        return self.call(work)

    def _put(self, *works: _Work) -> None:
        with self._lock:
            if self._closed:
                raise NodeError("The store is closed. Open it again to write.")
            for work in works:
                self._queue.put(work)

    def close(self) -> None:
        """Finish what was asked, then end the thread; twice is harmless."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group, then = self._next_group()
            if group:
                self._apply(group)
            if then is None:
                return
            then()

    def _next_group(self) -> tuple[list[Change], Callable[[], None] | None]:
        """Return the changes that wait, and the call (or the end, None) that comes after them."""
        group: list[Change] = []
        work = self._queue.get()
        lingered = False
        while work is not None and not callable(work):
            group.append(work)
            if len(group) == _GROUP:
                return group, _nothing
            few = len(group) < _ENOUGH and not lingered
            if few and self._queue.empty() and not any(change.awaited for change in group):
                time.sleep(_LINGER)
                lingered = True
            try:
                work = self._queue.get_nowait()
            except Empty:
                return group, _nothing
        return group, work


def _nothing() -> None:
    pass
