"""``help`` and ``search``: the tree, about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.helping import command_help, command_list, group_help, overview
from aisnb.commands.results import Message
from aisnb.errors import UsageError
from aisnb.patterns import searcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisnb.commands.context import Context
    from aisnb.commands.tree import Tree


def help_text(tree: Tree, words: Sequence[str]) -> Message:
    """Return the help of the command or group that `words` name; of all without words.

    Raises:
        UsageError: they name neither.
    """
    if not words:
        return Message(overview(tree))
    if tree.is_group(words):
        return Message(group_help(words, tree.below(words)))
    found, rest = tree.find(words)
    named = words[: len(words) - len(rest)]
    return Message(command_help(found, [command for command in tree.below(named) if command is not found]))


@command("help")
def show_help(
    context: Context,
    words: Annotated[tuple[str, ...], Argument("the command", metavar="COMMAND", completes=("command",))] = (),
) -> Message:
    """Say how a command is used, or list all commands.

    Example:
        %ais help start download
    """
    return help_text(context.tree, words)


@command("search")
def search(
    context: Context,
    words: Annotated[tuple[str, ...], Argument("words of its name or summary, or the like", metavar="WORD")] = (),
    *,
    regex: Annotated[str, Option("commands in whose names this regular expression is found")] = "",
) -> Message:
    """Find commands by a word; one full command per line.

    Example:
        %ais search copy
    """
    if bool(words) == bool(regex):
        raise UsageError("Say what to search for: words, or --regex. One of them.")
    matches = searcher(regex)
    found = [command for command in context.tree.search(words) if any(matches(" ".join(s)) for s in command.spellings)]
    if not found:
        raise UsageError(f"No command has to do with '{' '.join(words) or regex}'. Try '%ais help' for all of them.")
    return Message(command_list(found))
