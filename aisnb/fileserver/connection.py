"""One client's connection: its requests answered in order, with bounded buffers."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

from aisnb.fileserver.patience import Patience
from aisnb.fileserver.requests import RequestReader
from aisnb.fileserver.responses import Answer
from aisnb.fileserver.sending import send_some

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from aisnb.fileserver.shared import Shared

_logger = logging.getLogger(__name__)

_LINGER_SECONDS = 2.0


class Connection:
    """The server's end of one connection.

    It reads and writes its socket itself, when the event loop says that there is something to read or room to write: a
    transport between them costs as much as the rest of a small answer.

    Args:
        shared: the server's.
        client: the connected socket, non-blocking; closed with the connection.

    Attributes:
        lost: done when the connection is closed.
    """

    __slots__ = (
        "_answer",
        "_answers",
        "_counted",
        "_deadline",
        "_loop",
        "_midway",
        "_patience",
        "_reader",
        "_receiving",
        "_sending",
        "_shared",
        "_socket",
        "_task",
        "lost",
    )

    def __init__(self, shared: Shared, client: socket.socket) -> None:
        self._shared = shared
        self._socket = client
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(shared.limits.header_bytes)
        self._patience = Patience(client, shared.limits.stall_seconds)
        self._task: asyncio.Task[Answer] | None = None
        self._answer: Answer | None = None
        self._answers = 0
        self._midway = False
        self._receiving = False
        self._sending = False
        self._allow(shared.limits.idle_seconds)
        self.lost: asyncio.Future[None] = self._loop.create_future()
        shared.connections.add(self)
        self._receive_more(wanted=True)

    # What the socket says.

    def _receive(self) -> None:
        """Read requests from what has come, and answer the first."""
        incoming, reader = self._shared.incoming, self._reader
        try:
            count = self._socket.recv_into(incoming)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        if not count:
            self._end_of_requests()
            return
        if reader.ended:
            return
        reader.feed(incoming[:count])
        if reader.midway != self._midway:
            self._midway = reader.midway
            if self._midway:
                self._allow(self._shared.limits.header_seconds)
        if reader.requests:
            self._answer_next()

    def _end_of_requests(self) -> None:
        """Go on as long as there is something to answer: the client may have closed only its half."""
        self._receive_more(wanted=False)
        self._reader.end()
        if not self._busy and not self._reader.requests:
            self.abort()

    def _send_on(self) -> None:
        """Go on with the answer under way: there is room again."""
        if self._answer is not None:
            self._send(self._answer)

    # What the server says.

    def check_deadline(self, now: float) -> None:
        """Close the connection if its client was silent for too long, or takes nothing of its answer for too long.

        Args:
            now: the event loop's time.
        """
        if self._answer is not None:
            if self._patience.is_over(now, self._answers, self._answer.left):
                self._patience.forget_unsent()
                self.abort()
        elif self._answers != self._counted:
            self._allow(self._shared.limits.idle_seconds)
        elif self._task is not None or now < self._deadline:
            return
        elif self._reader.midway:
            self._reader.refuse(408)
            self._answer_next()
        else:
            self.abort()

    def _allow(self, seconds: float) -> None:
        """Let the client be silent for so long, or until it has had one more answer."""
        self._counted = self._answers
        self._deadline = self._loop.time() + seconds

    def hand_over(self, take: Callable[[socket.socket], bool]) -> None:
        """Leave the client to another process, if it is between two requests.

        Args:
            take: returns whether the socket, clients' bytes that were not read with it, is now another process's too.
        """
        reader = self._reader
        if not (self._busy or reader.requests or reader.midway or reader.ended) and take(self._socket):
            self.abort()

    def finish(self) -> None:
        """Close the connection after the answer under way; at once if there is none."""
        self._reader.stop()
        if not self._busy:
            self.abort()

    def abort(self) -> None:
        """Close the connection now, whatever is under way; twice is harmless."""
        if self.lost.done():
            return
        self._receive_more(wanted=False)
        self._send_more(wanted=False)
        self._reader.stop()
        self._shared.connections.discard(self)
        if self._task is not None:
            self._task.cancel()
        if self._answer is not None:
            self._answer.close()
            self._answer = None
        self._socket.close()
        self.lost.set_result(None)

    # Answers, one after the other.

    @property
    def _busy(self) -> bool:
        return self._answer is not None or self._task is not None

    def _answer_next(self) -> None:
        requests = self._reader.requests
        if not requests:
            return
        if self._answer is not None or self._task is not None:
            self._receive_more(wanted=False)
            return
        answer = self._shared.site.answer(requests.popleft())
        if isinstance(answer, bytes):
            self._send_whole(answer)
        elif isinstance(answer, Answer):
            self._send(answer)
        else:
            self._wait_for(answer)

    def _send_whole(self, data: bytes) -> None:
        try:
            sent = self._socket.send(data)
        except OSError:  # said again, and heard, when the rest is sent
            sent = 0
        if sent == len(data):
            self._after_answer(keep_alive=True)
        else:
            self._send(Answer(memoryview(data)[sent:]))

    def _wait_for(self, pending: Coroutine[object, object, Answer]) -> None:
        self._task = self._loop.create_task(pending)
        self._task.add_done_callback(self._after_task)

    def _after_task(self, task: asyncio.Task[Answer]) -> None:
        self._task = None
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.warning("A request could not be answered.", exc_info=error)
        if task.cancelled() or error is not None:
            self.abort()
        elif self.lost.done():
            task.result().close()
        else:
            self._send(task.result())

    def _send(self, answer: Answer) -> None:
        """Send what the client takes now, and the rest when there is room again."""
        try:
            whole = send_some(self._socket, answer)
        except (BlockingIOError, InterruptedError):
            whole = False
        except (OSError, EOFError) as exc:
            answer.close()
            self.abort()
            if not isinstance(exc, ConnectionError):
                _logger.warning("An answer was broken off.", exc_info=exc)
            return
        if whole:
            self._after_answer(keep_alive=answer.keep_alive)
        else:
            self._answer = answer
            self._send_more(wanted=True)

    def _after_answer(self, *, keep_alive: bool) -> None:
        self._answer = None
        self._answers += 1
        if self._sending:
            self._send_more(wanted=False)
        reader = self._reader
        if not keep_alive or (reader.ended and not reader.requests):
            self._close()
        elif reader.requests:
            # Not at once: a client with a hundred requests in a row must let the others have their turns.
            self._receive_more(wanted=False)
            self._loop.call_soon(self._answer_next)
        elif not self._receiving:
            self._receive_more(wanted=True)

    def _close(self) -> None:
        if not self._reader.unread:
            self.abort()
            return
        # Closing with bytes unread resets the connection, and the client might never see the answer: linger.
        self._allow(_LINGER_SECONDS)
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:  # the client has gone
            self.abort()
        else:
            self._receive_more(wanted=True)

    # What the event loop is asked to watch.

    def _receive_more(self, *, wanted: bool) -> None:
        if wanted and not self._receiving:
            self._shared.watch.add_reader(self._socket, self._receive)
        elif self._receiving and not wanted:
            self._shared.watch.remove_reader(self._socket)
        self._receiving = wanted

    def _send_more(self, *, wanted: bool) -> None:
        if wanted and not self._sending:
            self._shared.watch.add_writer(self._socket, self._send_on)
        elif self._sending and not wanted:
            self._shared.watch.remove_writer(self._socket)
        self._sending = wanted
