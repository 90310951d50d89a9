"""Work on the portal's loop, one of each kind at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aisnb.client import portal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Errands:
    """Whoever clicks again means the newer click: the work before it is called off.

    Args:
        tell: called with what nobody expected; that would be lost on the loop otherwise.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def send(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`, which deals with its own errors, in place of the work of that kind; from any thread."""

        async def begin() -> None:
            self.start(kind, work)

        portal.launch(begin())

    def start(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        """Start `work`, which deals with errors of ours itself, as `send` does; on the portal's loop."""
        self.stop(kind)
        if self._closed:
            work.close()
        else:
            self._tasks[kind] = task = asyncio.get_running_loop().create_task(self._do(work))
            task.add_done_callback(lambda _task: work.close())  # it may be called off before it has begun

    async def wait(self, kind: str, seconds: float) -> None:
        """Wait for the end of the work of a kind, but not for long."""
        if (task := self._tasks.get(kind)) is not None:
            await asyncio.wait([task], timeout=seconds)

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  # nobody above would tell the user
            self._tell(f"Unexpected {type(error).__name__}: {error}. Look again, or try it in a cell.")

    def stop(self, kind: str) -> None:
        """Call off the work of a kind; on the portal's loop."""
        if (task := self._tasks.pop(kind, None)) is not None:
            task.cancel()

    async def close(self) -> None:
        """Call off all work, now and from now on; on the portal's loop. Twice is harmless."""
        self._closed = True
        tasks = list(self._tasks.values())
        for kind in list(self._tasks):
            self.stop(kind)
        if tasks:
            await asyncio.wait(tasks)
