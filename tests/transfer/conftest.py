from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from aisnb.transfer import Fetcher, Request, RetryPolicy
from aisnb.transfer.aiohttp_engine import AiohttpEngine
from aisnb.transfer.engines import Engines
from tests.support.faulty import FaultySource
from tests.support.sinks import MemorySink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

#: As patient as the default, but quick about it. Stalls are short only where a test wants them to end.
QUICK = RetryPolicy(base=0.002, cap=0.01, random=Random(1))


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as source:
        yield source


@pytest.fixture(params=["plain", "kept", "general"])
async def fetcher(request: pytest.FixtureRequest, source: FaultySource) -> AsyncIterator[Fetcher]:
    """A fetcher of each engine; the plain one without a connection, and with one that stands."""
    engine = AiohttpEngine() if request.param == "general" else Engines()
    async with Fetcher(engine, policy=QUICK) as fetcher:
        if request.param == "kept":
            await fetcher.fetch(Request(url=source.add("/before", b"before")), MemorySink())
            source.requests.clear()
        yield fetcher
