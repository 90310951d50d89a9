"""Which jobs are shown: by how they are, and by what is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import Dropdown, HBox, Layout, Text

from aisnb.client import portal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.protocol.extension import JobQuery

_CHOICES = {
    "all": "all jobs",
    "active": "not ended",
    "paused": "paused",
    "finished": "finished",
    "aborted": "stopped",
    "faults": "with failures",
}
#: The node takes no longer text.
_LONGEST = 1_000


class Filters:
    """A choice and a text to find.

    Attributes:
        box: its widgets.

    Args:
        query: what they say at first.
        ask: called with ``choice``, ``match`` and ``offset`` when somebody changes them; in any thread.
    """

    def __init__(self, query: JobQuery, ask: Callable[..., None]) -> None:
        self._ask = ask
        options = [(label, choice) for choice, label in _CHOICES.items()]
        style = {"description_width": "auto"}
        self._choice = Dropdown(
            options=options,
            value=query.choice,
            description="Show",
            tooltip="which jobs are shown",
            style=style,
            layout=Layout(width="12em"),
        )
        self._match = Text(
            value=query.match,
            description="Find",
            placeholder="id, kind or description",
            tooltip="shows jobs whose id, kind or description has this in it",
            style=style,
            layout=Layout(width="20em"),
        )
        for each in (self._choice, self._match):
            each.observe(lambda _change: self._changed(), names="value")
        self.box = HBox([self._choice, self._match])

    @property
    def nothing(self) -> str:
        """What to say where no job is shown."""
        if self._choice.value == "all" and not self._match.value:
            return "No jobs yet. '%ais start download SOURCE BUCKET' starts one."
        return "No job is like that."

    def _changed(self) -> None:
        if not portal.is_inside():
            # Half a character, which a page can send, cannot be sent on.
            text = self._match.value[:_LONGEST].encode("utf-8", "replace").decode()
            self._ask(choice=self._choice.value, match=text, offset=0)
