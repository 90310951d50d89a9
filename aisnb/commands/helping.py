"""Help as text: of one command, of a group, of all."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from aisnb.commands.definition import Argument
from aisnb.commands.parsing import usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisnb.commands.definition import Command, Parameter
    from aisnb.commands.tree import Tree

_WIDTH = 110
_COLUMN = 26


def command_help(command: Command, below: Sequence[Command] = ()) -> str:
    """Return all that is known about a command: usage, details, arguments, flags, other names, those `below` it."""
    parts = [f"Usage: {usage(command)}", command.summary]
    if command.details:
        parts.append(command.details)
    if command.arguments:
        parts.append(_table("Arguments", [(_named(each), _meaning(each)) for each in command.arguments]))
    if command.options:
        parts.append(_table("Flags", [(_spelled(each), _meaning(each)) for each in command.options]))
    if command.aliases:
        parts.append("Also: " + ", ".join(" ".join(alias) for alias in command.aliases))
    if below:
        parts.append(_table("See also", [(each.name, each.summary) for each in below]))
    return _plain("\n\n".join(parts))


def group_help(words: Sequence[str], commands: Sequence[Command]) -> str:
    """Return the commands of one group, a line each."""
    rows = [(command.name, command.summary) for command in commands]
    return _plain(_table(f"Commands of '%ais {' '.join(words)}'", rows)) + _more()


def overview(tree: Tree) -> str:
    """Return every command in a line, by section."""
    sections = [
        _table(section.title, [(command.name, command.summary) for command in section.commands])
        for section in tree.sections
    ]
    return _plain("\n\n".join(["Usage: %ais COMMAND [flags] ARGUMENTS", *sections])) + _more()


def command_list(commands: Sequence[Command]) -> str:
    """Return one full command per line, each with all its names."""
    lines = (f"%ais {' '.join(spelling)}" for command in commands for spelling in command.spellings)
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return a docstring's text without its marks for code."""
    return text.replace("``", "")


def _more() -> str:
    return "\n\nMore: '%ais help COMMAND' or '%ais COMMAND --help'. Look for a word: '%ais search WORD'."


def _named(argument: Parameter) -> str:
    about = argument.about
    return (isinstance(about, Argument) and about.usage) or argument.metavar


def _spelled(option: Parameter) -> str:
    flags = ", ".join(option.flags)
    return f"{flags} {option.metavar}" if option.metavar else flags


def _meaning(parameter: Parameter) -> str:
    about = parameter.about
    chosen = f"; one of {', '.join(about.choices)}" if about.choices else ""
    given = f" (default {parameter.otherwise})" if parameter.otherwise else ""
    return about.help + chosen + given


def _table(title: str, rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join([f"{title}:", *(_row(left, right) for left, right in rows)])


def _row(left: str, right: str) -> str:
    lines = textwrap.wrap(right, _WIDTH - _COLUMN) or [""]
    if len(left) > _COLUMN - 4:
        return "\n".join([f"  {left}", *(" " * _COLUMN + line for line in lines)])
    return "\n".join([f"  {left}".ljust(_COLUMN) + lines[0], *(" " * _COLUMN + line for line in lines[1:])]).rstrip()
