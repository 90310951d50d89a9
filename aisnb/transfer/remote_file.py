"""A file elsewhere as a file object: for parsers that know nothing of networks, in threads of their own."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Protocol

from aisnb.errors import AisnbError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future
    from typing import Any, TypeVar

    T = TypeVar("T")

#: Bytes that are asked for at once: at first, at least, and at most.
_FIRST = 64 << 10
_LEAST = 16 << 10
_MOST = 4 << 20
#: What lies between two reads and is no longer than this costs less to be read than to be asked past.
_WORTH_READING = 128 << 10


class Parts(Protocol):
    """A file elsewhere, of which parts can be had."""

    async def part(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset` on, fewer than `length` only at the end of the file."""

    async def size(self) -> int:
        """Return the bytes of the whole file; called after `part`."""


class RemoteFile(io.RawIOBase):
    """Reads a file elsewhere: ahead where one reads on, and past what is skipped by a question for what follows.

    What is read on, or skips little, doubles what is asked for at once (up to 4 MiB); a jump makes it small again, so
    that of large members of a tar only the headers come.

    Args:
        parts: where the bytes are; asked on `loop`.
        loop: an event loop of another thread.

    Attributes:
        fault: the first error of ours that a read ran into: parsers make other errors of it.
    """

    def __init__(self, parts: Parts, loop: asyncio.AbstractEventLoop) -> None:
        self.fault: AisnbError | None = None
        self._parts = parts
        self._loop = loop
        self._position = 0
        self._start = 0
        self._window = b""
        self._ahead = _FIRST // 2
        self._read_to = 0
        self._jumped = False
        self._size: int | None = None
        self._asked: Future[Any] | None = None
        self._given_up = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read from."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; nothing is read for it, but from the end the size has to be known."""
        if whence == io.SEEK_END:
            offset += self._known_size()
        elif whence == io.SEEK_CUR:
            offset += self._position
        if offset < 0:
            raise ValueError(f"there is no byte {offset}")
        self._position = offset
        return offset

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, fewer than asked for only at the end."""
        if size is None or size < 0:
            size = max(0, self._known_size() - self._position)
        self._jumped = self._jumped or abs(self._position - self._read_to) > _WORTH_READING
        pieces, left = [], size
        while left:
            piece = self._from_window(left)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
            self._position += len(piece)
        self._read_to = self._position
        return b"".join(pieces)

    def give_up(self) -> None:
        """Have a read that waits, and each later one, raise; from any thread."""
        self._given_up = True
        if (asked := self._asked) is not None:
            asked.cancel()

    def _from_window(self, most: int) -> bytes:
        """Return some bytes from here on, b"" at the end."""
        at = self._position - self._start
        if not 0 <= at < len(self._window):
            if self._size is not None and self._position >= self._size:
                return b""
            self._fill(most)
            at = 0
        return self._window[at : at + most]

    def _fill(self, wanted: int) -> None:
        """Ask for the bytes from here on, and some ahead."""
        self._ahead = _LEAST if self._jumped else min(2 * self._ahead, _MOST)
        self._jumped = False
        self._start = self._position
        length = max(self._ahead, min(wanted, _MOST))
        self._window = self._ask(self._parts.part(self._position, length))
        if 0 < len(self._window) < length:
            self._size = self._start + len(self._window)

    def _known_size(self) -> int:
        if self._size is None:
            if not self._window:
                self._from_window(1)
            self._size = self._ask(self._parts.size())
        return self._size

    def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        if self._given_up:
            work.close()
            raise InterruptedError("nobody waits for this file any more")
        self._asked = asked = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return asked.result()
        except AisnbError as exc:
            self.fault = self.fault or exc
            raise
