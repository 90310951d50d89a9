"""One job as a row of the table, in HTML. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from aisnb.client.snapshots import all_failed, amounts, files_text, progress_text, time_left
from aisnb.notebook import cards, pieces
from aisnb.notebook.jobs.style import CELLS_CLASS, DESTINATION_CLASS, SOURCE_CLASS
from aisnb.protocol.extension import RUNNING
from aisnb.units import human_duration, human_size, printable

if TYPE_CHECKING:
    from aisnb.protocol.extension import JobSnapshot

JOB_HEAD = '<div class="aisnb-jobs-heads aisnb-jobs-heads-job">Job</div>'
HEADS = (
    f'<div class="{CELLS_CLASS} aisnb-jobs-heads"><span>State</span><span>Progress</span>'
    '<span class="aisnb-jobs-number">Files</span><span class="aisnb-jobs-number">Speed</span>'
    '<span class="aisnb-jobs-number">Left</span><span class="aisnb-jobs-what">What</span></div>'
)


def row(snapshot: JobSnapshot) -> str:
    """Return a job's state, bar, files, speed, time left and what it does; a screen reader hears it as a sentence."""
    running = snapshot.state == RUNNING
    left = time_left(snapshot)
    speed = f"{human_size(snapshot.rate)}/s" if running and snapshot.rate >= 0 else ""
    tone = cards.tone_of(snapshot)
    colour = pieces.COLOURS[tone]
    mark = "✕" if tone == pieces.DANGER else "●"  # "finished" beside a red dot is read twice
    said = f"{snapshot.id}: {'running, ' * running}{progress_text(snapshot)}; {snapshot.description}"
    label = escape(printable(said))
    cells = (
        f'<span><span style="color:{colour}" aria-hidden="true">{mark}</span> {pieces.text(snapshot.state)}</span>',
        f'<span class="{cards.JOB_CLASS}">{_bar(snapshot)}</span>',
        f'<span class="aisnb-jobs-number">{pieces.text(_count(snapshot))}</span>',
        f'<span class="aisnb-jobs-number">{pieces.text(speed)}</span>',
        f'<span class="aisnb-jobs-number">{pieces.text(human_duration(left)) if left is not None else ""}</span>',
        f'<span class="aisnb-jobs-what">{_what(snapshot, colour)}</span>',
    )
    return f'<div class="{CELLS_CLASS}" role="group" aria-label="{label}" title="{label}">{"".join(cells)}</div>'


def _bar(snapshot: JobSnapshot) -> str:
    if amounts(snapshot)[1] is None:
        return pieces.text(human_size(snapshot.bytes)) if snapshot.bytes >= 0 else ""
    share = cards.share_of(snapshot)
    return f"{pieces.bar(share, cards.tone_of(snapshot), '5.5em', cards.BAR_CLASS)} {100 * share:.0f}%"


def _what(snapshot: JobSnapshot, colour: str) -> str:
    """Return what the job does; that all of it failed comes first, in colour.

    Where there is little room the source is cut, not where its files go, which comes last in a description.
    """
    failed = f"{snapshot.failed:,} failed" if snapshot.failed > 0 else ""
    begin, arrow, end = snapshot.description.rpartition(" -> ")
    source, destination = (begin, f"-> {end}") if arrow else (end, "")
    if all_failed(snapshot):
        first = f'<b style="color:{colour}">{pieces.text(f"all {failed}")}</b> · '
        last = destination
    else:
        first, last = "", " · ".join(filter(None, (destination, failed)))
    return (
        f'<span class="{SOURCE_CLASS}">{first}{pieces.text(source)}</span>'
        f'<span class="{DESTINATION_CLASS}">{pieces.text(last)}</span>'
    )


def _count(snapshot: JobSnapshot) -> str:
    return files_text(snapshot).removesuffix(" files").removesuffix(" file")
