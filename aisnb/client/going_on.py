"""How to have the rest of a job that was stopped: the same again, which skips what is here. Pure."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from aisnb.protocol.downloads import Limits
from aisnb.protocol.extension import ABORTED
from aisnb.protocol.messages import DOWNLOAD_KIND, PREFETCH_KIND
from aisnb.templates import Template
from aisnb.units import exact_size
from aisnb.uris import is_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.protocol.extension import JobSnapshot

#: How the node describes a prefetch; nobody can give it words of his own.
_PREFETCH_ALL = "prefetch entire bucket "
_PREFETCH_SOME = re.compile(r'prefetch "(.+)" from ')


def rest_text(snapshot: JobSnapshot) -> str:
    """Return how to have what a stopped job did not bring, as a sentence without its full stop; "" of any other job.

    Example:
        "To have the rest, start it again; what is here already is skipped: %ais start download 'http://…' ais://abc …"
    """
    if snapshot.state != ABORTED:
        return ""
    if snapshot.kind not in (DOWNLOAD_KIND, PREFETCH_KIND):
        return "To have the rest, start it again as at first"
    line = line_again(snapshot)
    how = f"; what is here already is skipped: {line}" if line else " as at first; what is here already is skipped"
    call = "client.download" if snapshot.kind == DOWNLOAD_KIND else "client.prefetch"
    return f"To have the rest, start it again{how} (in Python: the same {call})"


def refusal(snapshot: JobSnapshot, what: str) -> str:
    """Return what to say to somebody who would have an ended job go on, or rest: ``what`` is ``resumed`` and such."""
    rest = rest_text(snapshot)
    said = "was stopped, which ended it" if rest else f"is {snapshot.state}"
    return f"Job {snapshot.id} cannot be {what}: it {said}.{f' {rest}' if rest else ''}"


def line_again(snapshot: JobSnapshot) -> str:
    """Return the command that starts the same again, "" if nobody knows all its words."""
    if snapshot.kind == DOWNLOAD_KIND:
        known = snapshot.destination and is_link(snapshot.source)
        words = (snapshot.source, snapshot.destination, *_limits_again(snapshot.limits or Limits()))
        return f"%ais start download {shlex.join(words)}" if known else ""
    if snapshot.description.startswith(_PREFETCH_ALL):
        return f"%ais start prefetch {snapshot.source}"
    found = _PREFETCH_SOME.match(snapshot.description)
    if found is None or not Template(found[1]).is_range:
        return ""
    return f"%ais start prefetch {snapshot.source} --template {shlex.quote(found[1])}"


def _limits_again(limits: Limits) -> Iterator[str]:
    """Yield the flags that set these limits."""
    if limits.connections:
        yield f"--max-conns={limits.connections}"
    if limits.bytes_per_hour:
        yield f"--limit-bph={exact_size(limits.bytes_per_hour)}"
