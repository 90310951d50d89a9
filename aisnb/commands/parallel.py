"""Several small pieces of work at once, all of them tried."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from aisnb.errors import AisnbError
from aisnb.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aisnb.commands.context import Context

T = TypeVar("T")

#: As many as the ``ais`` CLI reads at once.
_AT_ONCE = 4
_WARNINGS = 10


def for_each(
    context: Context, verb: str, items: Iterable[T], work: Callable[[T], object], *, progress: str = ""
) -> int:
    """Do `work` with each item, some at a time; warn of each that fails, and raise at the end if one did.

    Args:
        context: where warnings go.
        verb: for the messages: ``GET``.
        items: what to work on; `str` of one is its name.
        work: raises `AisnbError` if it fails.
        progress: what to call the items in a bar, "" for none.

    Returns:
        How many items there were.

    Raises:
        AisnbError: some failed.
    """
    from concurrent.futures import ThreadPoolExecutor

    def attempt(item: T) -> AisnbError | None:
        try:
            work(item)
        except AisnbError as exc:
            return exc
        return None

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="aisnb-command")
    try:
        todo = list(items)
        outcomes = list(_counted(pool.map(attempt, todo), len(todo), progress))
    finally:
        pool.shutdown(cancel_futures=True)
    failures = [(item, error) for item, error in zip(todo, outcomes, strict=True) if error is not None]
    if failures:
        raise _summed_up(context, verb, failures, len(todo))
    return len(todo)


def _counted(outcomes: Iterable[T], total: int, title: str) -> Iterable[T]:
    """Return the outcomes, with a bar while they come if it has a title."""
    from aisnb.settings import read_settings

    if not title or read_settings().progress == "off":
        return outcomes
    from tqdm import std

    return std.tqdm(outcomes, title, total, file=sys.stderr, leave=False)


def _summed_up(context: Context, verb: str, failures: list[tuple[T, AisnbError]], total: int) -> AisnbError:
    """Return the one error that says what went wrong; where several things did, warn of the first few."""
    first = failures[0][1]
    if len(failures) == total and len({str(error) for _, error in failures}) == 1:
        return first
    counted = f"failed to {verb} {len(failures):,} of {plural(total, 'object')}"
    if len(failures) == 1:
        summary = AisnbError(f"{counted}: {failures[0][0]}: {first}")
    else:
        for item, error in failures[:_WARNINGS]:
            context.warn(f"{item}: {error}")
        more = f", the first {_WARNINGS} are named above" if len(failures) > _WARNINGS else ""
        summary = AisnbError(f"{counted}{more}: {first}")
    summary.__cause__ = first
    return summary
