"""An answer whose bytes are made in a thread: the thread waits while the caller is slow."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from aisnb.errors import AisnbError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_GATHERED = 256 << 10

_log = logging.getLogger(__name__)


class Outflow:
    """Takes bytes in a thread and sends them from the loop. The header goes out with the first of them.

    Args:
        request: what is answered.
        headers: of the answer; without ``Content-Length`` it goes out in chunks.
    """

    def __init__(self, request: web.Request, headers: Mapping[str, str]) -> None:
        self._request = request
        self._response = web.StreamResponse(headers=headers)
        self._loop = asyncio.get_running_loop()
        self._gathered = bytearray()
        self._begun = False
        self._given_up = False

    async def run(self, produce: Callable[[Outflow], None]) -> web.StreamResponse:
        """Have `produce` called in a thread with this outflow; return the answer once all is sent.

        Raises:
            Whatever `produce` raises before the first bytes are out; later the connection is cut.
        """
        try:
            await asyncio.to_thread(produce, self)
            await self._flush()
            await self._response.write_eof()
        except ConnectionError:
            raise
        except (AisnbError, OSError) as exc:
            if not self._begun:
                raise
            _log.warning("%s %s broke off: %s", self._request.method, self._request.path, exc)
            if self._request.transport is not None:
                self._request.transport.abort()
        finally:
            self._given_up = True
        return self._response

    def write(self, data: bytes) -> None:
        """Send `data`, for the thread.

        Raises:
            ConnectionResetError: the caller went away.
        """
        self._gathered += data
        if len(self._gathered) >= _GATHERED:
            if self._given_up:
                raise ConnectionResetError("the caller went away")
            asyncio.run_coroutine_threadsafe(self._flush(), self._loop).result()

    async def _flush(self) -> None:
        if not self._begun:
            await self._response.prepare(self._request)
            self._begun = True
        data, self._gathered = bytes(self._gathered), bytearray()
        await self._response.write(data)
