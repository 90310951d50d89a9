"""Parts of a file on the web, one question each; the whole of it in passing where the source sends no parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aisnb.transfer.answers import Asked, part_start, refuse_encoded, total_length, without_ours
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.exchange import content_length, drain
from aisnb.transfer.links import sendable
from aisnb.transfer.passing import Passing
from aisnb.transfer.refusals import refusal
from aisnb.transfer.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Protocol

    from aisnb.transfer.engine import Response, Timeouts
    from aisnb.transfer.exchange import Exchanges

    T = TypeVar("T")

    class Insist(Protocol):
        """Tries until it works out, see `Fetcher`."""

        async def __call__(self, attempt: Callable[[int], Awaitable[T]]) -> T:
            """Return what the first attempt that works out returns."""


class WebParts:
    """A file on the web to be read here and there, made by `Fetcher.parts`. One version of it, or an error.

    Args:
        link: as people write it.
        headers: for its source.
        exchanges: asks.
        insist: tries again what fails.
        timeouts: for each question.

    Attributes:
        received: bytes of the file that came.
    """

    def __init__(
        self, link: str, headers: Mapping[str, str], exchanges: Exchanges, insist: Insist, timeouts: Timeouts
    ) -> None:
        self.received = 0
        self._link = sendable(link)
        self._headers = without_ours(headers)
        self._exchanges = exchanges
        self._insist = insist
        self._timeouts = timeouts
        self._seen: Validator | None = None
        self._passing: Passing | None = None

    @property
    def comes_whole(self) -> bool:
        """Whether the source sends no parts, so that the file is read in passing."""
        return self._passing is not None

    async def part(self, offset: int, length: int) -> bytes:
        """Return the bytes from `offset` on, fewer than `length` only at the end of the file.

        Raises:
            SourceRefused: the source answered with a status that is no file.
            SourceError: it does not answer, has another version of the file now, or broke off.
            io.UnsupportedOperation: the source sends no parts, and these bytes went by.
        """

        async def ask(_tries: int) -> bytes:
            if self._passing is None and (data := await self._ask(offset, length)) is not None:
                return data
            return await self._pass(offset, length)

        return await self._insist(ask)

    async def size(self) -> int:
        """Return the bytes of the file; call `part` first.

        Raises:
            SourceError: the source does not say, or broke off.
        """

        async def ask(_tries: int) -> int:
            if self._seen is not None and self._seen.size is not None:
                return self._seen.size
            if self._passing is None:
                raise AttemptFailed("the source does not say how large it is. Bring it here first", final=True)
            return await self._passing.size()

        return await self._insist(ask)

    def close(self) -> None:
        """Let go of what is open; twice is harmless."""
        if self._passing is not None:
            self._passing.close()

    async def _pass(self, offset: int, length: int) -> bytes:
        assert self._passing is not None  # the source has answered with the whole file
        before = self._passing.position
        try:
            return await self._passing.part(offset, length)
        except AttemptFailed as failure:
            failure.final = True  # what went by does not come again
            raise
        finally:
            self.received += self._passing.position - before

    async def _ask(self, offset: int, length: int) -> bytes | None:
        """Return the part, or None if all of the file has begun to come instead."""
        ours = Asked().headers | {"Range": f"bytes={offset}-{offset + length - 1}"}
        response = (await self._exchanges.ask("GET", self._link, self._headers, ours, self._timeouts)).response
        if response.status in (200, 203):
            self._judge(response, content_length(response.headers))
            self._passing = Passing(response)
            return None
        try:
            return await self._take(response, offset, length)
        finally:
            response.close()

    async def _take(self, response: Response, offset: int, length: int) -> bytes:
        total = total_length(response.headers)
        if response.status == 416 and total is not None and offset >= total:
            self._seen = self._seen or Validator.of(response.headers, total)
            await drain(response)
            return b""
        if response.status != 206:
            failure = refusal(response.status, response.headers)
            await drain(response)
            raise failure
        if part_start(response.headers) != offset:
            raise AttemptFailed("the source sent another part than it was asked for. Bring it here first", final=True)
        self._judge(response, total)
        data = bytearray()
        while count := await response.move(data.extend, length + 1 - len(data)):
            self.received += count
            if len(data) > length:
                raise AttemptFailed("the source sent more than it was asked for. Bring it here first", final=True)
        if total is not None and len(data) < min(length, total - offset):
            raise AttemptFailed(f"the source sent {len(data)} of {length} bytes. Try again")
        return bytes(data)

    def _judge(self, response: Response, total: int | None) -> None:
        """See that an answer has the file as it is, and the version of the answers before."""
        try:
            refuse_encoded(response.headers)
            found = Validator.of(response.headers, total)
            if self._seen is not None and not self._seen.same_bytes(found):
                raise AttemptFailed("it changed while it was read. Read it again", final=True)
            self._seen = self._seen or found
        except AttemptFailed:
            response.close()
            raise
