"""``form``: commands to fill in and click, where there is a page to show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol, runtime_checkable

from aisnb.commands.definition import Argument, command
from aisnb.errors import Unsupported, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisnb.commands.context import Context
    from aisnb.commands.definition import Command

#: The commands that have a form.
WITH_FORM = ("serve", "start download", "start prefetch", "get", "put", "archive ls", "archive get")

_WORDS = Argument("the command; without one, both steps in one form", metavar="COMMAND", completes=("command",))


@runtime_checkable
class FormMaker(Protocol):
    """A front end that can show forms."""

    def form(self, command: Command | None) -> Any:
        """Return the form of a command, or without one that of the two steps."""


@command("form")
def form(context: Context, words: Annotated[tuple[str, ...], _WORDS] = ()) -> Any:
    """Show a form to fill in and click: both steps, or one command.

    It says the lines that it stands for, to copy. Commands with a form: serve, start download, start prefetch, get,
    put, archive ls and archive get.

    Example:
        %ais form
        %ais form start download
    """
    found = command_with_form(context, words) if words else None
    if not isinstance(context, FormMaker):
        raise Unsupported(
            f"'%ais {' '.join(('form', *words))}' needs a notebook to be shown in, such as JupyterLab. "
            "Here, type the commands: '%ais help serve', '%ais help start download'."
        )
    return context.form(found)


def command_with_form(context: Context, words: Sequence[str]) -> Command:
    """Return the command that `words` name.

    Raises:
        UsageError: there is none, or it has no form.
    """
    found, rest = context.tree.find(words)
    if rest or found.name not in WITH_FORM:
        raise UsageError(f"There is no form for '{' '.join(words)}'. There is one for each of: {', '.join(WITH_FORM)}.")
    return found
