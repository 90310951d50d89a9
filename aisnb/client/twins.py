"""Public methods in pairs: ``ls`` waits, ``ls_async`` is awaited. Both run one coroutine on the portal."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from aisnb.arguments import checked
from aisnb.client import portal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")


def blocking(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Return the public method that waits for `work`, a private coroutine method ``_name``."""
    begin = checked(work)

    @functools.wraps(work)
    def method(*args: P.args, **kwargs: P.kwargs) -> T:
        return portal.run(begin(*args, **kwargs))

    _name(method, work, "")
    return method


def awaitable(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return the public coroutine method ``name_async`` of `work`, a private coroutine method ``_name``."""
    begin = checked(work)

    @functools.wraps(work)
    async def method(*args: P.args, **kwargs: P.kwargs) -> T:
        return await portal.arun(begin(*args, **kwargs))

    _name(method, work, "_async")
    return method


def twins(
    work: Callable[P, Coroutine[Any, Any, T]],
) -> tuple[Callable[P, T], Callable[P, Coroutine[Any, Any, T]]]:
    """Return `blocking` and `awaitable` of `work`.

    Example:
        ls, ls_async = twins(_ls)
    """
    return blocking(work), awaitable(work)


def _name(method: Any, work: Any, ending: str) -> None:
    method.__name__ = work.__name__.removeprefix("_") + ending
    method.__qualname__ = f"{work.__qualname__.rpartition('.')[0]}.{method.__name__}"
