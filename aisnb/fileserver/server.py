"""A file server's life: it listens, it watches its clients' deadlines, it closes."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aisnb.errors import DirectoryNotFound, PortInUse, UsageError
from aisnb.fileserver.accepting import BACKLOG, Acceptor
from aisnb.fileserver.connection import Connection
from aisnb.fileserver.helping import Helper, Order
from aisnb.fileserver.shared import WATCH_SECONDS, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable


class FileServer:
    """Serves a directory over HTTP, read-only, on the running event loop.

    Args:
        directory: what to serve.
        bind: the address or name to listen at.
        port: the port to listen at; 0 takes a free one.
        hosts: names to answer to, besides loopback names, IP literals and this machine's names.
        secret: serve below ``/SECRET/`` only; "" for no secret.
        limits: what clients may take.
        helped: start a second process while there are many clients, where that pays.

    Attributes:
        port: the port it listens at; the one asked for until `start`.

    Raises:
        UsageError: `secret` cannot be part of a URL path, or `port` is none.

    Example:
        async with FileServer("/data/shards") as server:
            print(server.port)
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        bind: str = "127.0.0.1",
        port: int = 0,
        hosts: Iterable[str] = (),
        secret: str = "",
        limits: Limits | None = None,
        helped: bool = False,
    ) -> None:
        if "/" in secret or "\0" in secret or secret.startswith("."):
            raise UsageError(
                f"The secret '{secret}' cannot be a part of a path. Use one without slashes that begins with no dot."
            )
        if not 0 <= port <= 65535:
            raise UsageError(f"{port} is not a port. Use one from 1024 to 65535, or 0 for any free one.")
        self.port = port
        self._directory = Path(directory).absolute()
        self._bind = bind
        order = Order(str(self._directory), tuple(hosts), secret, limits or Limits())
        self._shared = order.shared()
        self._helper = Helper(order, self._shared.connections) if helped and Helper.pays() else None
        self._acceptor: Acceptor | None = None
        self._watch: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Begin to listen; `port` is then the real one.

        Raises:
            DirectoryNotFound: `directory` is not a directory that can be read.
            PortInUse: another program listens on the port.
            UsageError: the address is none of this machine's, or not for this user.
        """
        _check_directory(self._directory)
        loop = asyncio.get_running_loop()
        listener = await self._listen(loop)
        self.port = listener.getsockname()[1]
        listener.setblocking(False)
        self._acceptor = Acceptor(listener, lambda: listener.accept()[0], self._welcome)
        self._look_after(loop)

    async def close(self) -> None:
        """Stop listening, let the answers under way end for a moment, and close all connections."""
        if self._watch:
            self._watch.cancel()
            self._watch = None
        if self._acceptor is None:
            return
        self._acceptor.close()
        self._acceptor = None
        if self._helper is None:
            await self._shared.close()
        else:
            await asyncio.gather(self._helper.close(), self._shared.close())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        """Return a bound socket: one, although a name may have several addresses, so that there is one port."""
        try:
            found = await loop.getaddrinfo(self._bind, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, *_, address = found[0]
            return socket.create_server(address, family=family, backlog=BACKLOG)
        except (OSError, UnicodeError) as exc:
            where = f"{self._directory} cannot be served at {self._bind}:{self.port}"
            if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
                raise PortInUse(
                    f"{where}: another program listens there. Choose another port, or 0 for any free one."
                ) from exc
            reason = exc.strerror if isinstance(exc, OSError) else exc
            raise UsageError(
                f"{where}: {reason}. Use an address of this machine (127.0.0.1, or 0.0.0.0 for all) "
                f"and a port from 1024 to 65535."
            ) from exc

    def _welcome(self, client: socket.socket) -> None:
        if self._helper is not None and self._helper.take(client):
            client.close()
        else:
            Connection(self._shared, client)

    def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        self._shared.check_deadlines()
        if self._helper is not None:
            self._helper.look()
        self._watch = loop.call_later(WATCH_SECONDS, self._look_after, loop)


def _check_directory(directory: Path) -> None:
    if not directory.is_dir():
        there = "it is a file" if directory.exists() else "there is no such directory"
        raise DirectoryNotFound(f"{directory} cannot be served: {there}. Name a directory that exists.")
    if not os.access(directory, os.R_OK | os.X_OK):
        raise DirectoryNotFound(
            f"{directory} cannot be served: this user may not read it. Change its mode, or name another directory."
        )
