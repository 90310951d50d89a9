"""One client's connection: its requests answered in order, with bounded buffers."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, cast

from aisnb.fileserver.patience import Patience
from aisnb.fileserver.requests import RequestReader
from aisnb.fileserver.responses import Answer
from aisnb.fileserver.shared import SMALL_BYTES, outgoing_buffer

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from io import FileIO

    from aisnb.fileserver.shared import Shared

_logger = logging.getLogger(__name__)

# One call of sendfile lasts as long as the client keeps up: a slice bounds the others' wait.
_SLICE_BYTES = 4 * 1024 * 1024
_LINGER_SECONDS = 2.0


class Connection(asyncio.BufferedProtocol):
    """The server's end of one connection.

    Args:
        shared: the server's.

    Attributes:
        lost: done when the connection is.
    """

    _transport: asyncio.Transport
    _patience: Patience

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(shared.limits.header_bytes)
        self._task: asyncio.Task[bool] | None = None
        self._file: FileIO | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._midway = False
        self._lingers = False
        self._sent = 0
        self._deadline = self._loop.time() + shared.limits.idle_seconds
        self.lost: asyncio.Future[None] = self._loop.create_future()

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._patience = Patience(self._transport, self._shared.limits.stall_seconds)
        self._shared.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End: nothing can be sent any more."""
        self._shared.connections.discard(self)
        self._reader.stop()
        if self._task:
            self._task.cancel()
        self.lost.set_result(None)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to receive."""
        return self._shared.incoming

    def buffer_updated(self, nbytes: int) -> None:
        """Read requests from what was received, and answer the first."""
        reader = self._reader
        if reader.ended:
            return
        reader.feed(self._shared.incoming[:nbytes])
        if reader.midway != self._midway:
            self._midway = reader.midway
            if self._midway:
                self._deadline = self._loop.time() + self._shared.limits.header_seconds
        self._answer_next()

    def eof_received(self) -> bool:
        """Go on as long as there is something to answer: the client has closed only its half."""
        self._reader.ended = True
        return self._busy or bool(self._reader.requests)

    def pause_writing(self) -> None:
        """Wait for the client to take what was written."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable.set()
        self._answer_next()

    # What the server says.

    def check_deadline(self, now: float) -> None:
        """Close the connection if its client was silent for too long, or takes nothing of its answer for too long.

        Args:
            now: the event loop's time.
        """
        if self._busy:
            if self._patience.is_over(now, self._sent):
                self._patience.forget_unsent()
                self.abort()
            return
        if now < self._deadline:
            return
        if self._lingers or self._transport.is_closing():
            self._transport.abort()
        elif self._reader.midway:
            self._reader.refuse(408)
            self._answer_next()
        else:
            self._transport.close()

    def finish(self) -> None:
        """Close the connection after the answer under way; at once if there is none."""
        self._reader.stop()
        if not self._busy:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection now, whatever is under way."""
        if self._task:
            # Its end aborts the transport: asyncio does not expect to lose one in the middle of a sendfile.
            self._task.cancel()
        else:
            self._transport.abort()

    # Answers, one after the other.

    @property
    def _busy(self) -> bool:
        return self._task is not None or not self._writable.is_set()

    def _answer_next(self) -> None:
        requests = self._reader.requests
        if not requests:
            return
        if self._busy:
            self._transport.pause_reading()
            return
        answer = self._shared.site.answer(requests.popleft())
        if not isinstance(answer, Answer):
            self._run(self._send_when_known(answer))
        elif answer.length > SMALL_BYTES:
            self._file = _as_file(answer.file)
            self._run(self._send_in_pieces(answer))
        elif self._send_at_once(answer):
            self._after_answer(keep_alive=answer.keep_alive)

    def _after_answer(self, *, keep_alive: bool) -> None:
        self._deadline = self._loop.time() + self._shared.limits.idle_seconds
        reader = self._reader
        if not keep_alive or (reader.ended and not reader.requests):
            self._close()
        elif reader.requests:
            # Not at once: a client with a hundred requests in a row must let the others have their turns.
            self._transport.pause_reading()
            self._loop.call_soon(self._answer_next)
        else:
            self._transport.resume_reading()

    def _close(self) -> None:
        if not self._reader.unread:
            self._transport.close()
            return
        # Closing with bytes unread resets the connection, and the client might never see the answer: linger.
        self._lingers = True
        self._deadline = self._loop.time() + _LINGER_SECONDS
        self._transport.write_eof()
        self._transport.resume_reading()

    def _send_at_once(self, answer: Answer) -> bool:
        """Send a small answer in one write; return whether it was sent as a whole."""
        transport = self._transport
        if answer.file < 0:
            transport.write(answer.head + answer.body)
            return True
        outgoing = self._shared.outgoing
        begin = len(answer.head)
        end = begin + answer.length
        outgoing[:begin] = answer.head
        try:
            whole = _read_fully(answer.file, outgoing[begin:end], answer.start)
        finally:
            os.close(answer.file)
        if not whole:
            transport.abort()
            return False
        transport.write(outgoing[:end])
        if transport.get_write_buffer_size():
            # The transport may hold on to what it could not send (it does so since Python 3.12).
            self._shared.outgoing = outgoing_buffer()
        return True

    def _run(self, work: Coroutine[object, object, bool]) -> None:
        self._task = self._loop.create_task(work)
        self._task.add_done_callback(self._after_task)

    def _after_task(self, task: asyncio.Task[bool]) -> None:
        self._task = None
        if self._file:
            self._file.close()
            self._file = None
        if task.cancelled():
            self._transport.abort()
            return
        error = task.exception()
        if error is None:
            self._after_answer(keep_alive=task.result())
            return
        self._transport.abort()
        if not isinstance(error, ConnectionError):
            _logger.warning("An answer was broken off.", exc_info=error)

    async def _send_when_known(self, pending: Coroutine[object, object, Answer]) -> bool:
        answer = await pending
        if answer.file >= 0:
            self._file = _as_file(answer.file)
        return await self._send_in_pieces(answer)

    async def _send_in_pieces(self, answer: Answer) -> bool:
        """Send a large answer as fast as the client takes it; return whether the connection stays open."""
        self._transport.write(answer.head)
        body = memoryview(answer.body)
        for start in range(0, len(body), SMALL_BYTES):
            await self._writable.wait()
            self._transport.write(body[start : start + SMALL_BYTES])
        start, stop = answer.start, answer.start + answer.length
        while self._file and start < stop:
            if self._transport.is_closing():
                raise ConnectionResetError("The client has gone.")
            sent = await self._loop.sendfile(self._transport, self._file, start, min(_SLICE_BYTES, stop - start))
            if not sent:
                raise EOFError("The file became shorter while it was sent.")
            start += sent
            self._sent += sent
        return answer.keep_alive


def _as_file(descriptor: int) -> FileIO:
    return os.fdopen(descriptor, "rb", buffering=0)


def _read_fully(descriptor: int, buffer: memoryview, start: int) -> bool:
    """Fill `buffer` from the file; return False if the file ends before."""
    done = os.preadv(descriptor, (buffer,), start)
    while 0 < done < len(buffer):
        more = os.preadv(descriptor, (buffer[done:],), start + done)
        if not more:
            return False
        done += more
    return done == len(buffer)
