"""Answers onto a socket: as much as its client takes now, never more."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisnb.fileserver.responses import Answer

# One call of sendfile lasts as long as the client keeps up: a slice bounds the others' wait.
_SLICE_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 256 * 1024

#: Holds a header back until its body is there, in one packet (Linux).
_MORE: int = getattr(socket, "MSG_MORE", 0)
#: What the system says where a file cannot be sent by sendfile.
_NO_SENDFILE = frozenset((errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EOVERFLOW))


def send_some(connection: socket.socket, answer: Answer) -> bool:
    """Send what the client takes now, and take it off `answer`; return whether that was all.

    Args:
        connection: non-blocking.
        answer: what is left of it; its file is closed once it has been sent or read.

    Raises:
        OSError: `BlockingIOError` if the client takes nothing now, `ConnectionError` if it has gone; else the file
            cannot be read.
        EOFError: the file became shorter than the answer says.
    """
    data = answer.data
    if data:
        sent = connection.send(data, _MORE) if answer.length else connection.send(data)
        if sent < len(data):
            answer.data = memoryview(data)[sent:]
            return False
        answer.data = b""
    if not answer.length:
        return True
    try:
        sent = os.sendfile(connection.fileno(), answer.file, answer.start, min(answer.length, _SLICE_BYTES))
    except OSError as exc:
        if exc.errno not in _NO_SENDFILE:
            raise
        _read_on(answer, _PIECE_BYTES)
        return False
    _take_off(answer, sent)
    return not answer.length


def _read_on(answer: Answer, size: int) -> None:
    """Read the next part of the file, so that it is sent from memory."""
    piece = os.pread(answer.file, min(size, answer.length), answer.start)
    answer.data = b"".join((answer.data, piece))
    _take_off(answer, len(piece))


def _take_off(answer: Answer, size: int) -> None:
    if not size:
        raise EOFError("The file became shorter while it was sent.")
    answer.start += size
    answer.length -= size
    if not answer.length:
        answer.close()
