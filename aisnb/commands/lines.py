"""Values become a command's words, and words become a line to paste: the inverse of `parsing` and `words`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aisnb.commands.definition import Argument
from aisnb.units import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aisnb.commands.definition import Command, Parameter

    #: What was filled in for an argument or flag: a text, several, or whether a switch is on.
    Value = str | bool | tuple[str, ...]

_NEEDS_NO_QUOTES = re.compile(r"[\w./:@%+=,~^-]+")
#: A name and a password before the host of a link; what is between no line shows.
_LOGIN = re.compile(r"(https?://)([^/?#]*)@", re.IGNORECASE)
_LOGIN_VARIABLE = "LOGIN"
_LIKE_A_VARIABLE = re.compile(r"\{(?=[^\W\d]\w*\})")


class Variable(str):
    """A value that no line shows: what stands for it is the variable of this name."""

    __slots__ = ()


def words_for(command: Command, values: Mapping[str, Value]) -> list[str]:
    """Return the words that give `values` to `command`.

    Args:
        command: whose words they are.
        values: by the names of its parameters, as typed; what is blank or off is left out. An argument that must be
            given and is not stands as its name in capitals.

    Example:
        words_for(serve, {"directory": "/data/shards", "port": "8000"})  # ["serve", "--port", "8000", "/data/shards"]
    """
    flags = [word for option in command.options for word in _flag_words(option, values.get(option.name, ""))]
    places = [word for argument in command.arguments for word in _argument_words(argument, values)]
    divider = ["--"] if any(word.startswith("-") and word != "-" for word in places) else []
    return [*command.words, *flags, *divider, *places]


def missing(command: Command, values: Mapping[str, Value]) -> list[Parameter]:
    """Return what must be given and is not."""
    return [each for each in command.parameters if _is_asked_for(each, values) and not values.get(each.name)]


def lines_for(words: Sequence[str]) -> list[str]:
    r"""Return what to type in a notebook so that `words` are run, however odd they are.

    It is one line, unless a word has line breaks or characters that nobody can see: such a word is first given a name;
    or unless there are secrets, which are in no line: a comment says which variables are to have them.

    Example:
        lines_for(["ls", "ais://abc/it's"])  # ["%ais ls \"ais://abc/it's\""]
        lines_for(["ls", "http://me:sesame@host/"])[1]  # "%ais ls http://$LOGIN@host/"
    """
    names, secrets = dict[str, str](), dict[str, str]()
    shown = [_shown(word, names, secrets) for word in words]
    comments = [f"# Set {name} first: {what} is not shown." for name, what in secrets.items()]
    given = [f"{name} = {_without_login(word)}" for word, name in names.items()]
    return [*comments, *given, " ".join(["%ais", *shown])]


def quote(word: str) -> str:
    """Return `word` so that `words.split` and `words.substitute` make it again, whatever a notebook's variables are.

    Templates are quoted, too: in a terminal's shell they must be.
    """
    if _NEEDS_NO_QUOTES.fullmatch(word):
        return word
    mark, text = "'", word.replace("$", "$$")
    if "'" in word or "\\" in word:
        mark, text = '"', text.replace("\\", "\\\\").replace('"', '\\"')
    # A variable's place is only found within one pair of quotes.
    return mark + _LIKE_A_VARIABLE.sub("{" + mark * 2, text) + mark


def _shown(word: str, names: dict[str, str], secrets: dict[str, str]) -> str:
    """Return how a line has `word`; what is to be set before goes into `names` and `secrets`."""
    if isinstance(word, Variable):
        secrets[str(word)] = "its value"
        return f"${word}"
    login = _LOGIN.match(word)
    if login:
        secrets[_LOGIN_VARIABLE] = "what the link has before its @"
    if printable(word) != word:
        return f"$word_{_number(word, names)}"
    return f"{login[1]}${_LOGIN_VARIABLE}{quote(word[login.end(2) :])}" if login else quote(word)


def _without_login(word: str) -> str:
    """Return Python that makes `word`, without the login that a link may have."""
    login = _LOGIN.match(word)
    return f"{login[1]!r} + {_LOGIN_VARIABLE} + {word[login.end(2) :]!r}" if login else repr(word)


def _is_asked_for(parameter: Parameter, values: Mapping[str, Value]) -> bool:
    """Return whether a value must be given, beside these."""
    instead = parameter.about.needless_with if isinstance(parameter.about, Argument) else ()
    return parameter.wanted and not any(map(values.get, instead))


def _number(word: str, names: dict[str, str]) -> int:
    names.setdefault(word, f"word_{len(names) + 1}")
    return list(names).index(word) + 1


def _flag_words(option: Parameter, value: Value) -> list[str]:
    flag = option.flags[0]
    if isinstance(value, bool):
        return [flag] if value else []
    given = [value] if isinstance(value, str) else value
    return [word for each in given if each for word in ([f"{flag}={each}"] if each[0] == "-" else [flag, each])]


def _argument_words(argument: Parameter, values: Mapping[str, Value]) -> list[str]:
    value = values.get(argument.name) or (argument.metavar if _is_asked_for(argument, values) else "")
    if isinstance(value, bool) or not value:
        return []
    return [value] if isinstance(value, str) else [each for each in value if each]
