"""Several small pieces of work at once, all of them tried."""

from __future__ import annotations

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


def for_each(context: Context, verb: str, items: Iterable[T], work: Callable[[T], object]) -> int:
    """Do `work` with each item, some at a time; warn of each that fails, and raise at the end if one did.

    Args:
        context: where warnings go.
        verb: for the messages: ``GET``.
        items: what to work on; `str` of one is its name.
        work: raises `AisnbError` if it fails.

    Returns:
        How many items there were.

    Raises:
        AisnbError: some failed.
    """
    from concurrent.futures import ThreadPoolExecutor

    def attempt(item: T) -> str:
        try:
            work(item)
        except AisnbError as exc:
            return f"{item}: {exc}"
        return ""

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="aisnb-command")
    try:
        results = list(pool.map(attempt, items))
    finally:
        pool.shutdown(cancel_futures=True)
    failures = [result for result in results if result]
    for failure in failures[:_WARNINGS]:
        context.warn(failure)
    if failures:
        more = f", the first {_WARNINGS} are named above" if len(failures) > _WARNINGS else ""
        raise AisnbError(f"failed to {verb} {len(failures):,} of {plural(len(results), 'object')}{more}: {failures[0]}")
    return len(results)
