"""A file server in a thread of the test's process, and requests typed by hand."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aisnb.fileserver import FileServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECONDS = 30


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class RunningServer:
    """Runs a FileServer on an event loop in a thread of its own."""

    def __init__(self, directory: Path | bytes, **options: Any) -> None:
        self._directory = os.fsdecode(directory)
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self.server = self._run(self._make())
        self._run(self.server.start())
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def close(self) -> None:
        self._run(self.server.close())

    async def _make(self) -> FileServer:
        return FileServer(self._directory, **self._options)

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    @property
    def port(self) -> int:
        return int(self.server.port)

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(SECONDS)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def request(self, method: str, target: str, headers: Mapping[str, str] | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.putrequest(method, target, skip_host="Host" in (headers or {}))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return Reply(response.status, response.msg, response.read())
        finally:
            connection.close()

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Reply:
        return self.request("GET", target, headers)

    def raw(self, data: bytes) -> bytes:
        """Send `data` as it is and return all that comes back until the server closes."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_to_end(connection)


def read_to_end(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def status_of(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])
