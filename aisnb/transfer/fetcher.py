"""Fetches files, one call each, whatever their sources do."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from aisnb.errors import SourceError, SourceRefused
from aisnb.transfer.answers import without_ours
from aisnb.transfer.download import Download, Receipt
from aisnb.transfer.engine import AttemptFailed, Timeouts
from aisnb.transfer.engines import Engines
from aisnb.transfer.exchange import Exchanges
from aisnb.transfer.glance import glance
from aisnb.transfer.links import sendable, without_secret
from aisnb.transfer.parts import WebParts
from aisnb.transfer.retry import Outages, RetryPolicy, Tries
from aisnb.transfer.shortcut import fetch_again

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aisnb.transfer.download import OnBytes, OnStart, Request
    from aisnb.transfer.engine import Engine
    from aisnb.transfer.glance import Glance
    from aisnb.transfer.limiter import Limiter, RateLimiter
    from aisnb.transfer.shortcut import Outcome
    from aisnb.transfer.sink import Sink

T = TypeVar("T")


class Fetcher:
    """Fetches files from web servers: retried, resumed, verified. Bound to the loop it is first used in.

    It limits neither how many fetches run at once nor how fast they are, unless told so.

    Args:
        engine: speaks HTTP; the fitting one for each link if None. Closed along with the fetcher.
        policy: how patient to be.
        limiter: bytes per second of all fetches together.

    Example:
        async with Fetcher() as fetcher:
            receipt = await fetcher.fetch(Request(url="http://host/shard-001.tar"), sink)
    """

    def __init__(
        self,
        engine: Engine | None = None,
        *,
        policy: RetryPolicy | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        self.policy = policy or RetryPolicy()
        self._engine = engine or Engines()
        self._exchanges = Exchanges(self._engine, Outages(self.policy))
        self._limiter = limiter

    async def fetch(
        self,
        request: Request,
        sink: Sink,
        *,
        on_bytes: OnBytes | None = None,
        on_start: OnStart | None = None,
        limiter: Limiter | None = None,
    ) -> Receipt:
        """Bring one file into `sink`, which is neither closed nor discarded here.

        When this is cancelled or fails, the bytes that came stay in the sink, to be resumed by a later fetch.

        Args:
            request: the file.
            sink: where its bytes go; what is there already is continued if the source vouches for it.
            on_bytes: told every change of the file's bytes that are here; negative when a restart loses some.
            on_start: told ``(size or None, offset)`` whenever bytes begin to come, at a restart again.
            limiter: bytes per second of this fetch, and of all others that are given the same one.

        Raises:
            SourceRefused: the source answered with a status that is no file.
            SourceError: the source could not be reached, or did not send the file whole. Both know ``.tries``.
            NameInvalid: the link cannot be sent (SchemeMissing if it is none).
        """
        limiters = [each for each in (self._limiter, limiter) if each is not None]
        begun: Outcome = None
        if request.known is None and not sink.resume_point()[0] and not any(each.portion for each in limiters):
            timeouts = Timeouts(self.policy.connect, self.policy.stall, request.timeout)
            begun = await fetch_again(request, sink, self._engine, timeouts, on_bytes=on_bytes, on_start=on_start)
        if isinstance(begun, Receipt):
            return begun
        download = Download(
            request,
            sink,
            self._exchanges,
            self.policy,
            limiters=limiters,
            on_bytes=on_bytes,
            on_start=on_start,
            begun=begun,
        )
        return await self._insist(request.url, download.attempt, lambda: download.position)

    async def head(self, url: str, headers: Mapping[str, str] = {}) -> Glance:
        """Return the status, the marks and the headers that the source gives for a link, without the file's bytes.

        Every status is returned, an error's too; network errors are retried as in `fetch`. A source that answers no
        HEAD, or none with a size, is asked for the first byte instead.

        Raises:
            SourceError: the source could not be reached.
            NameInvalid: the link cannot be sent (SchemeMissing if it is none).
        """
        link = sendable(url)
        user = without_ours(headers)
        timeouts = Timeouts(self.policy.connect, self.policy.stall)

        async def ask(tries: int) -> Glance:
            return await glance(self._exchanges, link, user, timeouts)

        return await self._insist(url, ask, lambda: 0)

    def parts(self, url: str, headers: Mapping[str, str] = {}) -> WebParts:
        """Return a file to be read here and there, without fetching it. Asks nothing yet; close it in the end.

        Raises:
            NameInvalid: the link cannot be sent (SchemeMissing if it is none).

        Example:
            data = await fetcher.parts("http://host/shard-001.tar").part(0, 512)
        """
        timeouts = Timeouts(self.policy.connect, self.policy.stall)
        insist = partial(self._insist, url, position=lambda: 0)
        return WebParts(url, headers, self._exchanges, insist, timeouts)

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
        await self._engine.close()

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _insist(self, url: str, attempt: Callable[[int], Awaitable[T]], position: Callable[[], int]) -> T:
        """Return what the first attempt that works out returns."""
        tries = Tries(self.policy)
        while True:
            tries.count += 1
            try:
                return await attempt(tries.count)
            except AttemptFailed as failure:
                wait = tries.wait(failure, position())
                if wait is None:
                    raise _told(failure, url, tries.count) from failure
            await asyncio.sleep(wait)


def _told(failure: AttemptFailed, url: str, tries: int) -> SourceError:
    """Return the failure as the user shall read it."""
    asked = f" (asked {tries} times)" if tries > 1 else ""
    kind = SourceRefused if failure.status >= 400 else SourceError
    return kind(f"'{without_secret(url)}' was not fetched: {failure.reason}{asked}.", failure.status, tries)
