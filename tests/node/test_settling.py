"""Ends of files that the store is writing down: bounded by their number and by the bytes that wait in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aisnb.node.settling import Settling

if TYPE_CHECKING:
    from aisnb.node.settling import Tell

FEW, MANY = 256 << 10, 32 << 20


async def test_bytes_that_wait_in_memory_are_bounded_until_they_are_written_down() -> None:
    settling = Settling()
    tells: list[Tell] = []
    ended: list[BaseException | None] = []
    while not settling.full:
        settling.add(tells.append, ended.append, FEW)
    assert len(tells) == MANY // FEW
    waiting = asyncio.create_task(settling.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    tells.pop()(None, None)
    await asyncio.wait_for(waiting, 30)
    assert not settling.full
    for tell in tells:
        tell(None, None)
    await asyncio.wait_for(settling.empty(), 30)
    assert ended == [None] * (MANY // FEW)
