"""The file servers: one child process for each directory that is served."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import structs

from aisnb.errors import AisnbError, DirectoryNotFound, PortInUse, ServerNotFound
from aisnb.node.children import Child
from aisnb.protocol.extension import ServerInfo
from aisnb.store import ServerRecord

if TYPE_CHECKING:
    import builtins

    from aisnb.protocol.extension import ServeRequest
    from aisnb.store import Store

_log = logging.getLogger(__name__)

#: A node that was killed leaves its children a moment in which they still hold their ports.
_PORT_TRIES = 8
_PORT_PAUSE = 0.25


class Servers:
    """The directories that are served. Their ports and secrets are kept, so that their links stay true.

    Args:
        store: keeps them.

    Example:
        servers = Servers(store)
        await servers.start()
        info = await servers.serve(ServeRequest("/data/shards"))
        print(info.url)
        await servers.close()
    """

    def __init__(self, store: Store) -> None:
        self._table = store.servers
        self._running: dict[str, Child] = {}
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Serve again what was served when the last node ended."""
        records = await asyncio.to_thread(self._table.list)
        await asyncio.gather(*(self._take_up(record) for record in records if record.serving))

    async def close(self, *, forget: bool = False) -> None:
        """End all file servers; the next node starts them again, unless they are to be forgotten. Twice is harmless."""
        async with self._lock:
            await asyncio.gather(*(self._end(child, forget=forget) for child in list(self._running.values())))

    def list(self) -> list[ServerInfo]:
        """Return the directories that are served, sorted."""
        return [_info(child) for _, child in sorted(self._running.items())]

    async def serve(self, request: ServeRequest) -> ServerInfo:
        """Serve a directory; if it is served already, return how.

        Raises:
            DirectoryNotFound: there is no such directory.
            PortInUse: something else listens on the port that was asked for.
        """
        directory = await asyncio.to_thread(_resolve, request.directory)
        async with self._lock:
            if child := self._running.get(directory):
                return structs.replace(_info(child), already=True)
            known = await self._known(directory)
            private = request.secret
            if private is None:
                private = await asyncio.to_thread(_is_private, Path(directory))
            record = ServerRecord(
                directory,
                request.port or known.port,
                request.bind,
                (known.secret or secrets.token_urlsafe(16)) if private else "",
                request.hosts,
            )
            try:
                child = await Child.start(record)
            except PortInUse as exc:
                if request.port:
                    raise PortInUse(
                        f"'{directory}' cannot be served on port {request.port}: another program listens there. Choose "
                        "another with --port, or leave it out for a free one."
                    ) from exc
                child = await Child.start(structs.replace(record, port=0))
            await self._keep(child)
            return _info(child)

    async def stop_directory(self, directory: str) -> ServerInfo:
        """Stop serving a directory.

        Raises:
            ServerNotFound: it is not served.
        """
        path = await asyncio.to_thread(Path(directory).resolve)
        return await self._stop(self._running.get(str(path)), f"'{directory}' is not served")

    async def stop_url(self, url: str) -> ServerInfo:
        """Stop serving what lies under an address.

        Raises:
            ServerNotFound: no file server has its port.
        """
        try:
            port = urlsplit(url).port
        except ValueError:
            port = None
        found = next((child for child in self._running.values() if child.record.port == port), None)
        return await self._stop(found, f"Nothing is served at '{url}'")

    async def stop_all(self) -> builtins.list[ServerInfo]:
        """Stop serving; return what was served."""
        stopped = self.list()
        await self.close(forget=True)
        return stopped

    async def _stop(self, child: Child | None, fault: str) -> ServerInfo:
        if child is None:
            served = ", ".join(sorted(self._running)) or "nothing"
            raise ServerNotFound(f"{fault}. Served at the moment: {served}.")
        info = _info(child)
        async with self._lock:
            await self._end(child, forget=True)
        return info

    async def _end(self, child: Child, *, forget: bool) -> None:
        await child.stop()
        self._running.pop(child.record.directory, None)
        if forget:
            await asyncio.to_thread(self._table.save, structs.replace(child.record, serving=False))

    async def _take_up(self, record: ServerRecord) -> None:
        try:
            child = await _start_patiently(record)
        except AisnbError as exc:
            _log.warning("'%s' is not served any more: %s", record.directory, exc)
            return
        if child.record.port != record.port:
            _log.warning(
                "Port %d, where '%s' was served, is taken: it is on %d now. Links to the old one are void.",
                record.port,
                record.directory,
                child.record.port,
            )
        await self._keep(child)

    async def _keep(self, child: Child) -> None:
        self._running[child.record.directory] = child
        child.on_lost = self._lost
        await asyncio.to_thread(self._table.save, child.record)

    def _lost(self, child: Child) -> None:
        self._running.pop(child.record.directory, None)

    async def _known(self, directory: str) -> ServerRecord:
        records = await asyncio.to_thread(self._table.list)
        return next((record for record in records if record.directory == directory), ServerRecord(directory, 0))


async def _start_patiently(record: ServerRecord) -> Child:
    """Start a file server on its old port, or, if that does not become free, on any."""
    for _ in range(_PORT_TRIES):
        try:
            return await Child.start(record)
        except PortInUse:
            await asyncio.sleep(_PORT_PAUSE)
    return await Child.start(structs.replace(record, port=0))


def _resolve(directory: str) -> str:
    try:
        path = Path(directory).expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as exc:
        raise DirectoryNotFound(
            f"'{directory}' cannot be served: there is no such directory here. Check its spelling."
        ) from exc
    if not path.is_dir():
        raise DirectoryNotFound(f"'{directory}' cannot be served: it is a file. Serve the directory that it lies in.")
    return str(path)


def _is_private(directory: Path) -> bool:
    """Return whether other users of this machine could not read the directory themselves."""
    if (directory.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH)) != stat.S_IROTH | stat.S_IXOTH:
        return True
    return not all(parent.stat().st_mode & stat.S_IXOTH for parent in directory.parents)


def _info(child: Child) -> ServerInfo:
    record = child.record
    path = f"/{record.secret}/" if record.secret else "/"
    return ServerInfo(
        directory=record.directory,
        url=f"http://{_host(record.bind)}:{record.port}{path}",
        port=record.port,
        bind=record.bind,
        pid=child.pid,
        hosts=record.hosts,
    )


def _host(bind: str) -> str:
    """Return the name under which others reach what listens on this address."""
    if bind in ("0.0.0.0", "::", ""):  # noqa: S104  # asked for by the user
        return socket.gethostname()
    return f"[{bind}]" if ":" in bind else bind
