"""Asking many links for their marks, and a few of them for their bytes to see how fast they come."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aisnb.errors import SourceError
from aisnb.transfer import Fetcher, Glance, Request, RetryPolicy, Validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: A plan is waited for: it gives up on a dead source sooner than a download does.
PLANNING = RetryPolicy(tries=3, patience=3.0, connect=5.0, stall=15.0)

#: A sample has no time to try again: what fails is no part of it.
_ONCE = replace(PLANNING, tries=1)

_AT_ONCE = 32
_GENTLY = 4
#: Answers of a source that is asked too much, or in trouble for a moment: those names are asked again, gently.
_BUSY = frozenset((429, 500, 502, 503, 504))

_SAMPLE_FILES = 64
_SAMPLE_AT_ONCE = 8
_SAMPLE_SECONDS = 1.0


async def look_at_all(fetcher: Fetcher, urls: Sequence[str], headers: Mapping[str, str]) -> list[Glance]:
    """Return what each link's source says of it; status 0 where it did not answer.

    Raises:
        SourceError: none of them answered.
        NameInvalid: a link cannot be sent.
    """
    seen = [Glance(0, Validator(), {})] * len(urls)
    failures = list[SourceError]()

    async def look(index: int) -> None:
        try:
            seen[index] = await fetcher.head(urls[index], headers)
        except SourceError as exc:
            failures.append(exc)

    await _each(range(len(urls)), look, _AT_ONCE)
    if failures and len(failures) == len(urls):
        raise failures[0]
    busy = [index for index, glance in enumerate(seen) if glance.status in _BUSY]
    await _each(busy, look, _GENTLY)
    return seen


async def measure(urls: Sequence[str], headers: Mapping[str, str]) -> tuple[float | None, dict[str, float]]:
    """Read some of the files, spread over all of them, for a second at most, and keep nothing. What fails counts not.

    Returns:
        Bytes per second (None if there was nothing to read), and what that was seen on: ``files``, ``bytes``,
        ``seconds``, ``connections``.
    """
    chosen = list(urls[:: len(urls) // _SAMPLE_FILES + 1])
    random.Random(0).shuffle(chosen)  # noqa: S311  # only so that a sample cut short is still a fair one
    sinks = list[_Nowhere]()

    async def fetch(url: str) -> None:
        sinks.append(sink := _Nowhere())
        try:
            await fetcher.fetch(Request(url=url, headers=headers), sink, on_bytes=sink.count)
        except SourceError:
            sink.bytes = 0

    async with Fetcher(policy=_ONCE) as fetcher:
        start = time.monotonic()
        with suppress(TimeoutError):  # what was read until then is the sample
            async with asyncio.timeout(_SAMPLE_SECONDS):
                await _each(chosen, fetch, _SAMPLE_AT_ONCE)
    seconds = time.monotonic() - start
    came = [sink.bytes for sink in sinks if sink.bytes]
    read = sum(came)
    seen = {"files": len(came), "bytes": read, "seconds": seconds, "connections": min(_SAMPLE_AT_ONCE, len(came))}
    return (read / seconds if read else None), seen


async def _each(items: Iterable[Any], work: Any, at_once: int) -> None:
    """Await `work` of each item, so many at once; the first that raises ends them all."""
    todo = iter(items)

    async def worker() -> None:
        for item in todo:
            await work(item)

    tasks = [asyncio.ensure_future(worker()) for _ in range(at_once)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Nowhere:
    """A sink that keeps nothing, and knows how many bytes came."""

    def __init__(self) -> None:
        self.bytes = 0

    def count(self, change: int) -> None:
        """Count bytes that came, or, below 0, that are lost."""
        self.bytes += change

    def resume_point(self) -> tuple[int, str]:
        """Nothing is here."""
        return 0, ""

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        """Nothing is made ready."""

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Let the bytes go."""

    def digest(self) -> str:
        """Nothing was kept to be told by."""
        return ""

    def close(self) -> None:
        """Nothing is open."""

    def discard(self) -> None:
        """Nothing was kept."""
