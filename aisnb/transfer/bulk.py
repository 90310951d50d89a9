"""Large bodies: a thread moves them from the socket to where they go, past the event loop and on a core of its own."""

from __future__ import annotations

import asyncio
import os
import select
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisnb.transfer.engine import Write

#: Bytes to come from which on a thread is worth its start.
BULK = 64 * 1024
#: Threads: reading, hashing and writing let others run meanwhile, and the disk is one.
_THREADS = 4
#: Bytes received at once, into a buffer that each thread keeps.
_ROOM = 512 * 1024
#: Seconds after which a thread lets the loop look after limits, counts and ends.
_SLICE = 0.05
#: Milliseconds that a source may be silent before its socket is the loop's to watch again.
_SILENCE = 5


class Movers:
    """Threads that move bodies; started when first used."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._rooms = threading.local()

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
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._move, os.dup(descriptor), write, most)
        cancelled: asyncio.CancelledError | None = None
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError as exc:  # the thread's hands are off what `write` writes to before we leave
                cancelled = exc
        if cancelled is not None:
            raise cancelled
        return work.result()

    def close(self) -> None:
        """Have the threads end; twice is harmless."""
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    def _move(self, descriptor: int, write: Write, most: int) -> int:
        try:
            return _pour(descriptor, self._room(), write, most)
        finally:
            os.close(descriptor)

    def _room(self) -> memoryview:
        room: memoryview | None = getattr(self._rooms, "room", None)
        if room is None:
            room = self._rooms.room = memoryview(bytearray(_ROOM))
        return room


def _pour(descriptor: int, room: memoryview, write: Write, most: int) -> int:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    moved = 0
    until = time.monotonic() + _SLICE
    while moved < most and time.monotonic() < until:
        try:
            count = os.readv(descriptor, [room[: most - moved]])
        except BlockingIOError:
            if poll.poll(_SILENCE):
                continue
            break
        except OSError:  # a reset: the loop meets the end of this connection, and has the words for it
            break
        if not count:
            break
        write(room[:count])
        moved += count
    return moved
