"""When to try again, and how long to wait before."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from aisnb.transfer.engine import AttemptFailed


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a fetch is.

    Attributes:
        tries: attempts in a row that bring nothing new before the fetch fails.
        attempts: attempts in all, however much they bring.
        base: seconds; the first wait lies between 0 and this, and each next bound doubles (full jitter).
        cap: seconds; the longest wait of ours.
        longest_retry_after: seconds; what of a source's Retry-After is heeded.
        patience: seconds that a source may stay out of reach after it first was, over all files asked of it.
        patience_nearby: the same for a source on this machine that never answered: no network is to blame there.
        connect: seconds until a connection must stand.
        stall: seconds without a byte after which an attempt is given up.
        random: where jitter comes from; a seeded one makes it repeatable.
    """

    tries: int = 6
    attempts: int = 50
    base: float = 0.2
    cap: float = 10.0
    longest_retry_after: float = 60.0
    patience: float = 5.0
    patience_nearby: float = 1.0
    connect: float = 10.0
    stall: float = 30.0
    random: Random = field(default_factory=Random)

    def wait(self, failures: int, retry_after: float = 0.0) -> float:
        """Return the seconds to wait after so many failures in a row (1 or more)."""
        bound = min(self.cap, self.base * 2 ** min(failures - 1, 32))
        return max(self.random.uniform(0, bound), min(retry_after, self.longest_retry_after))


class Outages:
    """Which sources are out of reach, and since when.

    Shared by all files of a fetcher: when a source is gone, ten thousand files do not wait for it one by one.

    Args:
        policy: says how long to be patient.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._answered = set[str]()
        self._known: dict[str, tuple[float, float]] = {}  # origin -> first and last time it was out of reach

    def reached(self, origin: str) -> None:
        """Note that the source answered."""
        self._answered.add(origin)
        if self._known:
            self._known.pop(origin, None)

    def exhausted(self, origin: str, since: float) -> bool:
        """Note that the source is out of reach, and return whether it has been so for too long.

        Args:
            origin: the source.
            since: when the attempt to reach it began (monotonic seconds). If nobody had tried for longer than the
                patience lasts, the outage known before is an old story, and a new one begins.
        """
        now, patience = time.monotonic(), self._patience(origin)
        first, last = self._known.get(origin, (now, now))
        if since - last > patience:
            first = now
        self._known[origin] = (first, now)
        return now - first >= patience

    def _patience(self, origin: str) -> float:
        if origin in self._answered or not _is_on_this_machine(origin):
            return self._policy.patience
        return min(self._policy.patience, self._policy.patience_nearby)


def _is_on_this_machine(origin: str) -> bool:
    """Return whether a source is named by a loopback name or address (RFC 6761 section 6.3)."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # another name
        return False


class Tries:
    """The attempts of one fetch."""

    def __init__(self, policy: RetryPolicy) -> None:
        self.count = 0
        self._policy = policy
        self._in_vain = 0
        self._best = 0

    def wait(self, failure: AttemptFailed, position: int) -> float | None:
        """Return the seconds until the next attempt, or None if there shall be none.

        Args:
            failure: how the attempt ended.
            position: the bytes of the file that are here; more than ever before is progress, which starts the
                count of attempts in vain anew.
        """
        self._in_vain = 1 if position > self._best else self._in_vain + 1
        self._best = max(self._best, position)
        if failure.final or self.count >= self._policy.attempts:
            return None
        if self._in_vain >= self._policy.tries and not failure.unreachable:  # for those, patience decides
            return None
        wait = self._policy.wait(self._in_vain, failure.retry_after)
        # A wait longer than the patience would make an old story of the outage, and patience would never end.
        return min(wait, self._policy.patience_nearby / 2) if failure.unreachable else wait


def parse_retry_after(text: str) -> float:
    """Return the seconds that a Retry-After header (seconds or an HTTP date) asks for, 0 if it asks for none.

    RFC 9110 section 10.2.3.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
