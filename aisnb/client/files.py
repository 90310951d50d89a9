"""Directories that are served over HTTP by the local node."""

from __future__ import annotations

import asyncio
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import msgspec

from aisnb import background
from aisnb.arguments import checked
from aisnb.client import portal
from aisnb.client.connection import open_local_connection
from aisnb.client.left_out import left_out_text
from aisnb.client.local_files import source_faults
from aisnb.client.notes import note
from aisnb.client.relaying import is_loopback
from aisnb.client.wire import Call
from aisnb.errors import AisnbError, DirectoryNotFound, EndpointUnreachable, NodeError, ServerNotFound, UsageError
from aisnb.protocol.extension import ServeRequest, ServerInfo
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    import pandas as pd

    from aisnb.client.connection import Connection, Reply

_PATH = "/v1/x/servers"
_LOOK_SECONDS = 1.0


class FileServer:
    """A directory that is served. It goes on when the cell ends, until `stop`, the end of a ``with``, or the node's.

    Attributes:
        url: its address, with a slash at the end.
        directory: what is served.
        port: where.
        already: whether it was served before.
    """

    def __init__(self, connection: Connection, info: ServerInfo) -> None:
        self._connection = connection
        self.url = info.url
        self.directory = Path(info.directory)
        self.port = info.port
        self.already = info.already
        self._served = True

    def stop(self) -> None:
        """Stop serving; twice is harmless.

        Example:
            server.stop()
        """
        self._served = False
        with suppress(ServerNotFound):
            portal.run(_stop(self._connection, {"url": self.url}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.already:  # else others count on it
            self.stop()

    @property
    def is_served(self) -> bool:
        """Whether the node serves it, as far as that can be told without starting anything."""
        if portal.is_inside():
            return self._served
        try:
            servers = portal.run(asyncio.wait_for(_list(self._connection.peek), _LOOK_SECONDS))
        except EndpointUnreachable:
            self._served = False  # file servers end with their node
        except (AisnbError, TimeoutError):
            pass  # what was known has to do
        else:
            self._served = any(server.url == self.url for server in servers)
        return self._served

    def end_of_serving(self) -> str:
        """Return what to say of the directory once it is not served any more, "" while it is.

        A node that was killed is started again for that, as by any command, and serves what it served; one that ended
        in order is not. If the port is taken by then, `url` and `port` are others afterwards.

        Raises:
            NodeError: the node does not start again.
        """
        try:
            servers = portal.run(asyncio.wait_for(_list(self._connection.peek), _LOOK_SECONDS))
        except TimeoutError:
            return ""  # it has much to do
        except AisnbError:
            if background.ended(read_settings()):
                return "is not served any more: the node was stopped, and the next command starts both again"
            try:
                servers = portal.run(_list(self._connection.call))
            except NodeError:
                raise
            except AisnbError:
                return ""  # it is in trouble, but it is there
        found = next((server for server in servers if server.directory == str(self.directory)), None)
        if found is None:
            return "is not served any more"
        self.url, self.port = found.url, found.port
        return ""

    def __str__(self) -> str:
        return self.url  # so that f"{server}shard-001.tar" is a link

    def __repr__(self) -> str:
        how = f"serves {self.directory}" if self.is_served else f"served {self.directory} and was stopped"
        return f"FileServer {self.url} {how}"


@checked
def serve(
    directory: str | Path,
    *,
    port: int = 0,
    bind: str = "127.0.0.1",
    hosts: Sequence[str] = (),
    secret: bool | None = None,
) -> FileServer:
    """Serve a directory over HTTP, from the local node; one that is served already keeps its server.

    Args:
        directory: what to serve.
        port: where; 0 takes the port that this directory had before, or any.
        bind: the address to listen on; the default can be reached from this machine only.
        hosts: further names by which clients may ask for it.
        secret: serve it under a path that nobody guesses; None does so if other users of this machine could not
            read the directory themselves.

    Returns:
        A handle with ``.url``; leaving it as a context manager stops the server, unless it was there before.

    Raises:
        DirectoryNotFound: there is no such directory.
        NotAllowed: it is not this user's to read.
        PortInUse: another program listens there.

    Example:
        with aisnb.serve("shards") as server:
            print(server.url)
    """
    path = Path(directory).expanduser().resolve()
    with source_faults(path):
        if not path.is_dir():
            raise DirectoryNotFound(f"There is no directory '{directory}' to serve. Check the path.")
    connection = open_local_connection()
    request = ServeRequest(str(path), port, bind, list(hosts), secret)
    info = portal.run(_serve(connection, request))
    if info.already and not _is_as_asked(info, request):
        note(
            f"Warning: '{directory}' is served already, at {info.bind} port {info.port}, and stays as it is. To have "
            f"it otherwise, stop serving it first: %ais serve stop {shlex.quote(info.directory)} (in Python: "
            f"aisnb.serve({info.directory!r}).stop())"
        )
    if not info.already and (text := left_out_text(path)):
        note(f"Note: {text}")
    if not is_loopback(info.bind):
        note(_exposed(info))
    return FileServer(connection, info)


def _is_as_asked(info: ServerInfo, request: ServeRequest) -> bool:
    """Return whether a directory that was served before is served as somebody asks for it now."""
    is_secret = urlsplit(info.url).path != "/"
    return (
        request.port in (0, info.port)
        and request.bind == info.bind
        and set(request.hosts) <= set(info.hosts)
        and request.secret in (None, is_secret)
    )


def _exposed(info: ServerInfo) -> str:
    """Say what it means that other machines can read a directory."""
    secret = urlsplit(info.url).path.strip("/")
    all_who = "who can reach this machine; --secret (in Python: secret=True) keeps it to whom you tell"
    who = "who is told this address" if secret else all_who
    return (
        f"Warning: all of '{info.directory}' but its dot files can be read from other machines, at {info.url}, "
        f"by {who}; it goes over the network unencrypted."
    )


def list_servers() -> pd.DataFrame:
    """Return the directories that the local node serves: directory, url, port, bind, pid."""
    return _frame(portal.run(_list(open_local_connection().call)))


def stop_servers(target: str | Path = "", *, everything: bool = False) -> pd.DataFrame:
    """Stop serving a directory, named by its path or its address, or all of them.

    Returns:
        What was stopped: directory, url, port, bind, pid.

    Raises:
        ServerNotFound: nothing like that is served.
    """
    text = str(target)
    if bool(text) == everything:
        raise UsageError("Stopping servers needs either a directory (or its address), or everything=True.")
    if everything:
        query = {"all": "true"}
    elif "://" in text:
        query = {"url": text}
    else:
        query = {"directory": str(Path(text).expanduser().resolve())}
    return _frame(portal.run(_stop(open_local_connection(), query)))


async def _serve(connection: Connection, request: ServeRequest) -> ServerInfo:
    call = Call("POST", _PATH, body=msgspec.json.encode(request), shown=f"Serving {request.directory}")
    return (await connection.call(call)).decode(ServerInfo)


async def _list(ask: Callable[[Call], Awaitable[Reply]]) -> list[ServerInfo]:
    return (await ask(Call("GET", _PATH, shown="Listing the servers"))).decode_list(ServerInfo)


async def _stop(connection: Connection, query: Mapping[str, str]) -> list[ServerInfo]:
    call = Call("DELETE", _PATH, query, shown="Stopping a server")
    return (await connection.call(call)).decode_list(ServerInfo)


def _frame(servers: list[ServerInfo]) -> pd.DataFrame:
    from aisnb.client import tables

    columns: dict[str, Any] = {
        "directory": tables.texts([server.directory for server in servers]),
        "url": tables.texts([server.url for server in servers]),
        "port": tables.counts([server.port for server in servers]),
        "bind": tables.texts([server.bind for server in servers]),
        "pid": tables.counts([server.pid for server in servers]),
    }
    return tables.table(columns)
