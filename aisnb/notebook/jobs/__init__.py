"""The table of jobs to click in: what ``%ais jobs`` shows, and `aisnb.jobs_widget` makes.

style, rows      how it looks: the sheet, and a job as a row of HTML
table            a page of jobs
filters          which jobs
details          the job that was chosen, and what can be done about it, with its limits and errors
watch            looks again when something changes
board, frame     all of it together; the DataFrame that is shown so
"""

from __future__ import annotations

from aisnb.arguments import checked
from aisnb.notebook.jobs.board import JobBoard
from aisnb.notebook.jobs.frame import LiveJobs

__all__ = ["JobBoard", "LiveJobs", "jobs_widget"]


@checked
def jobs_widget(choice: str = "all", match: str = "") -> JobBoard:
    """Return a table of all jobs that stays up to date, to be shown as the last value of a cell.

    It has the jobs of the endpoint in use: state, bar, rate, time left; of the one that is chosen the files that
    failed, and sliders and buttons to limit, pause, resume, stop and retry it. Jobs belong to the node, so after a
    restart of the kernel the same cell shows them again.

    Args:
        choice: which jobs at first: ``all``, ``active`` (not ended), ``paused``, ``finished``, ``aborted`` (stopped),
            or ``faults`` (files failed, or the job itself did).
        match: only those whose id, kind or description has this in it.

    Returns:
        A table with ``.close()``. Where no page shows widgets, it is a text like that of ``%ais show job``.

    Raises:
        UsageError: there is no such choice.
        AisnbError: the endpoint does not answer.

    Example:
        aisnb.jobs_widget("active")
    """
    return JobBoard(choice, match)
