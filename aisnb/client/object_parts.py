"""Parts of an object, read by ranges: for archives that are looked into without bringing them here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.client.objects import Extent
from aisnb.errors import EndpointRefused
from aisnb.protocol.headers import CHECKSUM_VALUE, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.client.connection import Connection
    from aisnb.client.objects import Target

_PARTIAL = 206


class ObjectParts:
    """An object to be read here and there. One version of it, or an error.

    Args:
        connection: to the endpoint.
        target: the object.
        size: its bytes, as the listing says.

    Attributes:
        received: bytes that came.
    """

    #: Whether all of the object comes, whatever is asked for; see `aisnb.transfer.parts.WebParts`.
    comes_whole = False

    def __init__(self, connection: Connection, target: Target, size: int) -> None:
        self.received = 0
        self._connection = connection
        self._target = target
        self._size = size
        self._version: tuple[str, ...] = ()

    async def part(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset` on, fewer than `length` only at the end of the object.

        Raises:
            ObjectNotFound: it is not there any more.
            EndpointRefused: it is another one now.
        """
        length = min(length, self._size - offset)
        if length <= 0:
            return b""
        extent = Extent(offset, length)
        reply = await self._connection.call(self._target.call("GET", headers={"Range": extent.header()}))
        self._check(reply.headers)
        if reply.status != _PARTIAL or len(reply.body) != length:
            raise self._changed(f"{len(reply.body)} bytes came where {length} were asked for")
        self.received += length
        return reply.body

    async def size(self) -> int:
        """Return the bytes of the object."""
        return self._size

    def close(self) -> None:
        """Nothing is open."""

    def _check(self, headers: Mapping[str, str]) -> None:
        """See that this part is of the same version as the parts before."""
        version = (headers.get(VERSION, ""), headers.get(CHECKSUM_VALUE, ""))
        if self._version and version != self._version:
            raise self._changed("its version and checksum are others than a moment ago")
        self._version = version

    def _changed(self, how: str) -> EndpointRefused:
        shown = self._target.bucket / self._target.name
        return EndpointRefused(f"{shown} was replaced while it was read: {how}. Read it again.")
