"""What was chosen: an object, or a file in a shard; to look at and to save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Layout, VBox

from aisnb.archives import is_archive
from aisnb.errors import AisnbError
from aisnb.notebook import pieces
from aisnb.notebook.browser.members import MOST_MEMBERS, MemberTable
from aisnb.notebook.browser.preview import HEAD, preview_html, wants_all
from aisnb.notebook.browser.saving import Saving
from aisnb.units import human_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.archives import Member
    from aisnb.client.glimpses import Glimpse
    from aisnb.notebook.browser.errands import Errands

_LOOK = "look"


class Details:
    """Shows one thing after another. All but the constructor is called on the portal's loop.

    Attributes:
        box: its widgets, hidden while nothing is chosen.
        path: of what is chosen, "" for nothing.

    Args:
        errands: where the work is done.
        tell: called with the path of what is shown.
    """

    def __init__(self, errands: Errands, tell: Callable[[str], None]) -> None:
        self.path = ""
        self._errands = errands
        self._tell = tell
        self._whole: Glimpse | None = None
        self._title, self._preview = HTML(), HTML()
        self._saving = Saving(errands)
        self._members = MemberTable(lambda member: errands.send(_LOOK, self._look_into(member)))
        parts = [self._title, self._saving.box, self._members.box, self._preview]
        self.box = VBox(parts, layout=Layout(display="none"))

    @property
    def object_name(self) -> str:
        """The name of the object, "" for none."""
        return self._whole.entry.name if self._whole else ""

    @property
    def widgets(self) -> list[Any]:
        """The widgets that are not always in the box."""
        return self._members.widgets

    def show(self, glimpse: Glimpse | None) -> None:
        """Show an object; None hides all of this."""
        self._whole = glimpse
        self._members.show(None)
        self.box.layout.display = "" if glimpse else "none"
        if glimpse is None:
            self._errands.stop(_LOOK)
            self.path = ""
            self._saving.show(None)
        else:
            self._errands.start(_LOOK, self._look(glimpse))

    async def _look_into(self, member: Member) -> None:
        if self._whole is not None:
            self._members.choose(member.name)
            await self._look(self._whole.into(member))

    async def _look(self, glimpse: Glimpse) -> None:
        self._introduce(glimpse)
        self._preview.value = pieces.hint("Looking …")
        try:
            if glimpse.member is None and is_archive(glimpse.entry.name):
                self._members.show(await glimpse.inside(MOST_MEMBERS))
                self._preview.value = ""
                return
            data = await glimpse.head(HEAD)
            if wants_all(data, glimpse.size):
                data = await glimpse.head(glimpse.size or 0)
            self._preview.value = preview_html(glimpse.file_name, data, glimpse.size)
        except AisnbError as exc:
            self._preview.value = pieces.failure(str(exc))

    def _introduce(self, glimpse: Glimpse) -> None:
        """Say what is shown."""
        self.path = glimpse.path
        self._tell(glimpse.path)
        self._saving.show(glimpse)
        size = human_size(glimpse.size) if glimpse.size is not None else "size unknown"
        where = "" if glimpse.entry.here else " · only at its source; a download brings it here, too"
        facts = f'<span style="opacity:0.75">{pieces.text(size + where)}</span>'
        self._title.value = f"<div><b>{pieces.text(glimpse.file_name)}</b> {facts}</div>"
