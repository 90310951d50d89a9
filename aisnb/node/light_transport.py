"""A connected socket and the protocol that reads it, with as little between them as the node's door needs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from aisnb.fileserver.watching import Watch


class LightTransport:
    """As much of an `asyncio.Transport` as answers questions one by one; small answers feel what asyncio's does more.

    Nothing is received as long as something waits to be sent.

    Args:
        client: the connected socket, non-blocking; closed with this.
        protocol: told of what comes; writes only then.
        incoming: where bytes are received, for the protocol to read at once; many connections may share it.
        watch: tells when the socket is ready.
    """

    def __init__(
        self, client: socket.socket, protocol: asyncio.BufferedProtocol, incoming: memoryview, watch: Watch
    ) -> None:
        self._client = client
        self._protocol = protocol
        self._incoming = incoming
        self._watch = watch
        self._rest = memoryview(b"")
        self._closing = self._closed = False
        self._leaving: asyncio.Task[object] | None = None
        watch.add_reader(client, self._receive)

    def write(self, data: bytes) -> None:
        """Send `data`, what the client does not take now when there is room again."""
        sent = self._send(data)
        if sent < len(data):
            self._rest = memoryview(data)[sent:]
            self._watch.remove_reader(self._client)
            self._watch.add_writer(self._client, self._send_on)

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait to be sent."""
        return len(self._rest)

    def close(self) -> None:
        """Close the connection once what was written has been sent; twice is harmless."""
        self._closing = True
        if not self._rest:
            self.abort()

    def abort(self) -> None:
        """Close the connection now; twice is harmless."""
        if not self._closed:
            self._closed = True
            self._watch_no_more()
            self._client.close()
            self._protocol.connection_lost(None)

    def leave_to(self, protocol: asyncio.BaseProtocol) -> None:
        """Give the connection, of which nothing waits to be sent, to another protocol with a transport of asyncio's."""
        self._watch_no_more()
        loop = asyncio.get_running_loop()
        self._leaving = loop.create_task(loop.connect_accepted_socket(lambda: protocol, self._client))

    def _receive(self) -> None:
        try:
            count = self._client.recv_into(self._incoming)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            count = 0
        if not count:
            self.abort()
            return
        try:
            self._protocol.buffer_updated(count)
        except BaseException:  # whoever asked must not wait for an answer
            self.abort()
            raise

    def _send_on(self) -> None:
        rest = self._rest[self._send(self._rest) :]
        if self._closed:
            return
        self._rest = rest
        if rest:
            return
        self._watch.remove_writer(self._client)
        self._watch.add_reader(self._client, self._receive)
        if self._closing:
            self.abort()

    def _send(self, data: bytes | memoryview) -> int:
        """Return how much the client took; all, if it has gone."""
        try:
            return self._client.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.abort()
            return len(data)

    def _watch_no_more(self) -> None:
        if self._rest:
            self._watch.remove_writer(self._client)
        else:
            self._watch.remove_reader(self._client)
