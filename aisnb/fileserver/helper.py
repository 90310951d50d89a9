"""``python -m aisnb.fileserver.helper``: a file server's second process (`aisnb.fileserver.helping` is the other end).

Its stdin is a Unix socket. There it reads a line with its order, then a byte for each client, whose socket comes with
it. It writes a byte when it is ready, and one for each client that has gone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from aisnb.fileserver.accepting import Acceptor
from aisnb.fileserver.connection import Connection
from aisnb.fileserver.helping import Order
from aisnb.fileserver.shared import WATCH_SECONDS

if TYPE_CHECKING:
    from aisnb.fileserver.shared import Shared

_STDIN = 0
_INT_BYTES = 4


def main() -> None:
    """Serve until the other end closes, or is gone."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    channel = socket.socket(fileno=_STDIN)
    with channel.makefile("rb") as lines:
        line = lines.readline()
    if line:
        asyncio.run(_Second(channel, Order.of_line(line).shared()).serve())


class _Second:
    """Serves clients that come by `channel`, with what they share."""

    def __init__(self, channel: socket.socket, shared: Shared) -> None:
        self._channel = channel
        self._shared = shared
        self._ended = asyncio.Event()

    async def serve(self) -> None:
        acceptor = Acceptor(self._channel, self._take, self._welcome)
        self._say()
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), WATCH_SECONDS)
            self._shared.check_deadlines()
        acceptor.close()
        await self._shared.close()
        # A thread may hang in a file system that does not answer: nobody waits for it, or this process would stay.
        os._exit(0)

    def _take(self) -> socket.socket:
        # The system drops a socket that comes when no descriptor is free: its client has to wait before.
        os.close(os.dup(_STDIN))
        try:
            # Python 3.11's recv_fds forgets its flags.
            said, sent, *_ = self._channel.recvmsg(1, socket.CMSG_LEN(_INT_BYTES), socket.MSG_DONTWAIT)
        except ConnectionError:
            said = b""
        if not said:
            self._ended.set()
            raise BlockingIOError
        if not sent:
            self._say()
            raise ConnectionAbortedError
        return socket.socket(fileno=int.from_bytes(sent[0][2], sys.byteorder))

    def _welcome(self, client: socket.socket) -> None:
        Connection(self._shared, client).lost.add_done_callback(self._say)

    def _say(self, _: object = None) -> None:
        # Blocks if the other end has not read hundreds of them: it never waits for this one.
        with suppress(OSError):  # it has gone, which `_take` hears
            self._channel.send(b"\0")


if __name__ == "__main__":
    main()
