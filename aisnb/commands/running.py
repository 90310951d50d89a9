"""From words to a value: what every front end calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisnb.commands.guide import help_text
from aisnb.commands.names import note_no_templates, with_provider
from aisnb.commands.parsing import HELP_FLAGS, parse
from aisnb.commands.words import braces_hint, refuse_shell, split, substitute
from aisnb.errors import NameInvalid, NotFound, SchemeMissing, TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aisnb.commands.context import Context


def run(words: Sequence[str], context: Context) -> Any:
    """Run the command that `words` say and return its one value.

    No words, a group's name alone, and ``--help`` anywhere give help, as the value.

    Raises:
        UsageError: the words name no command, or do not fit it.
        AisnbError: what the command raises.

    Example:
        run(["ls", "ais://abc"], context)
    """
    before = words[: words.index("--")] if "--" in words else words
    if not words or context.tree.is_group(words) or any(word in HELP_FLAGS for word in before):
        return help_text(context.tree, [word for word in before if not word.startswith("-")])
    command, rest = context.tree.find(words)
    values = with_provider(command, parse(command, rest))
    note_no_templates(context, command, values)
    return command.function(context, **values)


def run_line(text: str, variables: Mapping[str, object], context: Context) -> Any:
    """Run the command that a line of a notebook says, with ``$name`` and ``{name}`` from `variables`.

    Raises:
        UsageError: as `run`; also a quote that is not closed, a ``$name`` that is no variable, a pipe.

    Example:
        run_line("ls ais://$bucket", {"bucket": "abc"}, context)
    """
    typed = split(text)
    refuse_shell(typed)
    words = substitute(typed, variables)
    try:
        return run(words, context)
    except (TemplateError, NameInvalid, NotFound, SchemeMissing) as error:
        if hint := braces_hint(words, variables):
            error.args = (f"{error} {hint}", *error.args[1:])
        raise
