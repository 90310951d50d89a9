"""One file server as a child process: started, watched, started again when it dies unasked."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from asyncio.subprocess import PIPE
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from aisnb.errors import AisnbError, DirectoryNotFound, NodeError, PortInUse

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable

    from aisnb.store import ServerRecord

_log = logging.getLogger(__name__)

_READY_SECONDS = 30.0
_STOP_SECONDS = 5.0
_TRIES = 5  # to start it again
_LONG_LIFE = 60.0  # seconds; a child that lived longer died of something new
_AT_ONCE = 5  # deaths of short lives; after more of them it is started again with a pause, that no processor burns
_PAUSE_SECONDS = 1.0  # less than downloads wait for a source that answered before


class _Ready(msgspec.Struct):
    """The one line that a file server says."""

    port: int = 0
    error: str = ""
    message: str = ""


class Child:
    """A file server that runs. Made by `start`.

    Attributes:
        record: what it serves; its port is the one that it has.
        on_lost: called when it died and could not be started again.
    """

    def __init__(self, record: ServerRecord, process: Process) -> None:
        self.record = record
        self.on_lost: Callable[[Child], None] = lambda _: None
        self._process = process
        self._watcher = asyncio.create_task(self._watch(), name=f"file server {record.directory}")

    @classmethod
    async def start(cls, record: ServerRecord) -> Child:
        """Start a file server, and return it once it listens.

        Raises:
            PortInUse: something else listens on its port.
            DirectoryNotFound: the directory is gone.
            NodeError: it does not start.
        """
        process, port = await _spawn(record)
        return cls(structs.replace(record, port=port, serving=True), process)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def stop(self) -> None:
        """End it; twice is harmless."""
        self._watcher.cancel()
        await asyncio.wait([self._watcher])
        await _end(self._process)

    async def _watch(self) -> None:
        deaths = 0
        while True:
            born = time.monotonic()
            status = await self._process.wait()
            deaths = 1 if time.monotonic() - born > _LONG_LIFE else deaths + 1
            _log.warning("the file server of '%s' died with status %d", self.record.directory, status)
            if deaths > _AT_ONCE:
                await asyncio.sleep(_PAUSE_SECONDS)
            if not await self._started_again():
                break
        _log.error("the file server of '%s' is given up", self.record.directory)
        self.on_lost(self)

    async def _started_again(self) -> bool:
        for failures in range(_TRIES):
            try:
                self._process, _ = await _spawn(self.record)
            except AisnbError as exc:
                _log.warning("it does not start again: %s", exc)
                await asyncio.sleep(0.4 * 2**failures)
            else:
                return True
        return False


async def _spawn(record: ServerRecord) -> tuple[Process, int]:
    arguments = [record.directory, "--bind", record.bind, "--port", str(record.port)]
    for host in record.hosts:
        arguments += ["--host", host]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "aisnb.fileserver",
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
        env={**os.environ, "AISNB_SERVE_SECRET": record.secret},  # all users can read a command line
    )
    try:
        return process, await _listening(process, record)
    except BaseException:
        await _end(process)
        raise


async def _listening(process: Process, record: ServerRecord) -> int:
    """Return the port that the file server says it has."""
    assert process.stdout is not None  # asked for above
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _READY_SECONDS)
        ready = msgspec.json.decode(line, type=_Ready)
    except (TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise NodeError(
            f"The file server of '{record.directory}' did not start. The node's log, node.log, has its last words."
        ) from exc
    if ready.error:
        kind = {"port-in-use": PortInUse, "no-directory": DirectoryNotFound}.get(ready.error, NodeError)
        raise kind(ready.message)
    return ready.port


async def _end(process: Process) -> None:
    """End a child: its stdin closes, and if that is not enough it is killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
