"""What to say of the files of a job that failed: equal reasons once, and what may help. Pure."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from aisnb.client.snapshots import can_retry
from aisnb.protocol.extension import FAILED
from aisnb.templates import glob_in
from aisnb.units import plural, printable
from aisnb.uris import is_link, link_directory, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aisnb.protocol.extension import JobErrorRow, JobSnapshot

_NAMED = 3
_REASON_LENGTH = 240
#: How the transfer begins a reason: with the link, in which all of them differ.
_AFTER_LINK = "' was not fetched: "
#: How it ends a reason that says how the link is to be written.
_TO_BE_WRITTEN = ("write http://", "with its slash, for the files in it")
#: How it ends a reason: with how often it asked, which differs, too.
_TRIES = re.compile(r" \(asked [\d,]+ times\)(?=\.?$)")
#: Statuses after which another try brings nothing, as long as the source has no such file.
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def failure_text(snapshot: JobSnapshot, errors: Sequence[JobErrorRow]) -> str:
    """Return the message of a job that failed: how many files, the first of them, what to do.

    Args:
        snapshot: the job at its end.
        errors: the first of the files that failed.

    Example:
        "Job dnl-x: 2 of 9 files failed: a.tar, b.tar (the source answered 404). '%ais show job dnl-x -v' says why …"
    """
    if snapshot.state == FAILED:
        return f"Job {snapshot.id} could not run: {printable(snapshot.reason) or 'no reason was given'}"
    groups = grouped((error.name, _short_cause(error)) for error in errors)[:_NAMED]
    more = snapshot.failed - sum(len(names) for _, names in groups)
    if len(groups) == 1:
        (cause, names), *_ = groups
        seen = f"of the first {len(names):,}: " if more > 0 else ""
        told = f"{named(names, more=more)} ({seen}{cause})"
    else:
        rest = f"; and {more:,} more" if more > 0 else ""
        told = "; ".join(f"{named(names)} ({cause})" for cause, names in groups) + rest
    counted = (
        plural(snapshot.failed, "file")
        if snapshot.total < 0
        else f"{snapshot.failed:,} of {plural(snapshot.total, 'file')}"
    )
    why = f"'%ais show job {snapshot.id} -v' says why (in Python: job.errors)"
    return f"Job {snapshot.id}: {counted} failed: {told}. {why}{_what_helps(snapshot, errors)}."


def grouped(failures: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Return each reason once, with the names that it is told of; in the order in which they come.

    Args:
        failures: names and reasons.
    """
    groups: dict[str, list[str]] = {}
    for name, reason in failures:
        groups.setdefault(reason, []).append(name)
    return list(groups.items())


def named(names: Sequence[str], most: int = _NAMED, *, more: int = 0) -> str:
    """Return the first names and how many more there are: ``"a.tar, b.tar, c.tar and 9 more"``.

    Args:
        names: those that are known.
        most: so many are told.
        more: how many there are beside them.
    """
    more += max(0, len(names) - most)
    return ", ".join(map(printable, names[:most])) + (f" and {more:,} more" if more > 0 else "")


def without_link(reason: str) -> str:
    """Return a reason without its link and how often it was tried, so that equal reasons are equal."""
    cause = reason.rpartition(_AFTER_LINK)[2] if reason.startswith("'") else reason
    return _TRIES.sub("", cause)


def _what_helps(snapshot: JobSnapshot, errors: Sequence[JobErrorRow]) -> str:
    again = (
        f"'%ais retry {snapshot.id}' (in Python: job.retry())"
        if can_retry(snapshot)
        else "another download of the same"
    )
    if errors and all(error.reason.rstrip(".").endswith(_TO_BE_WRITTEN) for error in errors):
        return ". To try again brings the same: start it anew with the link written so"
    if not errors or any(error.status not in _ABSENT for error in errors):
        return f"; {again} tries them again"
    link = errors[0].url
    if "//" in link.partition("://")[2]:
        return f". The links have two slashes in a row, like '{link}': leave one of them out"
    if "{" in link and "}" not in link:
        return f". The brace in '{link}' is not closed, so this is one name and no template: close it"
    if found := glob_in(link):
        return f". The '{found[0]}' in '{found[1]}' stands for itself: for many files write a range like {{001..010}}"
    place = link_directory(link) if is_link(link) else str(parse_uri(link)[0]) if "://" in link else ""
    listed = f": '%ais ls {place}' (in Python: client.ls)" if place else ""
    return f". Check the names against what the source lists{listed}; {again} helps only once it has them"


def _short_cause(error: JobErrorRow) -> str:
    if error.status >= HTTPStatus.BAD_REQUEST and is_link(error.url):
        return f"the source answered {error.status}"
    reason = printable(without_link(error.reason)).rstrip(".")
    return reason if len(reason) <= _REASON_LENGTH else reason[:_REASON_LENGTH] + "…"
