"""Taking in clients that connect."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

from aisnb.fileserver.connection import Connection

if TYPE_CHECKING:
    from aisnb.fileserver.shared import Shared

_logger = logging.getLogger(__name__)

# So many may wait to be taken in, and are taken in at once.
BACKLOG = 1024
_RETRY_SECONDS = 1.0
_ABSENT = (BlockingIOError, InterruptedError, ConnectionAbortedError)


class Acceptor:
    """Makes a `Connection` of each client that connects.

    Args:
        listener: listens; non-blocking from now on, closed by `close`.
        shared: what the connections share.
    """

    def __init__(self, listener: socket.socket, shared: Shared) -> None:
        self._listener = listener
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._retry: asyncio.TimerHandle | None = None
        listener.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Take in nobody any more."""
        if self._retry:
            self._retry.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def _watch(self) -> None:
        self._retry = None
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                client, _ = self._listener.accept()
            except _ABSENT:
                return
            except OSError as exc:
                _logger.warning("A client could not be taken in, another try follows: %s", exc)
                self._loop.remove_reader(self._listener)
                self._retry = self._loop.call_later(_RETRY_SECONDS, self._watch)
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Connection(self._shared, client)
