"""A field of a form, made from the definition of an argument or flag: something to type in, and words under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Checkbox, Dropdown, HBox, Layout, Password, Text, Textarea, VBox

from aisnb.notebook import pieces
from aisnb.notebook.forms import style
from aisnb.notebook.forms.preview import Preview, preview_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.commands.definition import Parameter
    from aisnb.commands.lines import Value

#: The longest label fits; what is said below a field begins there, too, by the style sheet.
LABEL_WIDTH = "10em"
#: In paths blanks at the ends count; elsewhere they came along when something was pasted.
_PATHS = frozenset(("path", "directory"))


class Field:
    """One argument or flag, to fill in.

    Attributes:
        parameter: its definition.
        box: its widgets.

    Args:
        parameter: its definition.
        label: what stands beside it; default: its name.
        help: what stands below it while it is empty; default: as the definition says.
        look: says what its text stands for; default: as the definition says.
        button: a button beside it.
    """

    def __init__(
        self,
        parameter: Parameter,
        label: str = "",
        help: str = "",
        *,
        look: Callable[[str], Preview] | None = None,
        button: Any = None,
    ) -> None:
        self.parameter = parameter
        self._help = help or parameter.about.help
        self._look = look or preview_of(parameter)
        self._input = _input(parameter, label or parameter.name.replace("_", " ").capitalize())
        self._answer = ""
        self._said = HTML()
        self._said.add_class(style.SAID_CLASS)
        row = self._input if button is None else HBox([self._input, button])
        self.box = VBox([row, self._said])

    @property
    def value(self) -> Value:
        """What was filled in: a text, the lines of a text, or whether a box is ticked."""
        given: Value = self._input.value
        if isinstance(given, bool):
            return given
        lines = [self._trimmed(line) for line in str(given).split("\n")]
        return tuple(filter(None, lines)) if self.parameter.many else self._trimmed(str(given))

    @property
    def text(self) -> str:
        """What was filled in, as one text."""
        return self._trimmed(str(self._input.value))

    @text.setter
    def text(self, text: str) -> None:
        self._input.value = text

    def on_change(self, tell: Callable[[], None]) -> None:
        """Have `tell` called when the value changes, with every key that is pressed."""
        self._input.observe(lambda _change: tell(), names="value")

    def check(self) -> Preview:
        """Say under the field what its value stands for, or what is wrong with it; return that."""
        values = (self.text,) if isinstance(self.value, str) else ()
        found = next(map(self._look, filter(None, values)), Preview())
        self.say(style.failure(found.error) or style.hint(found.html or pieces.text(self._help)))
        return found

    def say(self, html: str) -> None:
        """Put something under the field, unless an answer stands there."""
        self._said.value = self._answer or html

    def answer(self, html: str) -> None:
        """Put under the field what came of a click. It stays, whatever is said, until it is dropped."""
        self._answer = html
        self.say(html)

    def drop_answer(self) -> None:
        """Let the next thing that is said replace the answer."""
        self._answer = ""

    def _trimmed(self, text: str) -> str:
        return text if _PATHS.intersection(self.parameter.about.completes) else text.strip()


def _input(parameter: Parameter, label: str) -> Any:
    shared = {"description": label, "style": {"description_width": LABEL_WIDTH}}
    wide = Layout(width="auto", flex="1 1 auto")
    if parameter.type is bool:
        return Checkbox(value=bool(parameter.default), **shared)
    if parameter.about.choices:
        return Dropdown(options=["", *parameter.about.choices], layout=wide, **shared)
    if parameter.many:
        return Textarea(rows=3, placeholder="one in each line", layout=wide, **shared)
    return (Password if parameter.secret else Text)(layout=wide, **shared)
