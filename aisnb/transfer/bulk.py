"""Large bodies: a thread moves them from the socket to where they go, past the event loop and on a core of its own."""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

    from aisnb.transfer.engine import Write

#: Bytes to come from which on a thread is worth its start.
BULK = 256 * 1024
#: Threads: reading, hashing and writing let others run meanwhile, and the disk is one.
_THREADS = 4
#: Bytes received at once, into a buffer that each thread keeps.
_ROOM = 512 * 1024
#: Bytes to come from which on one that is alone gets a second thread: one receives, the other one hashes and writes.
_WORTH_TWO = 2 << 20
#: Seconds after which a thread lets the loop look after limits, counts and ends.
_SLICE = 0.05
#: Milliseconds that a source may be silent before its socket is the loop's to watch again.
_SILENCE = 5


class Movers:
    """Threads that move bodies; started when first used."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._second: ThreadPoolExecutor | None = None
        self._moving = 0
        self._kept = threading.local()

    async def move(self, descriptor: int, write: Write, most: int) -> int:
        """Move what a socket has to `write` until a moment's silence, its end or the end of the slice.

        Nobody else may read from the socket meanwhile. A cancelled call ends when the thread has.

        Args:
            descriptor: of the socket, which does not block; it may be closed meanwhile.
            write: takes a piece, in the thread; what it raises is raised here.
            most: bytes to move at the most.

        Returns:
            Bytes that were moved; 0 says that there were none now.
        """
        self._threads = self._threads or ThreadPoolExecutor(_THREADS, thread_name_prefix="aisnb mover")
        self._second = self._second or ThreadPoolExecutor(1, thread_name_prefix="aisnb mover's second")
        self._moving += 1
        second = self._second if self._moving == 1 and most >= _WORTH_TWO else None
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._move, os.dup(descriptor), write, most, second
        )
        cancelled: asyncio.CancelledError | None = None
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError as exc:  # the thread's hands are off what `write` writes to before we leave
                cancelled = exc
        self._moving -= 1
        if cancelled is not None:
            raise cancelled
        return work.result()

    def close(self) -> None:
        """Have the threads end; twice is harmless."""
        for threads in (self._threads, self._second):
            if threads is not None:
                threads.shutdown(wait=False)
        self._threads = self._second = None

    def _move(self, descriptor: int, write: Write, most: int, second: Executor | None) -> int:
        try:
            if second is None:
                return _pour(descriptor, cycle(self._rooms(1)), write, most)
            with _Behind(second, self._rooms(2), write) as behind:
                return _pour(descriptor, behind, behind.write, most)
        finally:
            os.close(descriptor)

    def _rooms(self, count: int) -> list[memoryview]:
        """Return as many of the buffers that this thread keeps."""
        rooms: list[memoryview] = self._kept.__dict__.setdefault("rooms", [])
        while len(rooms) < count:
            rooms.append(memoryview(bytearray(_ROOM)))
        return rooms[:count]


class _Behind:
    """Has a second thread write each piece while the next one is received, on another core. A context manager.

    Iterating over it yields the buffers in turn, each once what was in it is written. Queues and one task to the end:
    a future for each piece cost a tenth of all the work.

    Args:
        second: the thread, nobody else's meanwhile.
        rooms: the buffers.
        write: takes the pieces, one after the other; what it raises is raised at the next buffer, or at the end.
    """

    def __init__(self, second: Executor, rooms: Sequence[memoryview], write: Write) -> None:
        self._turns = cycle(rooms)
        self._full: SimpleQueue[memoryview | None] = SimpleQueue()
        self._free: SimpleQueue[bool] = SimpleQueue()
        for _ in rooms:
            self._free.put(True)
        self._work = second.submit(self._follow, write)

    def write(self, piece: memoryview) -> None:
        """Have a piece written, the next buffer's first bytes in turn."""
        self._full.put(piece)

    def _follow(self, write: Write) -> None:
        try:
            while (piece := self._full.get()) is not None:
                write(piece)
                self._free.put(True)
        finally:
            self._free.put(False)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> memoryview:
        if not self._free.get():
            self._work.result()
        return next(self._turns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._full.put(None)
        self._work.result()


def _pour(descriptor: int, rooms: Iterator[memoryview], write: Callable[[memoryview], object], most: int) -> int:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    moved, more = 0, True
    until = time.monotonic() + _SLICE
    while more and moved < most and time.monotonic() < until:
        room = next(rooms)[: most - moved]
        count, more = _fill(room, descriptor, poll, until)
        if count:
            write(room[:count])
            moved += count
    return moved


def _fill(room: memoryview, descriptor: int, poll: select.poll, until: float) -> tuple[int, bool]:
    """Receive until `room` is full; return how many bytes are in it, and whether more may be had now."""
    filled = 0
    while filled < len(room):
        try:
            count = os.readv(descriptor, [room[filled:]])
        except BlockingIOError:
            if time.monotonic() < until and poll.poll(_SILENCE):
                continue
            return filled, False
        except OSError:  # a reset: the loop meets the end of this connection, and has the words for it
            return filled, False
        if not count:
            return filled, False
        filled += count
    return filled, True
