from __future__ import annotations

import asyncio

from aisnb.transfer import RateLimiter


async def test_without_a_limit_nothing_waits() -> None:
    limiter = RateLimiter()
    for _ in range(100):
        await limiter.take(10**12)


async def test_a_second_of_bytes_is_there_at_once_and_no_more() -> None:
    limiter = RateLimiter(1000)
    await limiter.take(1000)
    late = asyncio.create_task(limiter.take(10**9))
    await asyncio.sleep(0.05)
    assert not late.done()
    late.cancel()


async def test_lifting_the_limit_frees_those_who_wait() -> None:
    limiter = RateLimiter(1)
    waiting = [asyncio.create_task(limiter.take(10**6)) for _ in range(3)]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in waiting)
    limiter.rate = 0
    async with asyncio.timeout(30):
        await asyncio.gather(*waiting)
    assert limiter.rate == 0


async def test_a_higher_limit_shortens_the_wait_of_those_who_wait() -> None:
    limiter = RateLimiter(1)
    waiting = asyncio.create_task(limiter.take(10**6))
    await asyncio.sleep(0.02)
    limiter.rate = 10**9
    async with asyncio.timeout(30):
        await waiting


async def test_a_cancelled_wait_does_not_block_the_next() -> None:
    limiter = RateLimiter(1)
    first = asyncio.create_task(limiter.take(10**6))
    await asyncio.sleep(0.02)
    first.cancel()
    limiter.rate = 10**9
    async with asyncio.timeout(30):
        await limiter.take(1)


async def test_a_limit_set_later_holds() -> None:
    limiter = RateLimiter()
    await limiter.take(10**9)
    limiter.rate = 1
    waiting = asyncio.create_task(limiter.take(10**6))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    waiting.cancel()
