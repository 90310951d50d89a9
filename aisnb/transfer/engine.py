"""What the fetcher asks of whatever speaks HTTP for it: one exchange, nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Write = Callable[[bytes | memoryview], object]


class Timeouts(NamedTuple):
    """How long one exchange may take.

    Attributes:
        connect: seconds until the connection stands, name look-up included.
        stall: seconds without a single byte.
        total: seconds for the whole exchange, 0 for no limit.
    """

    connect: float
    stall: float
    total: float = 0.0


class AttemptFailed(Exception):
    """One attempt came to nothing. Never leaves this room: it is tried again, or told as a SourceError.

    Attributes:
        reason: a sentence without the URL: what happened, and what to do.
        status: the HTTP status, 0 if there was none.
        unreachable: no connection came about.
        final: another attempt would end the same.
        retry_after: seconds that the source asked to be left alone.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        unreachable: bool = False,
        final: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.unreachable = unreachable
        self.final = final
        self.retry_after = retry_after


class Response(Protocol):
    """An answer whose head is here and whose body is still to come."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields; names are looked up without regard to case."""

    @property
    def peers(self) -> Collection[str]:
        """The IP addresses of the source, one of which answered."""

    async def move(self, write: Write, most: int) -> int:
        """Hand the next bytes of the body to `write`, as they were sent (no Content-Encoding undone).

        Args:
            write: takes a piece, whose memory is used again afterwards. Where much is to come it is called in another
                thread, but never while this call is not awaited, nor twice at once; what it raises is raised here.
            most: bytes after which to return; the last piece may go beyond.

        Returns:
            How many bytes that were, 0 at the end of the body.

        Raises:
            AttemptFailed: it stalled or ended before its announced end.
        """

    def whole(self) -> bytes | None:
        """Return the body if all of it came along with the head; None, and nothing is taken, if not."""

    def close(self) -> None:
        """Let go of the connection; it is kept for the next exchange only if the body was read to its end."""


class Engine(Protocol):
    """Something that speaks HTTP. Keeps connections alive; follows no redirect, retries nothing, decodes nothing."""

    async def open(
        self, method: str, url: str, headers: Mapping[str, str], timeouts: Timeouts, *, public_only: bool = False
    ) -> Response:
        """Send a request without body and return the answer as soon as its head is here.

        Args:
            method: ``GET`` or ``HEAD``.
            url: as it is to be sent, percent-encoded already.
            headers: all that is to be sent beside ``Host``.
            timeouts: for this exchange.
            public_only: say nothing to an address that is not on the internet; see `aisnb.transfer.reach`.

        Raises:
            AttemptFailed: no answer came, or the link leads to an address that must not be asked.
        """

    async def get_again(self, url: str, headers: Mapping[str, str], timeouts: Timeouts) -> Response | None:
        """Send a GET as `open` does, but only over a connection that stands; so the source was judged before.

        Returns:
            The answer; None if nothing was asked, or nobody was there to hear it.

        Raises:
            AttemptFailed: no answer came.
        """

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
