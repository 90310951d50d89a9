"""Taking in clients that connect."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger(__name__)

# So many may wait to be taken in, and are taken in at once.
BACKLOG = 1024
_RETRY_SECONDS = 1.0
_ABSENT = (BlockingIOError, InterruptedError, ConnectionAbortedError)


class Acceptor:
    """Takes in each client that comes.

    Args:
        source: can be read when somebody has come; closed by `close`.
        take: returns the next client's socket; raises `BlockingIOError` when there is none, and another `OSError` when
            it cannot be taken now.
        welcome: gets it, non-blocking.
    """

    def __init__(
        self, source: socket.socket, take: Callable[[], socket.socket], welcome: Callable[[socket.socket], object]
    ) -> None:
        self._source = source
        self._take = take
        self._welcome = welcome
        self._loop = asyncio.get_running_loop()
        self._retry: asyncio.TimerHandle | None = None
        self._watch()

    def close(self) -> None:
        """Take in nobody any more."""
        if self._retry:
            self._retry.cancel()
        self._loop.remove_reader(self._source)
        self._source.close()

    def _watch(self) -> None:
        self._retry = None
        self._loop.add_reader(self._source, self._accept)

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                client = self._take()
            except _ABSENT:
                return
            except OSError as exc:
                _logger.warning("A client could not be taken in, another try follows: %s", exc)
                self._loop.remove_reader(self._source)
                self._retry = self._loop.call_later(_RETRY_SECONDS, self._watch)
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._welcome(client)
