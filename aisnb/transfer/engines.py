"""Both engines behind one face: the plain one for what it does, the general one for all else."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from aisnb.transfer.plain_engine import PlainEngine, can_send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.transfer.aiohttp_engine import AiohttpEngine
    from aisnb.transfer.engine import Response, Timeouts
    from aisnb.transfer.plain_engine import PlainResponse


class Engines:
    """Chooses by the link; see `Engine`."""

    def __init__(self) -> None:
        self._plain = PlainEngine()

    @cached_property
    def _general(self) -> AiohttpEngine:
        from aisnb.transfer.aiohttp_engine import AiohttpEngine  # takes 200 ms, and not all who fetch need it

        return AiohttpEngine()

    async def open(
        self, method: str, url: str, headers: Mapping[str, str], timeouts: Timeouts, *, public_only: bool = False
    ) -> Response:
        """Send a request and return the answer as soon as its head is here; see `Engine.open`."""
        engine = self._plain if can_send(url) else self._general
        return await engine.open(method, url, headers, timeouts, public_only=public_only)

    async def get_again(self, url: str, headers: Mapping[str, str], timeouts: Timeouts) -> PlainResponse | None:
        """Ask a source once more; see `Engine.get_again`."""
        return await self._plain.get_again(url, headers, timeouts)

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
        await self._plain.close()
        if "_general" in self.__dict__:
            await self._general.close()
