"""``python -m aisnb.node.helper``: a process that brings small files (`aisnb.node.helping` is the other end).

Its stdin is a Unix socket. There it reads orders, and answers each once its files are brought.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
from typing import TYPE_CHECKING

import msgspec

from aisnb.node.helping import Answer, Brought, Channel, Drop, Order
from aisnb.store import IN_MEMORY
from aisnb.store.small import make_file
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.exchange import content_length
from aisnb.transfer.links import origin
from aisnb.transfer.plain_engine import PlainEngine
from aisnb.transfer.reach import check_host
from aisnb.transfer.shortcut import is_plain
from aisnb.transfer.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.node.helping import Wanted
    from aisnb.transfer.engine import Response

_STDIN = 0
#: Files of one order on their way at once.
_AT_ONCE = 4


def main() -> None:
    """Bring files until the other end closes, or is gone."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    gc.set_threshold(5_000)  # as the node does
    asyncio.run(_serve())


async def _serve() -> None:
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=_STDIN))
    helper = _Helper(Channel(reader, writer, msgspec.msgpack.Decoder(Order | Drop)))
    try:
        await helper.serve()
    finally:
        await helper.close()


class _Helper:
    def __init__(self, channel: Channel[Order | Drop]) -> None:
        self._channel = channel
        self._engine = PlainEngine()
        self._orders: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        self._channel.send(Answer())
        while (message := await self._channel.receive()) is not None:
            if isinstance(message, Order):
                self._orders[message.number] = asyncio.create_task(self._fill(message))
            elif (order := self._orders.get(message.number)) is not None:
                order.cancel()

    async def close(self) -> None:
        await self._engine.close()

    async def _fill(self, order: Order) -> None:
        """Bring an order's files, and answer it; one that is cancelled is answered with what is there."""
        brought: list[Brought | None] = [None] * len(order.files)
        turns = iter(enumerate(order.files))
        try:
            async with asyncio.TaskGroup() as bringers:
                for _ in range(_AT_ONCE):
                    bringers.create_task(self._bring_in_turn(order, turns, brought))
        finally:
            del self._orders[order.number]
            self._channel.send(Answer(order.number, brought))

    async def _bring_in_turn(
        self, order: Order, turns: Iterator[tuple[int, Wanted]], brought: list[Brought | None]
    ) -> None:
        for place, wanted in turns:
            brought[place] = await self._bring(order, wanted)

    async def _bring(self, order: Order, wanted: Wanted) -> Brought | None:
        try:
            check_host(origin(wanted.url), public_only=False)
            response = await self._engine.open("GET", wanted.url, order.headers, order.timeouts)
            try:
                body = await _small_body(wanted.url, response)
            finally:
                response.close()
            if body is None:
                return None
            made = make_file(wanted.path, body)
        except (AttemptFailed, OSError):
            return None  # the node meets it, too, and has the words for it
        marks = Validator.of(response.headers, None)
        return Brought(made, marks.etag, marks.last_modified)


async def _small_body(url: str, response: Response) -> bytes | bytearray | None:
    """Return the body of a plain answer, if it is small."""
    size = content_length(response.headers) or 0
    if not is_plain(url, response) or size > IN_MEMORY:
        return None
    if (whole := response.whole()) is not None:
        return whole
    body = bytearray()
    while await response.move(body.extend, size):
        pass
    return body


if __name__ == "__main__":
    main()
