from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from aisnb.transfer import AiohttpEngine, Fetcher, RetryPolicy
from aisnb.transfer.engines import Engines
from tests.support.faulty import FaultySource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

#: As patient as the default, but quick about it. Stalls are short only where a test wants them to end.
QUICK = RetryPolicy(base=0.002, cap=0.01, random=Random(1))


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as source:
        yield source


@pytest.fixture(params=[Engines, AiohttpEngine])
async def fetcher(request: pytest.FixtureRequest) -> AsyncIterator[Fetcher]:
    async with Fetcher(request.param(), policy=QUICK) as fetcher:
        yield fetcher
