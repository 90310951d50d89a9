"""The table of jobs: which of them are shown, and what is done about the one that is chosen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, HBox, Layout, VBox

from aisnb.client import portal
from aisnb.client.job_pages import JobPages
from aisnb.client.jobs import job_table
from aisnb.client.snapshots import has_ended
from aisnb.errors import AisnbError, UsageError
from aisnb.notebook import pieces
from aisnb.notebook.jobs import style
from aisnb.notebook.jobs.details import Details
from aisnb.notebook.jobs.filters import Filters
from aisnb.notebook.jobs.table import ROWS, Table
from aisnb.notebook.jobs.watch import Watch
from aisnb.notebook.pager import Pager
from aisnb.notebook.panel import Panel
from aisnb.protocol.extension import CHOICES, JobQuery

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.client.job_pages import Look
    from aisnb.protocol.downloads import Limits

_DOING = {"pause": "Pausing", "resume": "Going on with", "stop": "Stopping", "retry": "Retrying"}


class JobBoard(Panel):
    """A table of jobs that stays up to date until it is closed, or its cell is run again.

    All that it knows changes on the portal's loop; clicks are handed over to that, so that nobody waits for them.

    Args:
        choice: which jobs at first, one of `aisnb.protocol.extension.CHOICES`.
        match: only those whose id, kind or description has this in it.

    Raises:
        UsageError: there is no such choice.
        AisnbError: the endpoint does not answer.
    """

    def __init__(self, choice: str = "all", match: str = "") -> None:
        fitting = next((each for each in CHOICES if each == choice), None)
        if fitting is None:
            raise UsageError(f"There is no choice '{choice}' of jobs. Use one of: {', '.join(CHOICES)}.")
        self._pages = JobPages()
        query = JobQuery(fitting, match, limit=ROWS)
        self._look: Look = portal.run(self._pages.look(query, start=True))
        self._watch = Watch(self._pages, query, self)
        self._limiting = asyncio.Lock()
        self._retry = ""
        self._filters = Filters(query, self._ask)
        self._pager = Pager(ROWS, ("job", "jobs"), ("Newer", "Older"), lambda offset: self._ask(offset=offset))
        self._table = Table(lambda job: self._ask(job=job))
        self._details = Details(self._act, self._limit, self._pages)
        self._said, self._trouble = HTML(), HTML()
        super().__init__(self._arranged(), self._table.widgets)

    def show(self, look: Look) -> None:
        """Show the jobs as they are now. Called on the portal's loop, as all that follows."""
        query, page = self._watch.query, look.page
        if not page.jobs and page.total:
            self._watch.ask(offset=(page.total - 1) // ROWS * ROWS)  # the page that was shown is gone
            return
        if page.chosen is not None and page.chosen.id == self._retry and has_ended(page.chosen):
            self._said.value = self._retry = ""  # how it ended stands above
        if query.job and page.chosen is None:
            self._said.value = pieces.hint(f"Job {query.job} is not on the list any more.")
            self._watch.ask(job="")
        self._look = look
        self._trouble.value = "" if page.jobs else pieces.hint(self._filters.nothing)
        self._table.show(page.jobs, query.job)
        self._pager.show(query.offset, len(page.jobs), page.total)
        self._details.show(page.chosen, of_cluster=query.job in look.of_cluster)

    def show_trouble(self, text: str) -> None:
        """Say why nobody knows how the jobs are; what was known stays to be read."""
        self._trouble.value = pieces.failure(text)

    async def _begin(self) -> None:
        """Show what was seen, choose the newest job that goes on, and look from now on."""
        if not self._watch.is_on:
            jobs = self._look.page.jobs
            first = next((job for job in jobs if not has_ended(job)), jobs[0] if jobs else None)
            self._look.page.chosen = first
            self._watch.ask(job=first.id if first else "")
            self.show(self._look)

    async def _end(self) -> None:
        await self._watch.close()

    def _ask(self, **changes: Any) -> None:
        """Look at other jobs; from any thread."""

        async def ask() -> None:
            self._said.value = ""
            self._watch.ask(**changes)

        portal.launch(ask())

    def _act(self, what: str) -> None:
        portal.launch(self._do(what, self._watch.query.job))

    async def _do(self, what: str, job: str) -> None:
        self._details.keep(what)
        self._said.value = pieces.hint(f"{_DOING[what]} {job} …")
        fresh = job
        try:
            if what == "retry":
                self._retry = fresh = await self._pages.retry(job)
                self._said.value = pieces.hint(f"Job {fresh} tries again what failed in {job}.")
            else:
                await self._pages.control(job, what)
                self._said.value = ""
        except AisnbError as exc:
            self._said.value = pieces.failure(str(exc))
        self._details.keep("")
        self._watch.ask(**({"job": fresh, "offset": 0} if fresh != job else {}))

    def _limit(self, limits: Limits) -> None:
        portal.launch(self._have_limits(self._watch.query.job, limits))

    async def _have_limits(self, job: str, limits: Limits) -> None:
        """Change the limits, one change after the other."""
        async with self._limiting:
            try:
                await self._pages.limit(job, limits)
                self._said.value = ""
            except AisnbError as exc:
                self._said.value = pieces.failure(str(exc))
            self._details.limits.answered(limits)
        self._watch.ask()

    def _arranged(self) -> VBox:
        spread = Layout(justify_content="space-between", flex_flow="row wrap")
        head = HBox([self._filters.box, self._pager.box], layout=spread)
        box = VBox([HTML(style.SHEET), head, self._trouble, self._table.box, self._details.box, self._said])
        box.add_class(style.BOARD_CLASS)
        box.add_class(f"{style.BOARD_CLASS}-board")
        return box

    def _frame(self) -> DataFrame:
        from aisnb.explore.tables import mark

        return mark(job_table(self._look.page.jobs))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        from aisnb.explore.tables import render_html

        return {"text/plain": repr(self), "text/html": render_html(self._frame()), **self.view()}

    def __repr__(self) -> str:
        from aisnb.explore.tables import render_text

        page = self._look.page
        more = page.total - len(page.jobs)
        rest = f"\n… and {more:,} more: '%ais show job --all' has them all." if more > 0 else ""
        return render_text(self._frame()) + rest
