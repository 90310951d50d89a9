"""How long a client that takes nothing of its answer is waited for."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

#: macOS: getsockopt(2) tells the unsent bytes of a socket under this number (<sys/socket.h>).
_SO_NWRITE = 0x1024


class Patience:
    """Notices that a client has taken nothing for so long, although there is something for it.

    Args:
        transport: of the connection.
        seconds: how long.
    """

    def __init__(self, transport: asyncio.Transport, seconds: float) -> None:
        self._transport = transport
        self._seconds = seconds
        self._seen = (0, 0)
        self._ends = 0.0

    def is_over(self, now: float, sent: int) -> bool:
        """Return whether it is time to give the client up.

        Args:
            now: the event loop's time, seconds.
            sent: bytes that were handed to the system, over the whole connection.
        """
        waiting = self._transport.get_write_buffer_size() + _unsent_bytes(self._transport)
        if not waiting or (sent, waiting) != self._seen:
            self._seen = (sent, waiting)
            self._ends = now + self._seconds
        return now >= self._ends

    def forget_unsent(self) -> None:
        """Have the system throw away what it holds for the client when the connection is closed, megabytes maybe."""
        connection: socket.socket | None = self._transport.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):  # just closed
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _unsent_bytes(transport: asyncio.Transport) -> int:
    """Return how many bytes the system holds that the client has not acknowledged."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    with suppress(OSError):  # just closed
        if connection is None:
            return 0
        if sys.platform == "darwin":
            return connection.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
        return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return 0
