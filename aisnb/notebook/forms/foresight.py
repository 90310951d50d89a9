"""How much a form's command would move: a line that follows the typing, once it rests."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ipywidgets import HTML

from aisnb.commands.foresight import foresee, question
from aisnb.errors import AisnbError
from aisnb.notebook import pieces
from aisnb.notebook.forms import style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.commands import Command, Context
    from aisnb.commands.lines import Value

#: Who types goes on within this time; a source is asked when nobody does.
_REST_SECONDS = 0.5


class Foresight:
    """Says how many files and bytes a command would move. Whoever types never waits for it.

    Attributes:
        box: its widget.

    Args:
        context: what the command would run with.
        command: its definition.
    """

    def __init__(self, context: Context, command: Command) -> None:
        self.box = HTML()
        self.box.add_class(style.SAID_CLASS)
        self._context = context
        self._command = command
        self._lock = threading.Lock()
        self._asked: dict[str, Value] = {}
        self._busy = False

    def ask(self, values: Mapping[str, Value]) -> None:
        """Say what these values come to, in a moment; {} if they come to nothing yet. From any thread."""
        asked = question(self._command, values)
        with self._lock:
            if asked == self._asked:
                return
            self._asked = asked
            self.box.value = style.hint("Sizes follow …") if asked else ""
            if asked and not self._busy:
                self._busy = True
                threading.Thread(target=self._work, name="aisnb-form", daemon=True).start()

    def _work(self) -> None:
        """Answer until what was answered is what is asked."""
        while True:
            asked = self._rested()
            said = self._answer(asked)
            with self._lock:
                if asked == self._asked:
                    self.box.value, self._busy = said, False
                    return

    def _rested(self) -> dict[str, Value]:
        """Return what is asked once it has been the same for a while."""
        asked = self._asked
        while True:
            time.sleep(_REST_SECONDS)
            if asked == self._asked:
                return asked
            asked = self._asked

    def _answer(self, asked: Mapping[str, Value]) -> str:
        if not asked:
            return ""
        try:
            return style.hint(pieces.text(foresee(self._context, self._command, asked)))
        except AisnbError as error:
            return style.hint(pieces.text(f"The sizes are not known. {error}"))
        except Exception as error:  # noqa: BLE001  # nobody above this thread would tell the user, so the form does
            return style.hint(pieces.text(f"The sizes are not known: unexpected {type(error).__name__}, {error}."))
