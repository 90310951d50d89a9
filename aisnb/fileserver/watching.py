"""Many sockets that the event loop watches as one.

Its own way to a callback costs a tenth of a small answer: a key, a tuple, a handle and a context for each. With an
epoll in between, which can be read when any of its sockets is ready, the loop goes that way once for all of them.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Callable


class EpollWatch:
    """Calls when a socket can be read or written, or its client has gone: a part of an event loop's interface.

    Args:
        loop: makes the calls.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._writers: dict[int, Callable[[], None]] = {}
        loop.add_reader(self._epoll, self._look)

    def close(self) -> None:
        """Call nobody any more; twice is harmless."""
        if not self._epoll.closed:
            self._loop.remove_reader(self._epoll)
            self._epoll.close()

    def add_reader(self, client: socket.socket, call: Callable[[], None]) -> None:
        """Call when there is something to read."""
        self._change(client.fileno(), self._readers, call)

    def remove_reader(self, client: socket.socket) -> None:
        """Call no more for what there is to read."""
        self._change(client.fileno(), self._readers, None)

    def add_writer(self, client: socket.socket, call: Callable[[], None]) -> None:
        """Call when there is room to write."""
        self._change(client.fileno(), self._writers, call)

    def remove_writer(self, client: socket.socket) -> None:
        """Call no more for the room that there is."""
        self._change(client.fileno(), self._writers, None)

    def _change(self, number: int, calls: dict[int, Callable[[], None]], call: Callable[[], None] | None) -> None:
        before = self._events(number)
        if call is None:
            del calls[number]
        else:
            calls[number] = call
        events = self._events(number)
        if not before:
            self._epoll.register(number, events)
        elif events:
            self._epoll.modify(number, events)
        else:
            self._epoll.unregister(number)

    def _events(self, number: int) -> int:
        reading = select.EPOLLIN if number in self._readers else 0
        return reading | (select.EPOLLOUT if number in self._writers else 0)

    def _look(self) -> None:
        readers, writers, only_in, only_out = self._readers, self._writers, select.EPOLLIN, select.EPOLLOUT
        for number, events in self._epoll.poll(0):
            # A call may end what another one was wanted for.
            if events != only_out and number in readers:
                readers[number]()
            if events != only_in and number in writers:
                writers[number]()


#: The event loop itself where the system has no epoll.
Watch: TypeAlias = "EpollWatch | asyncio.AbstractEventLoop"


def watch_on(loop: asyncio.AbstractEventLoop) -> Watch:
    """Return the quickest watch for `loop`."""
    return EpollWatch(loop) if hasattr(select, "epoll") else loop
