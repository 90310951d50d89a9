"""One file on its way from its source into its sink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from aisnb.protocol import headers as ais
from aisnb.transfer.answers import Asked, Body, Verdict, judge, without_ours
from aisnb.transfer.engine import AttemptFailed, Timeouts
from aisnb.transfer.exchange import content_length, drain, is_stray_page, refuse_directory
from aisnb.transfer.links import sendable, without_secret
from aisnb.transfer.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aisnb.transfer.engine import Response
    from aisnb.transfer.exchange import Answer, Exchanges
    from aisnb.transfer.limiter import Limiter
    from aisnb.transfer.retry import RetryPolicy
    from aisnb.transfer.sink import Sink

    OnBytes = Callable[[int], None]
    OnStart = Callable[[int | None, int], None]

#: Bytes of a body between two counts, where no limit asks for fewer.
_MOST_BYTES = 64 * 1024 * 1024
#: AIStore calls XXH64 by two names.
_XXH64 = (ais.XXHASH, "xxhash")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be fetched.

    Attributes:
        url: its link, as people write it.
        headers: to be sent to its origin, for example ``Authorization``.
        known: the marks of the version that is here already; if the source still has that one, nothing is fetched.
        timeout: seconds for one attempt, 0 for no limit but the policy's on stalls.
        pages: take the page of a directory, too, where the link names one without its slash.
    """

    url: str
    headers: Mapping[str, str] = {}
    known: Validator | None = None
    timeout: float = 0.0
    pages: bool = False


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is here.

    Attributes:
        validator: the marks of the version that is here.
        size: bytes of the file.
        received: bytes that came over the wire for it, all attempts together.
        skipped: nothing was fetched, since it is unchanged.
        tries: attempts made.
        url: the link that it came from in the end, after redirects.
        page: a web page came, though the link ends like none.
    """

    validator: Validator
    size: int
    received: int
    skipped: bool
    tries: int
    url: str
    page: bool = False


class Download:
    """The state of one fetch, from attempt to attempt.

    Args:
        request: the file.
        sink: where its bytes go.
        exchanges: ask sources.
        policy: how patient to be.
        limiters: of bytes per second.
        on_bytes: told every change of the file's bytes that are here.
        on_start: told size and offset whenever bytes begin to come.
        begun: the answer to the first question, for the whole file, or why there was none; None if nothing was asked.

    Attributes:
        position: bytes of the file that are in the sink, 0 until the source answered.
        received: bytes that came over the wire.
    """

    def __init__(
        self,
        request: Request,
        sink: Sink,
        exchanges: Exchanges,
        policy: RetryPolicy,
        *,
        limiters: Sequence[Limiter] = (),
        on_bytes: OnBytes | None = None,
        on_start: OnStart | None = None,
        begun: Response | AttemptFailed | None = None,
    ) -> None:
        self.position = 0
        self.received = 0
        self._url = sendable(request.url)
        self._headers = without_ours(request.headers)
        self._pages = request.pages
        self._known = request.known or Validator()
        self._head_first = not self._known.etag and self._known.same_file(self._known)
        self._timeouts = Timeouts(policy.connect, policy.stall, request.timeout)
        self._sink = sink
        self._exchanges = exchanges
        self._limiters = limiters
        self._on_bytes = on_bytes
        self._on_start = on_start
        self._started = False
        self._begun = begun
        self._ranges = True  # until the source shows that it cannot do them

    async def attempt(self, tries: int) -> Receipt:
        """Ask the source once, and take what it gives.

        Args:
            tries: which attempt this is, from 1.

        Raises:
            AttemptFailed: the file is not here yet; the sink keeps what came.
        """
        if self._head_first and (place := await self._unchanged_by_head()):
            return self._receipt(self._known, place, tries, skipped=True)
        asked = self._next_question()
        answer = await self._ask(asked)
        response = answer.response
        try:
            if not self._pages:
                refuse_directory(self._url, answer)
            verdict = judge(response.status, response.headers, asked)
        except AttemptFailed:
            await drain(response)
            raise
        if isinstance(verdict, Body):
            page = is_stray_page(self._url, response.headers)
            return self._receipt(await self._take(response, verdict), answer.url, tries, page=page)
        await drain(response)
        if verdict is Verdict.RANGE_USELESS:
            self._ranges = False
            return await self.attempt(tries)
        if verdict is Verdict.COMPLETE:
            self._note_start(asked.offset, asked.offset)
            return self._receipt(asked.partial, answer.url, tries)
        return self._receipt(asked.known, answer.url, tries, skipped=True)

    async def _ask(self, asked: Asked) -> Answer:
        begun, self._begun = self._begun, None
        if isinstance(begun, AttemptFailed):
            raise begun
        return await self._exchanges.ask("GET", self._url, self._headers, asked.headers, self._timeouts, begun)

    def _next_question(self) -> Asked:
        """Return what to ask for: the rest, if there is a beginning that the source can vouch for."""
        offset, encoded = self._sink.resume_point()
        partial = Validator.decode(encoded)
        if self._ranges and offset > 0 and partial.if_range:
            return Asked(self._known, offset, partial)
        return Asked(self._known)

    async def _unchanged_by_head(self) -> str:
        """Compare date and size by a HEAD, and return where they are the same, "" if they are not.

        A 304 to If-Modified-Since would prove nothing about the size.
        A source that refuses HEAD is asked by GET; that answer's headers are compared again.
        """
        answer = await self._exchanges.ask("HEAD", self._url, self._headers, Asked().headers, self._timeouts)
        answer.response.close()
        self._head_first = False
        found = Validator.of(answer.response.headers, content_length(answer.response.headers))
        return answer.url if answer.response.status == 200 and self._known.same_file(found) else ""

    async def _take(self, response: Response, body: Body) -> Validator:
        """Move a body into the sink and verify it; return the marks of the complete file."""
        try:
            self._note_start(body.validator.size, body.offset)
            kept = body.validator.for_resuming(response.headers.get("Date", ""))
            self._sink.start(offset=body.offset, validator=kept.encode(), size=body.validator.size)
            end = None if body.length is None else body.offset + body.length
            await self._pour(response, end)
        finally:
            response.close()
        whole = end if body.validator.size is None else body.validator.size
        if whole is not None and self.position < whole:
            raise AttemptFailed(f"the source closed early, {self.position} of {whole} bytes are here. Try again")
        self._verify_checksum(response.headers)
        return msgspec.structs.replace(body.validator, size=self.position)

    async def _pour(self, response: Response, end: int | None) -> None:
        while count := await response.move(self._sink.write, self._most()):
            self.position += count
            self.received += count
            await self._admit(count)
            if end is not None and self.position > end:
                self._start_over()
                raise AttemptFailed("the source sent more than it had announced. Check the file there")

    async def _admit(self, count: int) -> None:
        """Tell of bytes when they are within the limits: a small file is here at once, and waits for them."""
        left = count
        try:
            while left:
                portion = min(left, self._most())
                for limiter in self._limiters:
                    await limiter.take(portion)
                left -= portion
                self._tell(portion)
        finally:
            self._tell(left)

    def _tell(self, count: int) -> None:
        if count and self._on_bytes is not None:
            self._on_bytes(count)

    def _most(self) -> int:
        """Return how many bytes to take at once: few where a limit counts them."""
        portions = [limiter.portion for limiter in self._limiters]
        return min((each for each in portions if each), default=_MOST_BYTES)

    def _verify_checksum(self, headers: Mapping[str, str]) -> None:
        """Compare with the checksum that AIStore sends along."""
        wanted = headers.get(ais.CHECKSUM_VALUE, "").lower()
        if not wanted or headers.get(ais.CHECKSUM_TYPE, "").lower() not in _XXH64:
            return
        found = self._sink.digest()
        if found != wanted:
            self._start_over()
            raise AttemptFailed(
                f"the bytes that came have the checksum {found}, the source says {wanted}. Check the file there"
            )

    def _start_over(self) -> None:
        """Forget bytes that turned out wrong, so that no later fetch continues them."""
        self._note_start(None, 0)
        self._sink.start(offset=0, validator="", size=None)

    def _note_start(self, size: int | None, offset: int) -> None:
        """Tell the caller where in the file the bytes go on, and what got lost on the way there."""
        if self._started:
            self._tell(offset - self.position)
        self._started = True
        self.position = offset
        if self._on_start is not None:
            self._on_start(size, offset)

    def _receipt(
        self, validator: Validator, url: str, tries: int, *, skipped: bool = False, page: bool = False
    ) -> Receipt:
        size = validator.size if skipped else self.position
        return Receipt(
            validator=msgspec.structs.replace(validator, size=size),
            size=size or 0,
            received=self.received,
            skipped=skipped,
            tries=tries,
            url=without_secret(url),
            page=page,
        )
