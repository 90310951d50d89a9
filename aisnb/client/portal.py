"""One event loop in one daemon thread: all of the client's I/O happens there, whoever asks.

Cells run inside a loop that they cannot block, scripts have none, and connections belong to the loop that made them.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")

#: An interrupt wakes no sleeping event loop; a waiting one must look up this often (seconds).
_HEARTBEAT = 0.2
_END_SECONDS = 3.0
_CLEAN_UP_SECONDS = 1.0


class Portal:
    """An event loop that runs in a daemon thread of its own until the process ends.

    Attributes:
        loop: the loop.
        closers: what is to be awaited at the end, such as the closing of a session.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.closers: set[Callable[[], Awaitable[Any]]] = set()
        self._thread = threading.Thread(target=self._serve, name="aisnb", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def end(self) -> None:
        """Cancel what runs, close what is open, and stop the loop; its thread is gone afterwards."""
        asyncio.run_coroutine_threadsafe(self._end(), self.loop)
        self._thread.join(_END_SECONDS)
        if not self._thread.is_alive():
            self.loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(close() for close in self.closers), return_exceptions=True)
        self.loop.stop()


_lock = threading.Lock()
_portal: Portal | None = None
#: Portals of the parent process. Their threads are gone, but closing them would reach into the parent's sockets.
_left_behind: list[Portal] = []


def current() -> Portal:
    """Return this process's portal, made at first use."""
    global _portal
    with _lock:
        if _portal is None:
            _portal = Portal()
        return _portal


def is_current(home: Portal) -> bool:
    """Return whether `home` is this process's portal, and still works."""
    return home is _portal and not home.loop.is_closed()


def is_inside() -> bool:
    """Return whether the caller runs on the portal's own loop."""
    try:
        return _portal is not None and asyncio.get_running_loop() is _portal.loop
    except RuntimeError:
        return False


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on the portal and return its result; an interrupt of the caller cancels it, and lets it clean up.

    Raises:
        RuntimeError: the caller runs on the portal's own loop, which would wait for itself.
    """
    loop = _loop_for(work)
    errand = _Errand(work)
    try:
        loop.call_soon_threadsafe(errand.begin)
        return errand.result()
    except BaseException:
        errand.give_up(loop)
        raise


async def arun(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, which runs on the portal, from any other loop; cancelling the caller cancels it.

    Raises:
        RuntimeError: the caller runs on the portal's own loop.
    """
    future = asyncio.run_coroutine_threadsafe(work, _loop_for(work))
    waiter = asyncio.wrap_future(future)
    try:
        while not waiter.done():
            await asyncio.wait({waiter}, timeout=_HEARTBEAT)
        return waiter.result()
    except BaseException:
        future.cancel()
        raise


def launch(work: Coroutine[Any, Any, Any]) -> None:
    """Start `work` on the portal and return at once; it deals with its own errors. Callable from anywhere."""
    asyncio.run_coroutine_threadsafe(work, current().loop)


class _Errand(Generic[T]):
    """Work for the portal that can be called off at any moment: an interrupt may come before it has begun.

    Whoever waits for it waits for a bare lock. A future, an event or a condition has two of them, and where an
    interrupt comes between these it is lost in a RuntimeError ("cannot release un-acquired lock").
    """

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None
        self._is_given_up = False
        self._ended = threading.Lock()  # held until the work has ended
        self._ended.acquire()

    def begin(self) -> None:
        """Start the work; on the loop."""
        if not self._is_given_up:
            self._task = asyncio.get_running_loop().create_task(self._work)
            self._task.add_done_callback(self._note_end)

    def result(self) -> T:
        """Wait for the end, and return or raise what came of it; in another thread."""
        with self._ended:
            assert self._task is not None
            return self._task.result()

    def give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call off the work if it has not ended, and give it a moment to clean up; in another thread."""
        loop.call_soon_threadsafe(self._cancel)
        if self._ended.acquire(timeout=_CLEAN_UP_SECONDS):
            self._ended.release()

    def _note_end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # it counts as seen: asyncio would complain where nobody waits for it any more
        self._ended.release()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        elif not self._is_given_up:
            self._is_given_up = True
            self._work.close()
            self._ended.release()


def _loop_for(work: Coroutine[Any, Any, Any]) -> asyncio.AbstractEventLoop:
    if is_inside():
        work.close()
        raise RuntimeError(
            "aisnb was called from its own event loop, which would wait for itself. Call from another thread, or "
            "await the _async twin in a loop of your own."
        )
    return current().loop


@atexit.register
def _end() -> None:
    if _portal is not None:
        _portal.end()


def _after_fork() -> None:
    """Begin anew in the child: the thread is not there, and may have held the lock."""
    global _lock, _portal
    _lock = threading.Lock()
    if _portal is not None:
        _left_behind.append(_portal)
        _portal = None


os.register_at_fork(after_in_child=_after_fork)
