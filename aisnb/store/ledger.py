"""Which files of a job are finished: a set of indices, kept as few runs. Pure."""

from __future__ import annotations

from bisect import bisect_right
from itertools import count
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Ledger:
    """A growing set of indices, as sorted runs [start, end).

    Files finish nearly in order, so a job of ten million files needs a handful of runs.

    Args:
        indices: what it holds at first.

    Example:
        ledger = Ledger([0, 1, 5])
        list(ledger.pending(7))  # [2, 3, 4, 6]
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self, indices: Iterable[int] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for index in indices:
            self.add(index)

    def __contains__(self, index: int) -> bool:
        run = bisect_right(self._starts, index) - 1
        return run >= 0 and index < self._ends[run]

    def __len__(self) -> int:
        return sum(self._ends) - sum(self._starts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self.runs() == other.runs()

    __hash__ = None  # type: ignore[assignment]  # it changes, so it is no key

    def __repr__(self) -> str:
        return f"Ledger.decode({self.encode()!r})"

    def runs(self) -> list[tuple[int, int]]:
        """Return the runs [start, end), sorted, none touching another."""
        return list(zip(self._starts, self._ends, strict=True))

    def add(self, index: int) -> bool:
        """Take `index` in; return whether it is new."""
        starts, ends = self._starts, self._ends
        after = bisect_right(starts, index)
        if after and index < ends[after - 1]:
            return False
        joins_left = after > 0 and ends[after - 1] == index
        joins_right = after < len(starts) and starts[after] == index + 1
        if joins_left and joins_right:
            ends[after - 1] = ends.pop(after)
            del starts[after]
        elif joins_left:
            ends[after - 1] = index + 1
        elif joins_right:
            starts[after] = index
        else:
            starts.insert(after, index)
            ends.insert(after, index + 1)
        return True

    def pending(self, total: int, from_: int = 0) -> Iterator[int]:
        """Yield the indices from `from_` up to `total` that are not in here, in order and lazily.

        Args:
            total: where to stop; below 0 (unknown) it never stops.
            from_: where to begin.
        """
        index = from_
        for start, end in zip(list(self._starts), list(self._ends), strict=True):
            if end > index:
                yield from range(index, start if total < 0 else min(start, total))
                index = end
        yield from count(index) if total < 0 else range(index, total)

    def encode(self) -> str:
        """Return the runs as JSON: ``[start, end, start, end, …]``."""
        flat = [bound for run in zip(self._starts, self._ends, strict=True) for bound in run]
        return msgspec.json.encode(flat).decode()

    @classmethod
    def decode(cls, text: str) -> Ledger:
        """Return the ledger that `encode` wrote as `text`; "" is an empty one."""
        bounds = msgspec.json.decode(text, type=list[int]) if text else []
        ledger = cls()
        ledger._starts, ledger._ends = bounds[::2], bounds[1::2]
        return ledger
