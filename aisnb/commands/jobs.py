"""Jobs: look at them, wait for them, stop, pause, resume and retry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Protocol, runtime_checkable

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import follow, read_headers
from aisnb.commands.options import AS_JSON, HEADER, PROGRESS, TIMEOUT, VERBOSE, WAIT, YES
from aisnb.commands.results import Message
from aisnb.errors import ConfirmationNeeded, UsageError
from aisnb.patterns import searcher
from aisnb.units import plural

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.client import Job
    from aisnb.commands.context import Context

#: Words for kinds of jobs; ``prefetch`` stands for ``prefetch-objects`` and so on.
KINDS = frozenset(("download", "prefetch", "prefetch-objects", "delete", "delete-objects", "evict", "evict-objects"))

_SHOWN_ERRORS = 20
#: So many files that failed for the same reason have a line each; more share one.
_ONE_BY_ONE = 3

_WORDS = Argument(
    "kind of job (download, prefetch), id of a job, or both", "WORD", completes=("job",), usage="[KIND] [JOB_ID]"
)
ONE_JOB = Argument("id of the job; its kind may stand before it", "JOB_ID", completes=("job",), usage="[KIND] JOB_ID")
_ALL = Option("all of them", flags=("--all",))
_ALL_TOLD = Option("those that ended, too; with --verbose a line for each file that failed", flags=("--all",))
_FILTER = Option("only jobs in whose COLUMN this is found", flags=("--filter",), metavar="COLUMN=REGEX")
_REGEX = Option("only those whose kind or description matches this regular expression")


@runtime_checkable
class LiveJobsMaker(Protocol):
    """A front end whose tables of jobs can stay up to date."""

    def live_jobs(self, found: DataFrame) -> DataFrame:
        """Return the same table, to be shown so."""


@command("show job", aliases=("job show",))
def show_job(
    context: Context,
    words: Annotated[tuple[str, ...], _WORDS] = (),
    *,
    progress: Annotated[bool, PROGRESS] = False,
    wait: Annotated[bool, WAIT] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
    everything: Annotated[bool, _ALL_TOLD] = False,
    regex: Annotated[str, _REGEX] = "",
    filter_by: Annotated[str, _FILTER] = "",
    top: Annotated[int, Option("only the first so many; 0 for all", metavar="N")] = 0,
    as_json: Annotated[bool, AS_JSON] = False,
    verbose: Annotated[bool, VERBOSE] = False,
) -> DataFrame | Job | Message:
    """Show one job, or a table of those that run (with a kind or ``--all``: of those that ended, too).

    The job itself is the value; that files of it failed is an error only where its end is waited for.

    Example:
        %ais show job
        job = %ais show job dnl-SDuNm685R
        %ais show job download dnl-SDuNm685R --progress
    """
    kind, identity = _kind_and_id("show job", words)
    if not identity:
        found = _filtered(_table(context, kind, regex, running_only=not everything and not kind), filter_by)
        found = found.head(top) if top > 0 else found
        return Message(found.to_json(orient="records", date_format="iso", indent=2)) if as_json else found
    job = context.client().job(identity)
    if verbose:
        _tell_more(context, job, everything=everything)
    if as_json:
        ended = follow(context, job, wait=wait, progress=progress, timeout=timeout)
        return Message(_as_json(ended))
    return follow(context, job, wait=wait, progress=progress, timeout=timeout)


def _as_json(job: Job) -> str:
    """Return what is known of a job, as JSON text."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(job.look()), indent=2).decode()


def _filtered(found: DataFrame, text: str) -> DataFrame:
    """Return the rows in whose column a regular expression is found: ``KIND=^dow``.

    Raises:
        UsageError: there is no such column.
    """
    column, equals, pattern = text.partition("=")
    if not text:
        return found
    if not equals or column.lower() not in found:
        raise UsageError(f"'--filter {text}' is not COLUMN=REGEX. Columns are {', '.join(map(str, found))}.")
    matches = searcher(pattern)
    return found.loc[[matches(str(value)) for value in found[column.lower()]]].reset_index(drop=True)


@command("jobs")
def jobs(
    context: Context,
    *,
    regex: Annotated[str, _REGEX] = "",
) -> DataFrame:
    """Show all jobs, those that ended too: in a notebook as a table to click in, which stays up to date.

    The value is a DataFrame everywhere. With ``--regex`` it is shown as it was at that moment, as by ``show job``.

    Example:
        %ais jobs
        df = %ais jobs
    """
    if isinstance(context, LiveJobsMaker) and not regex:
        return context.live_jobs(_listed(context, "", ""))
    return _table(context, "", regex, running_only=False)


@command("wait", aliases=("job wait",))
def wait(
    context: Context,
    words: Annotated[tuple[str, ...], ONE_JOB],
    *,
    progress: Annotated[bool, PROGRESS] = False,
    timeout: Annotated[float | None, TIMEOUT] = None,
) -> Job:
    """Wait for a job's end and return it; files that failed are an error, each time.

    Example:
        %ais wait dnl-SDuNm685R --timeout 10m
    """
    return follow(context, one_job(context, "wait", words), wait=True, progress=progress, timeout=timeout)


@command("stop", aliases=("job stop",))
def stop(
    context: Context,
    words: Annotated[tuple[str, ...], _WORDS] = (),
    *,
    everything: Annotated[bool, _ALL] = False,
    regex: Annotated[str, _REGEX] = "",
    yes: Annotated[bool, YES] = False,
    force: Annotated[bool, Option("accepted for the ais CLI's sake", flags=("--force", "-f"))] = False,
) -> Message:
    """Stop a job, or all that run. What it has brought stays; the same started again brings the rest.

    Example:
        %ais stop dnl-SDuNm685R
        %ais stop download --all
    """
    from aisnb.client.going_on import rest_text

    kind, identity = _kind_and_id("stop", words)
    if identity:
        job = context.client().job(identity)
        stopped = _stop(job)
        if rest := rest_text(job.last):
            context.note(rest)
        return stopped
    if not (everything or yes or regex):
        what = f"all '{kind}' jobs" if kind else "every job"
        raise ConfirmationNeeded(f"This would stop {what}. Name one by its id, or say --all (or -y) to stop them.")
    running = _listed(context, kind, regex, running_only=True)["id"].tolist()
    if not running:
        return Message(f"No running {kind + ' ' if kind else ''}jobs, nothing to do")
    return Message("\n".join(_stop(context.client().job(identity)) for identity in running))


@command("pause", aliases=("job pause",))
def pause(context: Context, words: Annotated[tuple[str, ...], ONE_JOB]) -> Job:
    """Pause a job; files in flight are kept for later.

    Example:
        %ais pause dnl-SDuNm685R
    """
    return one_job(context, "pause", words).pause()


@command("resume", aliases=("job resume",))
def resume(
    context: Context,
    words: Annotated[tuple[str, ...], ONE_JOB],
    *,
    header: Annotated[tuple[str, ...], HEADER] = (),
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
) -> Job:
    """Go on with a paused job. Credentials for the source are never kept: give them again.

    Example:
        %ais resume dnl-SDuNm685R
    """
    job = one_job(context, "resume", words).resume(headers=read_headers(header))
    return follow(context, job, wait=wait, progress=progress)


@command("retry", aliases=("job retry",))
def retry(
    context: Context,
    words: Annotated[tuple[str, ...], ONE_JOB],
    *,
    header: Annotated[tuple[str, ...], HEADER] = (),
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
) -> Job:
    """Start a new job of exactly the files that failed in an earlier one, and return it.

    Example:
        job = %ais retry dnl-SDuNm685R --progress
    """
    job = one_job(context, "retry", words).retry(headers=read_headers(header))
    return follow(context, job, wait=wait, progress=progress)


@command("job rm")
def forget(
    context: Context,
    words: Annotated[tuple[str, ...], _WORDS] = (),
    *,
    everything: Annotated[bool, Option("every job that has ended", flags=("--all",))] = False,
    regex: Annotated[str, _REGEX] = "",
) -> Message:
    """Take jobs that have ended off the list; what they brought stays.

    Example:
        %ais job rm download dnl-SDuNm685R
        %ais job rm --all
    """
    kind, identity = _kind_and_id("job rm", words)
    if bool(identity) == (everything or bool(regex)):
        raise UsageError("Say which job to take off the list, by its id, or those that ended, by --all or --regex.")
    if identity:
        return _forget(context, context.client().job(identity))
    found = _listed(context, kind, regex, ended_only=True)["id"].tolist()
    lines = [_forget(context, context.client().job(each)) for each in found]
    return Message("\n".join(lines) or f"No {kind + ' ' if kind else ''}job has ended, nothing to do")


def _forget(context: Context, job: Job) -> Message:
    from aisnb.protocol.extension import ENDED

    if job.state not in ENDED:
        raise UsageError(f"Job {job.id} is {job.state} and stays on the list. '%ais stop {job.id}' stops it.")
    context.client().forget(job.id)
    return Message(f'Removed {job.state} {job.kind.partition("-")[0]} job "{job.id}"', value=job.id)


def _kind_and_id(name: str, words: tuple[str, ...]) -> tuple[str, str]:
    """Return the kind and the id among `words`, in any order; "" for what is not there."""
    kinds = [word for word in words if word in KINDS]
    identities = [word for word in words if word not in KINDS]
    if len(kinds) > 1 or len(identities) > 1:
        raise UsageError(
            f"'%ais {name} {' '.join(words)}' names more than one job. Say one id, and its kind if you like."
        )
    return (kinds or [""])[0], (identities or [""])[0]


def one_job(context: Context, name: str, words: tuple[str, ...]) -> Job:
    """Return the job that the words of the command `name` mean.

    Raises:
        UsageError: they mean none, or more than one.
    """
    kind, identity = _kind_and_id(name, words)
    if not identity:
        raise UsageError(f"'%ais {name} {kind}' does not say which job. '%ais show job {kind} --all' lists their ids.")
    return context.client().job(identity)


def _stop(job: Job) -> Message:
    from aisnb.protocol.extension import ENDED

    kind = job.kind.partition("-")[0]
    if job.state in ENDED:
        return Message(f"{kind} job {job.id} is {job.state} already, nothing to do", value=job.id)
    job.stop()
    return Message(f"Stopped {kind} job {job.id}", value=job.id)


def _table(context: Context, kind: str, regex: str, *, running_only: bool) -> DataFrame:
    found = _listed(context, kind, regex, running_only=running_only)
    if found.empty:
        more = " Use '--all' to show all." if running_only else ""
        context.note(f"No {'running ' if running_only else ''}{kind + ' ' if kind else ''}jobs.{more}")
    return found


def _listed(
    context: Context, kind: str, regex: str, *, running_only: bool = False, ended_only: bool = False
) -> DataFrame:
    """Return the jobs that are meant, those that run first."""
    from aisnb.explore.listing import compile_regex
    from aisnb.explore.tables import mark
    from aisnb.protocol.extension import ENDED

    pattern = compile_regex(regex)
    found = context.client().jobs()
    ended = found["state"].isin(list(ENDED))
    chosen = [
        each.partition("-")[0].startswith(kind.partition("-")[0])
        and bool(pattern.search(each) or pattern.search(description or ""))
        for each, description in zip(found["kind"].tolist(), found["description"].tolist(), strict=True)
    ]
    found, ended = found.loc[chosen], ended.loc[chosen]
    if running_only:
        found = found[~ended]
    elif ended_only:
        found = found[ended]
    else:
        found = found.loc[ended.sort_values(kind="stable").index]
    return mark(found.reset_index(drop=True))


def _tell_more(context: Context, job: Job, *, everything: bool) -> None:
    """Say what a job's own text leaves out: its limits, and why files failed."""
    from aisnb.client.snapshots import limits_text

    if job.limits is not None:
        context.note(f"Limits of {job.id}: {limits_text(job.limits)}.")
    if job.failed:
        _tell_errors(context, job, everything=everything)


def _tell_errors(context: Context, job: Job, *, everything: bool) -> None:
    """Say why files failed: a line for each; of many, unless `everything` is wanted, the first."""
    from aisnb.client.failures import grouped, named, without_link

    errors = job.errors
    reasons = dict(zip(errors["name"].tolist(), errors["reason"].tolist(), strict=True))
    lines = list[tuple[int, str]]()
    for reason, names in grouped((name, without_link(reason)) for name, reason in reasons.items()):
        if len(names) > _ONE_BY_ONE and not everything:
            lines.append((len(names), f"{plural(len(names), 'file')}: {reason} They are {named(names, _SHOWN_ERRORS)}"))
        else:
            lines += [(1, f"{name}: {reasons[name]}") for name in names]
    shown = len(lines) if everything else _SHOWN_ERRORS
    for _, line in lines[:shown]:
        context.warn(line)
    if more := sum(count for count, _ in lines[shown:]):
        context.warn(f"… and {plural(more, 'file')} more")
    if not everything and len(reasons) > _SHOWN_ERRORS:
        context.note(f"'%ais show job {job.id} -v --all' has a line for each (in Python: job.errors).")
