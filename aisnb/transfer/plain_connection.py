"""One kept connection of the plain engine: requests out, answers in, with bounded buffers.

The head, and framing other than by length, are httptools' work; the rest of a body of known length goes from the
socket into one buffer that its taker reads, with no copy between; where that is much, in a thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools
from multidict import CIMultiDict

from aisnb.transfer import faults
from aisnb.transfer.bulk import BULK

if TYPE_CHECKING:
    from aisnb.transfer.bulk import Movers
    from aisnb.transfer.engine import AttemptFailed, Timeouts, Write

#: Bytes of a body that may wait for their taker; from there on the source has to wait.
ROOM = 256 * 1024
#: Seconds for which bytes may wait for more of them: to take them costs more than to receive them.
_GATHER_SECONDS = 0.05
_MOST_HEAD_BYTES = 64 * 1024


class Connection(asyncio.BufferedProtocol):
    """The client's end of one connection; one exchange at a time.

    Args:
        incoming: where heads and small bodies are received; shared, since they are parsed before the next are.
        movers: the threads for large bodies.

    Attributes:
        status: the answer's.
        headers: the answer's, the first of each name.
        idle_since: the loop's time when the last exchange ended.
        untouched: not a byte came since the last request.
        usable: another exchange may follow.
        peers: the address at the other end.
    """

    _transport: asyncio.Transport

    def __init__(self, incoming: memoryview, movers: Movers) -> None:
        self._movers = movers
        self._loop = asyncio.get_running_loop()
        self._incoming = incoming
        self._room = memoryview(b"")
        self._timer: asyncio.TimerHandle | None = None
        self._gathering = False
        self._parser: httptools.HttpResponseParser | None = None
        self._parsed = False
        self.usable = True
        self.idle_since = 0.0
        self._reset(head_only=False)
        self._active = False

    def _reset(self, *, head_only: bool) -> None:
        self.status = 0
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.untouched = True
        self._active = True
        self._head_only = head_only
        if self._parser is None or not self._parsed:
            self._parser = httptools.HttpResponseParser(self)
        self._parsed = False  # to the end of the message
        self._head_bytes = 0
        self._head_here = self._complete = self._keep_alive = self._until_close = self._paused = False
        self._fault: AttemptFailed | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._pieces: deque[bytes] = deque()
        self._held = 0  # bytes in the pieces
        self._enough = ROOM  # bytes in the room that are worth taking
        self._left = 0  # bytes of the body that are still to come, where its length is known
        self._filled = 0  # bytes of the body that are in the room

    # What the engine asks for.

    async def ask(self, request: bytes, timeouts: Timeouts, *, head_only: bool) -> None:
        """Send a request and return when the head of its answer is here.

        Raises:
            AttemptFailed: none came.
        """
        self._reset(head_only=head_only)
        self._timeouts = timeouts
        self._began = self._heard = self._loop.time()
        self._watch()
        self._transport.write(request)
        while not self._head_here:
            await self._news()

    def whole(self) -> bytes | None:
        """Return the body if all of it came along with the head; None, and nothing is taken, if not."""
        if self._filled or not self._complete or len(self._pieces) > 1:
            return None
        return self._pieces.popleft() if self._pieces else b""

    async def move(self, write: Write, most: int) -> int:
        """Hand the next bytes of the body to `write`; see `Response.move`."""
        self._enough = min(most, ROOM)
        while True:
            if self._pieces:
                return self._hand_over(write, self._pieces.popleft())
            if self._filled:
                return self._empty_room(write)
            if self._complete:
                return 0
            if min(self._left, most) >= BULK and self._fault is None and (moved := await self._by_thread(write, most)):
                return moved
            if not (self._filled or self._complete):
                await self._news()

    def _hand_over(self, write: Write, piece: bytes) -> int:
        self._held -= len(piece)
        self._go_on()
        write(piece)
        return len(piece)

    def _empty_room(self, write: Write) -> int:
        count, self._filled = self._filled, 0
        write(self._room[:count])
        self._go_on()
        return count

    async def _by_thread(self, write: Write, most: int) -> int:
        """Have a thread read on while the loop does not, and return how many bytes it moved."""
        self._pause()
        descriptor = self._transport.get_extra_info("socket").fileno()
        try:
            moved = await self._movers.move(descriptor, write, min(self._left, most))
        except BaseException:  # how much of the body is gone, nobody knows: none of it may be taken for what is next
            self.abort()
            raise
        self._left -= moved
        self._complete = self._left == 0
        self._go_on()
        return moved

    def end(self) -> bool:
        """End the exchange; return whether the connection may be kept for another."""
        self._active = False
        self.idle_since = self._loop.time()
        if not (self._complete and self._keep_alive and self.usable):
            self.abort()
        return self.usable

    def abort(self) -> None:
        """Close the connection now; who waits for an answer is told."""
        if self._active and not self._complete and self._fault is None:
            self._fault = faults.lost("it was closed here")
        self.usable = self._active = False
        if self._timer is not None:
            self._timer.cancel()
        self._transport.abort()
        self._wake()

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the source took the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self.peers = (str(transport.get_extra_info("peername")[0]),)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, also by a reset."""
        self._broken(exc)

    def eof_received(self) -> None:
        """End: the source sends no more."""
        self._broken(None)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to receive."""
        if not self._left:
            return self._incoming
        return self._room[self._filled : min(len(self._room), self._filled + self._left)]

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was received."""
        if not self._active or self._complete:
            self.abort()  # nothing was asked
            return
        self.untouched = False
        self._heard = self._loop.time()
        if self._left:
            self._filled += nbytes
            self._left -= nbytes
            self._complete = self._left == 0
            if self._filled == len(self._room) and not self._complete:
                self._pause()
            if not self._complete and self._filled < self._enough:
                self._gather()
                return
        else:
            self._parse(self._incoming[:nbytes])
        self._wake()

    # What the parser says.

    def _parse(self, data: memoryview) -> None:
        assert self._parser is not None  # only a body of known length goes without one
        if not self._head_here:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(faults.not_http("it wants another protocol"))
        except httptools.HttpParserError as exc:
            if not self._complete:  # bytes after the end are not ours to judge
                self._fail(faults.not_http(exc))
            self._keep_alive = False
        if not self._head_here and self._head_bytes > _MOST_HEAD_BYTES:
            self._fail(faults.not_http(f"its head is longer than {_MOST_HEAD_BYTES} bytes"))
        if self._head_here and not self._complete:
            self._receive_directly()

    def on_message_begin(self) -> None:
        """Take no second answer to one question, and do not ask another there."""
        self._keep_alive = self._keep_alive and not self._complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header field; those after the body are nobody's concern."""
        if not self._head_here:
            self.headers.add(name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))

    def on_headers_complete(self) -> None:
        """Take the head; that of an interim answer is dropped (RFC 9110 section 15.2)."""
        if self._complete:
            return
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers = CIMultiDict()
            return
        self._head_here = True
        self._keep_alive = self._parser.should_keep_alive()
        self._until_close = "Content-Length" not in self.headers and "Transfer-Encoding" not in self.headers
        self._complete = self._head_only or self.status in (204, 304)

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        if not self._complete:
            self._pieces.append(body)
            self._held += len(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self._parsed = self._head_here
        self._complete = self._complete or self._head_here

    def _receive_directly(self) -> None:
        """Have the rest of the body received past the parser, or, of unknown length, wait when enough is here."""
        length = self.headers.get("Content-Length", "")
        if length and "Transfer-Encoding" not in self.headers:
            self._left = int(length) - self._held
            self._parser = None
            if not self._room:
                self._room = memoryview(bytearray(ROOM))
        elif self._held > ROOM:
            self._pause()

    # Waiting, and its end.

    async def _news(self) -> None:
        if self._fault is not None:
            raise self._fault
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _gather(self) -> None:
        if not self._gathering:
            self._gathering = True
            self._loop.call_later(_GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._gathering = False
        self._wake()

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _go_on(self) -> None:
        if self._paused and self._held <= ROOM and not self._filled:
            self._paused = False
            self._heard = self._loop.time()  # it was us who kept silent
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def _broken(self, exc: Exception | None) -> None:
        self.usable = False
        if not self._active or self._complete:
            return
        if self._head_here and self._until_close and exc is None:
            self._complete = True
            self._wake()
        else:
            self._fail(faults.closed_early() if self._head_here and exc is None else faults.lost(exc or "closed"))

    def _fail(self, fault: AttemptFailed) -> None:
        self._fault = self._fault or fault
        self.abort()

    def _watch(self) -> None:
        """Have a timer look after this exchange; one that runs already will do if it ends soon enough."""
        due = self._due()
        if self._timer is not None and not self._timer.cancelled():
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._look)

    def _due(self) -> float:
        stall = self._heard + self._timeouts.stall
        return min(stall, self._began + self._timeouts.total) if self._timeouts.total else stall

    def _look(self) -> None:
        self._timer = None
        if not self._active or self._complete:
            return
        now = self._loop.time()
        if self._timeouts.total and now >= self._began + self._timeouts.total:
            self._fail(faults.too_slow(self._timeouts))
        elif now >= self._heard + self._timeouts.stall and not self._paused:
            self._fail(faults.stalled(self._timeouts))
        else:
            self._heard = now if self._paused else self._heard
            self._watch()
