"""The files of a job that failed, a page at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ipywidgets import HTML, VBox

from aisnb.client import portal
from aisnb.client.snapshots import known
from aisnb.errors import AisnbError
from aisnb.notebook import pieces
from aisnb.notebook.jobs.style import ERRORS_CLASS
from aisnb.notebook.pager import Pager

if TYPE_CHECKING:
    from aisnb.client.job_pages import JobPages
    from aisnb.protocol.extension import JobErrorRow, JobSnapshot

_ROWS = 10
#: A job whose files fail by the hundred is not asked about each of them.
_PACE_SECONDS = 0.5


class ErrorTable:
    """A table of failed files, fetched when there are more of them.

    Attributes:
        box: its widgets, hidden while nothing failed.

    Args:
        pages: where to ask.
    """

    def __init__(self, pages: JobPages) -> None:
        self._pages = pages
        self._job = ""
        self._failed = 0
        self._offset = 0
        self._fetching: asyncio.Task[None] | None = None
        self._table = HTML()
        self._table.add_class(ERRORS_CLASS)
        words = ("Previous", "Next")
        self._pager = Pager(_ROWS, ("failed file", "failed files"), words, lambda to: portal.launch(self._turn(to)))
        self.box = VBox([self._pager.box, self._table])
        self._show([])

    def follow(self, snapshot: JobSnapshot) -> None:
        """Show the failed files of this job as it is now; on the portal's loop."""
        failed = max(0, snapshot.failed)
        if snapshot.id != self._job:
            self._job, self._failed, self._offset = snapshot.id, 0, 0
            self._show([])
        if failed != self._failed:
            self._failed = failed
            self._fetch(_PACE_SECONDS if self._table.value else 0.0)

    async def _turn(self, offset: int) -> None:
        self._offset = offset
        self._fetch()

    def _fetch(self, pause: float = 0.0) -> None:
        if self._fetching is not None and not pause:
            self._fetching.cancel()
        elif self._fetching is not None and not self._fetching.done():
            return  # it asks after its pause, and so for the newest
        self._fetching = asyncio.get_running_loop().create_task(self._ask(self._job, pause))

    async def _ask(self, job: str, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            rows = await self._pages.errors(job, self._offset, _ROWS)
        except AisnbError:
            rows = []  # the job is gone, or the endpoint; the table of jobs says so
        if job == self._job:
            self._show(rows)

    def _show(self, rows: list[JobErrorRow]) -> None:
        self._pager.show(self._offset, len(rows), self._failed)
        self._table.value = errors_html(rows)
        self.box.layout.display = "" if rows else "none"


def errors_html(rows: list[JobErrorRow]) -> str:
    """Return failed files as a table: name, HTTP status, tries, reason; "" if there are none."""
    if not rows:
        return ""
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("File", "Status", "Tries", "Reason"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def _row(error: JobErrorRow) -> str:
    cells = (error.name, str(known(error.status) or "–"), str(known(error.tries) or "–"), error.reason or "–")
    return f"<tr>{''.join(f'<td>{pieces.text(cell)}</td>' for cell in cells)}</tr>"
