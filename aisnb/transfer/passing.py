"""A body that goes by once, from its beginning to its end: for sources that send no parts of a file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from aisnb.transfer.engine import AttemptFailed
from aisnb.units import human_size

if TYPE_CHECKING:
    from aisnb.transfer.engine import Response

#: Bytes that can still be read once they went by: the list of members at the end of most zips.
KEPT = 32 << 20
#: Bytes that may go by for one file; larger ones are refused.
MOST = 8 << 30
#: Bytes that are read between two looks at how much it is.
_PIECE = 1 << 20


class Passing:
    """Reads an answer's body on, as far as is needed, and keeps only the last of it.

    Args:
        response: the answer; closed by `close`.
        kept: bytes that are kept at least.
        most: bytes that may go by.

    Attributes:
        position: bytes that came so far.
        ended: whether that was all.
    """

    def __init__(self, response: Response, kept: int = KEPT, most: int = MOST) -> None:
        self.position = 0
        self.ended = False
        self._response = response
        self._kept = kept
        self._most = most
        self._tail = bytearray()

    async def part(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset` on, fewer than `length` at the end of the body.

        Raises:
            io.UnsupportedOperation: they went by.
            AttemptFailed: the body breaks off, or too much of it would have to be read.
        """
        await self._read_to(offset + length)
        start = offset - (self.position - len(self._tail))
        if start < 0:
            raise io.UnsupportedOperation(f"byte {offset} went by, and the source sends a file only as a whole")
        return bytes(self._tail[start : start + length])

    async def size(self) -> int:
        """Return the bytes of the body, which is read to its end for that.

        Raises:
            AttemptFailed: as for `part`.
        """
        await self._read_to(self._most + 1)
        return self.position

    def close(self) -> None:
        """Let go of the body; twice is harmless."""
        self._response.close()

    async def _read_to(self, end: int) -> None:
        while self.position < end and not self.ended:
            count = await self._response.move(self._tail.extend, _PIECE)
            if not count:
                self.ended = True
                return
            self.position += count
            if len(self._tail) > 2 * self._kept:
                del self._tail[: -self._kept]
            if self.position > self._most:
                raise AttemptFailed(
                    f"it sends files only as a whole, and this one is larger than {human_size(self._most)}, which is "
                    "the limit for reading one in passing. Bring it here first",
                    final=True,
                )
