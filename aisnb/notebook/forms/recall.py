"""What a form finds when its cell is run again, also by a new kernel: a served directory, a running job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.client import node_status
from aisnb.client.files import list_servers
from aisnb.protocol.extension import ENDED

if TYPE_CHECKING:
    from aisnb.client import Job
    from aisnb.commands import Context


@dataclass(frozen=True, slots=True)
class Recalled:
    """Earlier work.

    Attributes:
        asked: the directory that was looked for; "" if any would do.
        directory: what is served.
        url: where.
        job: the newest job that copies from there and has not ended; None if there is none.
    """

    asked: str
    directory: Path
    url: str
    job: Job | None


def recall(context: Context, asked: str = "") -> Recalled | None:
    """Return a directory that is served, and the job that copies from it; starts no node.

    Args:
        context: where the jobs are.
        asked: which directory; "" takes the one that a job copies from now, or the only one that is served.

    Raises:
        AisnbError: the endpoint does not answer.
    """
    if not node_status().running:
        return None
    served = list_servers()
    places = [
        (Path(directory), url)
        for directory, url in zip(served["directory"].tolist(), served["url"].tolist(), strict=True)
        if not asked or Path(asked).expanduser().resolve() == Path(directory)
    ]
    for job in _running_jobs(context) if places else ():
        for directory, url in places:
            if job.last.source.startswith(url):
                return Recalled(asked, directory, url, job)
    return Recalled(asked, *places[0], None) if len(places) == 1 else None


def _running_jobs(context: Context) -> list[Job]:
    """Return the jobs that have not ended, newest first."""
    jobs = context.client().jobs()
    running = jobs.loc[~jobs["state"].isin(list(ENDED)), "id"]
    return [context.client().job(identity) for identity in running.tolist()]
