"""Two sliders: how fast a job may be, and how much it may fetch at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Layout, SelectionSlider, VBox

from aisnb.client import portal
from aisnb.client.snapshots import has_ended, limits_text
from aisnb.notebook import pieces
from aisnb.protocol.downloads import Limits
from aisnb.units import human_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from traitlets.utils.bunch import Bunch

    from aisnb.protocol.extension import JobSnapshot

#: Bytes per second, 0 for no limit: that stands at the end, as the most. These never change: a page that gets new ones
#: moves its handle, and would tell of that as if somebody had done it.
_SPEEDS = (*(2**power for power in range(10, 31)), 0)
_CONNECTIONS = (*range(17), 20, 24, 32, 48, 64)
_HOUR = 3600


class LimitSliders:
    """The limits of one job after another. `show` is called on the portal's loop.

    Attributes:
        box: its widgets.

    Args:
        change: called when somebody has moved a slider, with what is wanted; in any thread.
    """

    def __init__(self, change: Callable[[Limits], None]) -> None:
        self._change = change
        self._job = ""
        self._shown = Limits()
        self._wanted: Limits | None = None  # what was asked for, until it holds or cannot be
        self._speed = _slider("Speed limit", "the most bytes per second that the job may fetch", _SPEEDS, speed_text)
        self._connections = _slider("Connections", "files that the job may fetch at once", _CONNECTIONS, count_text)
        self._said = HTML()
        self.box = VBox([self._speed, self._connections, self._said])
        for slider in (self._speed, self._connections):
            slider.observe(self._moved, names="value")

    def show(self, snapshot: JobSnapshot, *, of_cluster: bool) -> None:
        """Show the job's limits, and whether they can be changed; what somebody moves just now is left alone."""
        why_not = _why_not(snapshot, of_cluster=of_cluster)
        for slider in (self._speed, self._connections):
            slider.disabled = bool(why_not)
        limits = snapshot.limits or Limits()
        self._said.value = pieces.hint(
            why_not or f"Now {limits_text(limits)}{_between(limits)}. A change holds at once; a retry keeps it."
        )
        if snapshot.id != self._job:
            self._job, self._wanted = snapshot.id, None
        if self._wanted is None:
            self._put(limits)

    def answered(self, limits: Limits) -> None:
        """Take note that what was asked for holds, or cannot be; only the last that was asked for counts."""
        if limits == self._wanted:
            self._wanted = None

    def _put(self, limits: Limits) -> None:
        if limits != self._shown:
            self._shown = limits
            self._speed.value = _nearest(limits.bytes_per_hour / _HOUR, _SPEEDS)
            self._connections.value = _nearest(limits.connections, _CONNECTIONS)

    def _moved(self, change: Bunch) -> None:
        """Tell of what somebody moved; what `show` moves is no news."""
        if portal.is_inside():
            return
        before = self._wanted or self._shown
        self._wanted = (
            Limits(before.connections, change.new * _HOUR)
            if change.owner is self._speed
            else Limits(change.new, before.bytes_per_hour)
        )
        self._shown = self._wanted
        self._change(self._wanted)


def speed_text(speed: int) -> str:
    """Return what the slider says of so many bytes per second."""
    return f"{human_size(speed)}/s" if speed else "no limit"


def count_text(count: int) -> str:
    """Return what the slider says of so many connections."""
    return f"{count}" if count else "automatic"


def _why_not(snapshot: JobSnapshot, *, of_cluster: bool) -> str:
    """Return why the limits cannot be changed, "" if they can."""
    if of_cluster:
        return "Limits of a running job cannot be changed on this cluster: start it anew with --limit-bph, --max-conns."
    if snapshot.limits is None:
        return "This job has no limits: it asks no source."
    return f"The job has ended. It had {limits_text(snapshot.limits)}." if has_ended(snapshot) else ""


def _between(limits: Limits) -> str:
    """Return what to say where a limit is none of the steps, so that a slider does not show just that."""
    speed = limits.bytes_per_hour / _HOUR
    exact = speed in _SPEEDS and limits.connections in _CONNECTIONS
    return "" if exact else "; the sliders stand at the nearest step"


def _nearest(wanted: float, steps: Sequence[int]) -> int:
    """Return the step that is nearest to what is wanted, where 0 stands for no limit."""
    return min(filter(None, steps), key=lambda step: abs(math.log(step / wanted))) if wanted else 0


def _slider(label: str, tooltip: str, steps: Sequence[int], say: Callable[[int], str]) -> Any:
    return SelectionSlider(
        options=[(say(step), step) for step in steps],
        value=0,
        description=label,
        tooltip=tooltip,
        continuous_update=False,
        style={"description_width": "7em"},
        layout=Layout(width="100%", max_width="34em"),
    )
