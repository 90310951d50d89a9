"""Words become the arguments of a command: argparse, made from the definition."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from aisnb.commands.definition import Argument
from aisnb.commands.options import ONLY_PRINTING, ONLY_PRINTING_WITH_VALUE
from aisnb.commands.words import TableWord, not_one_word
from aisnb.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aisnb.commands.definition import Command, Parameter

HELP_FLAGS = ("--help", "-h")

_DIGITS = re.compile(r"\d+")
_FLAG = re.compile(r"--?[^\W\d]")


def parse(command: Command, words: Sequence[str]) -> dict[str, Any]:
    """Return the command's arguments by name.

    Flags may stand before, between or after the arguments; ``--flag value`` and ``--flag=value`` both work, and
    ``-flag value`` too, as for the ``ais`` CLI. After ``--`` every word is an argument.

    Raises:
        UsageError: an unknown flag (with the nearest known one), a missing or surplus argument, a bad value.
    """
    flags, arguments = _part(command, words)
    places = command.arguments
    if len(arguments) > len(places) and not any(place.many for place in places):
        raise usage_error(command, f"'{arguments[len(places)]}' is one argument too many{_advice(arguments)}")
    for word, place in zip(arguments, [*places, *places[-1:] * len(arguments)], strict=False):
        if isinstance(word, TableWord) and not (isinstance(place.about, Argument) and place.about.table):
            raise not_one_word(word, word.table)
    values = vars(_parser(command).parse_args([*flags, *(["--", *arguments] if arguments else [])]))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def usage(command: Command) -> str:
    """Return the command in one line: its words, then ``[flags]``, then its arguments."""
    places = [argument.usage for argument in command.arguments]
    return " ".join(["%ais", command.name, *(["[flags]"] if command.options else []), *places])


def usage_error(command: Command, reason: str) -> UsageError:
    """Return the error for words that do not fit `command`."""
    return UsageError(
        f"Incorrect '%ais {command.name}' usage: {reason}. Usage: {usage(command)}. Try '%ais help {command.name}'."
    )


def _advice(arguments: Sequence[str]) -> str:
    """Return what to do about surplus arguments; a shell makes many of an unquoted template."""
    names = [argument.rpartition("/")[2] for argument in arguments if not argument.startswith(("/", ".", "~"))]
    shapes = [_DIGITS.sub("0", name) for name in names if _DIGITS.search(name)]
    if sum("://" in argument for argument in arguments) > 2 or len(set(shapes)) < len(shapes):
        return f"; in a shell put a template in quotes: '{_directory(arguments[0])}/shard-{{001..010}}.tar'"
    if any("://" not in argument for argument in arguments[1:]):  # the rest of a name does not say where it is
        return "; put quotes around a name with spaces"
    return ""


def _directory(name: str) -> str:
    """Return where the example of a template lies: where the first name does, as far as that can be told."""
    scheme, _, rest = name.rpartition("://")
    directory = rest.rpartition("/")[0]
    return f"{scheme or 'http'}://{directory}" if directory and "@" not in directory else "http://host"


def _part(command: Command, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part `words` into flags, each joined with its value, and arguments.

    Done here because argparse reads flags among arguments differently from version to version.
    """
    known = {flag: option for option in command.options for flag in option.flags}
    flags, arguments, rest = list[str](), list[str](), iter(words)
    for word in rest:
        if word == "--":
            arguments += rest
        elif not _FLAG.match(word):
            arguments.append(word)
        elif not _declared(word, known) and _is_only_printing(command, word, rest):
            continue
        elif _is_cluster(word, known):
            flags += (f"-{letter}" for letter in word[1:])
        else:
            flags.append(_flag(command, known, word, rest))
    return flags, arguments


def _declared(word: str, known: dict[str, Parameter]) -> bool:
    name = word.partition("=")[0]
    return name in known or f"-{name}" in known


def _is_only_printing(command: Command, word: str, rest: Iterator[str]) -> bool:
    """Return whether `word` is a flag of the ``ais`` CLI that changes nothing here; its value is taken from `rest`."""
    name, equals, _ = word.partition("=")
    long = {name, f"-{name}"}
    if not long & ONLY_PRINTING_WITH_VALUE:
        return bool(long & ONLY_PRINTING) and not equals
    if not equals and next(rest, None) is None:
        raise usage_error(command, f"'{name}' needs a value")
    return True


def _is_cluster(word: str, known: dict[str, Parameter]) -> bool:
    """Return whether `word` is several one-letter switches in one, like ``-ry``."""
    switches = {flag[1] for flag, option in known.items() if len(flag) == 2 and option.type is bool}
    return word[1] != "-" and f"-{word}" not in known and set(word[1:]) <= switches


def _flag(command: Command, known: dict[str, Parameter], word: str, rest: Iterator[str]) -> str:
    """Return one flag as argparse wants it; its value, if it has one, is `word`'s or the next of `rest`."""
    name, equals, value = word.partition("=")
    spelled = name if name in known else f"-{name}"
    option = known.get(spelled)
    if option is None:
        bare = [flag[2:] for flag in known if flag.startswith("--")]  # the dashes are no likeness
        near = did_you_mean(name.lstrip("-"), sorted(bare)).strip(" ?").replace("Did", "did").replace(" '", " '--")
        raise usage_error(command, f"it has no flag '{name}'" + (f" ({near}?)" if near else ""))
    if option.type is bool:
        if equals:
            raise usage_error(command, f"'{name}' takes no value, and '{value}' was given")
        return spelled
    following = value if equals else next(rest, None)
    if following is None:
        raise usage_error(command, f"'{name}' needs a value ({option.metavar})")
    if isinstance(following, TableWord):
        raise not_one_word(following, following.table)
    return f"{spelled}={following}" if spelled.startswith("--") else f"{spelled}{following}"


class _Parser(argparse.ArgumentParser):
    """An argparse parser that raises instead of printing and leaving the program."""

    def __init__(self, command: Command) -> None:
        super().__init__(prog=f"ais {command.name}", add_help=False, allow_abbrev=False)
        self.command = command

    def error(self, message: str) -> NoReturn:
        raise usage_error(self.command, _reason(message))


def _reason(message: str) -> str:
    """Return argparse's complaint as a clause of our sentence."""
    missing = message.removeprefix("the following arguments are required: ")
    return message if missing == message else f"{missing} is missing"


def _parser(command: Command) -> _Parser:
    parser = _Parser(command)
    for parameter in command.parameters:
        if parameter.flags:
            _add_option(parser, parameter)
        else:
            _add_argument(parser, parameter)
    return parser


def _add_option(parser: _Parser, option: Parameter) -> None:
    if option.type is bool:
        parser.add_argument(*option.flags, dest=option.name, action="store_true", default=option.default)
        return
    parser.add_argument(
        *option.flags,
        dest=option.name,
        action="append" if option.many else "store",
        type=_converter(option),
        choices=option.about.choices or None,
        default=list(option.otherwise) if option.many else option.otherwise,
        required=option.required,
        metavar=option.metavar,
    )


def _add_argument(parser: _Parser, argument: Parameter) -> None:
    nargs = ("+" if argument.required else "*") if argument.many else (None if argument.required else "?")
    parser.add_argument(
        argument.name,
        nargs=nargs,
        type=_as_it_is if argument.type is str else argument.type,
        choices=argument.about.choices or None,
        default=argument.default,
        metavar=argument.metavar,
    )


def _as_it_is(word: str) -> str:
    """Return `word` itself: `str` would make a plain text of a `TableWord`."""
    return word


def _converter(option: Parameter) -> Callable[[str], Any]:
    convert = getattr(option.about, "convert", None) or (_whole_number if option.type is int else option.type)

    def converted(text: str) -> Any:
        try:
            return convert(text)
        except UsageError as exc:
            raise UsageError(f"{option.flags[0]}: {exc}") from exc

    converted.__name__ = getattr(convert, "__name__", "")  # argparse names it
    return converted


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise UsageError(f"'{text}' is not a whole number. Write it like 10.")
    return int(text)
