"""What is chosen becomes a file on the machine of the kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ipywidgets import HTML, Button, Checkbox, HBox, Layout, Text, VBox

from aisnb.errors import AisnbError, AlreadyExists
from aisnb.notebook import pieces
from aisnb.units import human_size

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.client.glimpses import Glimpse
    from aisnb.notebook.browser.errands import Errands

_SAVE = "save"
_SAY_SECONDS = 0.2


class Saving:
    """A field for the file, and a button that writes it, and stops that.

    Attributes:
        box: its widgets.

    Args:
        errands: where the work is done.
    """

    def __init__(self, errands: Errands) -> None:
        self._errands = errands
        self._glimpse: Glimpse | None = None
        self._path = Text(
            description="Save to",
            placeholder="this directory, by its own name",
            tooltip="a file or a directory on the machine of this kernel",
            style={"description_width": "4.5em"},
            layout=Layout(flex="1 1 16em", width="auto", max_width="40em"),
        )
        self._replace = Checkbox(description="replace a file", indent=False, layout=Layout(width="auto"))
        shape = Layout(width="auto")
        self._start = Button(description="Download", tooltip="write it to that file", layout=shape)
        self._stop = Button(description="Stop", tooltip="stop writing it; nothing is left", disabled=True, layout=shape)
        self._start.on_click(lambda _button: self._begin())
        self._stop.on_click(lambda _button: errands.send(_SAVE, self._give_up()))
        self._said = HTML()
        row = [self._path, self._start, self._stop, self._replace]
        self.box = VBox([HBox(row, layout=Layout(flex_flow="row wrap", align_items="center")), self._said])

    def show(self, glimpse: Glimpse | None) -> None:
        """Offer to save this; what is being saved goes on. On the portal's loop."""
        self._glimpse = glimpse
        if self._start.disabled is False:
            self._said.value = ""

    def _begin(self) -> None:
        if self._glimpse is not None and not self._start.disabled:
            path = self._path.value.strip().encode("utf-8", "replace").decode() or "."
            self._errands.send(_SAVE, self._save(self._glimpse, path, clobber=self._replace.value))

    async def _save(self, glimpse: Glimpse, path: str, *, clobber: bool) -> None:
        self._busy(is_on=True)
        self._said.value = pieces.hint(f"Saving {glimpse.path} …")
        said = time.monotonic()

        def tick(written: int) -> None:
            nonlocal said
            if time.monotonic() - said > _SAY_SECONDS:
                said = time.monotonic()
                of = f" of {human_size(glimpse.size)}" if glimpse.size is not None else ""
                self._said.value = pieces.hint(f"Saving {glimpse.path}: {human_size(written)}{of} …")

        try:
            file = await glimpse.save(path, clobber=clobber, tick=tick)
            self._said.value = pieces.hint(_saved(file))
        except AlreadyExists:
            self._said.value = pieces.failure(
                f"A file of that name is there already. Say another than '{path}', or tick 'replace a file'."
            )
        except AisnbError as exc:
            self._said.value = pieces.failure(str(exc))
        self._busy(is_on=False)

    async def _give_up(self) -> None:
        self._said.value = pieces.hint("Stopped. Nothing was left behind.")
        self._busy(is_on=False)

    def _busy(self, *, is_on: bool) -> None:
        self._start.disabled, self._stop.disabled = is_on, not is_on


def _saved(file: Path) -> str:
    return f"Saved to {file.absolute()}"
