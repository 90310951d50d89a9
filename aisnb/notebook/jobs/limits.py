"""Two sliders: how fast a job may be, and how much it may fetch at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Layout, SelectionSlider, VBox

from aisnb.client import portal
from aisnb.client.snapshots import has_ended
from aisnb.notebook.jobs import style
from aisnb.protocol.downloads import Limits
from aisnb.units import human_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from traitlets.utils.bunch import Bunch

    from aisnb.protocol.extension import JobSnapshot

#: Bytes per second, 0 for no limit: that stands at the end, as the most.
_SPEEDS = (*(2**power for power in range(14, 31)), 0)
_CONNECTIONS = (*range(17), 20, 24, 32, 48, 64)
_HOUR = 3600
_WHAT_IT_DOES = "New limits hold at once; files on their way keep their connections. A retry has the same limits."


class LimitSliders:
    """The limits of one job after another. `show` is called on the portal's loop.

    Attributes:
        box: its widgets.

    Args:
        change: called when somebody has moved a slider, with what is wanted; in any thread.
    """

    def __init__(self, change: Callable[[Limits], None]) -> None:
        self._change = change
        self._shown: Limits | None = None
        self._speed = _slider("Speed limit", "the most bytes per second that the job may fetch", _speeds(0))
        self._connections = _slider("Connections", "files that the job may fetch at once", _connections(0))
        self._said = HTML()
        self.box = VBox([self._speed, self._connections, self._said])
        for slider in (self._speed, self._connections):
            slider.observe(self._moved, names="value")

    def show(self, snapshot: JobSnapshot, *, of_cluster: bool) -> None:
        """Show the job's limits, and whether they can be changed; what somebody moves just now is left alone."""
        why_not = _why_not(snapshot, of_cluster=of_cluster)
        for slider in (self._speed, self._connections):
            slider.disabled = bool(why_not)
        self._said.value = style.hint(why_not or _WHAT_IT_DOES)
        limits = snapshot.limits or Limits()
        if limits != self._shown:
            self._shown = limits
            speed = limits.bytes_per_hour // _HOUR if limits.bytes_per_hour >= _HOUR else min(limits.bytes_per_hour, 1)
            _put(self._speed, _speeds(speed), speed)
            _put(self._connections, _connections(limits.connections), limits.connections)

    def forget(self) -> None:
        """Put the sliders back with the next `show`: what was wanted could not be."""
        self._shown = None

    def _moved(self, change: Bunch) -> None:
        """Tell of what somebody moved; what `show` moves is no news."""
        if portal.is_inside():
            return
        before = self._shown or Limits()
        if change.owner is self._speed:
            self._change(Limits(before.connections, change.new * _HOUR))
        else:
            self._change(Limits(change.new, before.bytes_per_hour))


def _why_not(snapshot: JobSnapshot, *, of_cluster: bool) -> str:
    """Return why the limits cannot be changed, "" if they can."""
    if of_cluster:
        return "Limits of a running job cannot be changed on this cluster: start it anew with --limit-bph, --max-conns."
    if snapshot.limits is None:
        return "This job has no limits: it asks no source."
    return "The job has ended; these were its limits." if has_ended(snapshot) else ""


def _speeds(wanted: int) -> list[tuple[str, int]]:
    """Return what can be chosen, with `wanted` among it: labels and bytes per second."""
    known = sorted({*_SPEEDS, wanted} - {0})
    return [*((f"{human_size(speed)}/s", speed) for speed in known), ("no limit", 0)]


def _connections(wanted: int) -> list[tuple[str, int]]:
    return [("automatic" if not count else str(count), count) for count in sorted({*_CONNECTIONS, wanted})]


def _slider(label: str, tooltip: str, options: Iterable[tuple[str, int]]) -> Any:
    return SelectionSlider(
        options=list(options),
        value=0,
        description=label,
        tooltip=tooltip,
        continuous_update=False,
        style={"description_width": "7em"},
        layout=Layout(width="100%", max_width="34em"),
    )


def _put(slider: Any, options: list[tuple[str, int]], value: int) -> None:
    if list(slider.options) != options:
        slider.options = options
    slider.value = value
