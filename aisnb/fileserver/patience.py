"""How long a client that takes nothing of its answer is waited for."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios
from contextlib import suppress

#: macOS: getsockopt(2) tells the unsent bytes of a socket under this number (<sys/socket.h>).
_SO_NWRITE = 0x1024


class Patience:
    """Notices that a client has taken nothing for so long, although there is something for it.

    Args:
        client: the connected socket.
        seconds: how long.
    """

    def __init__(self, client: socket.socket, seconds: float) -> None:
        self._client = client
        self._seconds = seconds
        self._seen = (0, 0)
        self._ends = 0.0

    def is_over(self, now: float, answers: int, left: int) -> bool:
        """Return whether it is time to give the client up.

        Args:
            now: the event loop's time, seconds.
            answers: how many were handed to the system, over the whole connection.
            left: bytes of the next one that were not.
        """
        seen = (answers, left + _unsent_bytes(self._client))
        if seen != self._seen:
            self._seen = seen
            self._ends = now + self._seconds
        return now >= self._ends

    def forget_unsent(self) -> None:
        """Have the system throw away what it holds for the client when the connection is closed, megabytes maybe."""
        with suppress(OSError):  # the client has gone
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _unsent_bytes(client: socket.socket) -> int:
    """Return how many bytes the system holds that the client has not acknowledged."""
    with suppress(OSError):  # the client has gone
        if sys.platform == "darwin":
            return client.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
        return int.from_bytes(fcntl.ioctl(client.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return 0
