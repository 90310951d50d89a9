"""A line becomes words: quotes, comments, and the notebook's variables. Pure.

The rules are a shell's, except where a notebook needs others: a backslash outside quotes is a character like any
other (paths), ``#`` begins a comment only after white space (``ais://b/x#1`` is a name), a ``;`` at the end of the
line is IPython's, and braces with a range or a list in them are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BLANK = " \t\r\n\f\v"
_PLACE = re.compile(r"\$\$|\$\{(?P<braced>[^\W\d]\w*)\}|\$(?P<bare>[^\W\d]\w*)|\{(?P<identifier>[^\W\d]\w*)\}")


#: What a shell reads as a pipe, a redirection or a job of its own: ``|``, ``>x.txt``, ``2>&1``, ``&``.
_OF_A_SHELL = re.compile(r"\|.*|&&?|[\d&]?>.*|<.*")

#: What a Python programmer writes in braces, and what is no template.
_LIKE_A_VALUE = re.compile(r"\{(?P<name>[^\W\d]\w*)(?:(?:\.[^\W\d]\w*|\[[^\]{}]*\]|\([^(){}]*\)))*\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a word under one kind of quote: ``""``, ``"'"`` or ``'"'``."""

    text: str
    quote: str = ""


class TableWord(str):
    """A word that stands for a DataFrame of the notebook: ``$df``, as it was typed.

    Attributes:
        table: the DataFrame.
    """

    __slots__ = ("table",)

    table: Any

    def __new__(cls, typed: str, table: Any) -> TableWord:
        """Return `typed` as a word that has a table."""
        word = super().__new__(cls, typed)
        word.table = table
        return word


def table_in(word: str) -> Any:
    """Return the DataFrame that `word` stands for, or the word itself if it stands for none."""
    return word.table if isinstance(word, TableWord) else word


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line; its pieces keep how they were quoted."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """Return the word without its quotes."""
        return "".join(piece.text for piece in self.pieces)


def split(line: str) -> list[Word]:
    """Split `line` into words.

    Raises:
        UsageError: a quote is not closed.

    Example:
        [word.text for word in split("ls 'ais://a b' # all of it")]  # ["ls", "ais://a b"]
    """
    words, position = list[Word](), 0
    while (position := _skip_blanks(line, position)) < len(line) and line[position] != "#":
        pieces = list[Piece]()
        while position < len(line) and line[position] not in _BLANK:
            piece, position = _read_piece(line, position)
            pieces.append(piece)
        words.append(Word(tuple(pieces)))
    return _without_semicolon(words)


def refuse_shell(words: Iterable[Word]) -> None:
    """Do nothing if `words` have no pipe and no redirection, unless in quotes.

    Raises:
        UsageError: they have one, which a notebook's line cannot.

    Example:
        refuse_shell(split("ls ais://abc | head"))
    """
    for word in words:
        if not any(piece.quote for piece in word.pieces) and _OF_A_SHELL.fullmatch(word.text):
            raise UsageError(
                f"'{word.text}' is a shell's: pipes and redirections do not work in a cell. Take the value, by 'df = "
                "%ais …' and df.head(), or write a table to a file by '--to FILE'. A name that begins so wants quotes."
            )


def _skip_blanks(line: str, position: int) -> int:
    while position < len(line) and line[position] in _BLANK:
        position += 1
    return position


def _read_piece(line: str, start: int) -> tuple[Piece, int]:
    quote = line[start]
    if quote == "'":
        end = _closing(line, start, line.find("'", start + 1))
        return Piece(line[start + 1 : end], quote), end + 1
    if quote == '"':
        match = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL).match(line, start + 1)
        end = match.end() if match else start
        end = _closing(line, start, end if line[end : end + 1] == '"' else -1)
        return Piece(re.sub(r'\\(["\\])', r"\1", line[start + 1 : end]), quote), end + 1
    end = start
    while end < len(line) and line[end] not in _BLANK and line[end] not in "'\"":
        end += 1
    return Piece(line[start:end]), end


def _closing(line: str, start: int, end: int) -> int:
    if end < 0:
        raise UsageError(
            f"The quote ({line[start]}) before '{line[start + 1 :]}' is not closed. Close it, or leave it out."
        )
    return end


def _without_semicolon(words: list[Word]) -> list[Word]:
    """Drop the ``;`` with which a notebook's line may end."""
    if not words or words[-1].pieces[-1].quote:
        return words
    *others, last = words[-1].pieces
    text = last.text.rstrip(";")
    pieces = (*others, Piece(text)) if text else tuple(others)
    return [*words[:-1], Word(pieces)] if pieces else words[:-1]


def substitute(words: Iterable[Word], variables: Mapping[str, object]) -> list[str]:
    """Return the words with ``$name``, ``${name}`` and ``{name}`` replaced by what the notebook calls so.

    ``{name}`` stays where no variable has that name, and so do ``{a..b}`` and ``{a,b}``: those are templates.
    ``$$`` is a plain ``$``. Nothing is ever evaluated. A job stands for its id, a file server for its URL. A word that
    is nothing but a DataFrame's name becomes a `TableWord`, for the few commands that take tables.

    Raises:
        UsageError: ``$name`` is no variable (in single quotes it then stays), or its value is not one word.

    Example:
        substitute(split("ls ais://$name/{prefix}-{001..010}"), {"name": "abc", "prefix": "p"})
    """
    return [
        _table_word(word, variables) or "".join(_substitute_piece(piece, variables) for piece in word.pieces)
        for word in words
    ]


def _table_word(word: Word, variables: Mapping[str, object]) -> TableWord | None:
    match = _PLACE.fullmatch(word.text) if len(word.pieces) == 1 else None
    value = variables.get(match[match.lastgroup or 0]) if match else None
    return TableWord(word.text, value) if hasattr(value, "columns") and hasattr(value, "attrs") else None


def _substitute_piece(piece: Piece, variables: Mapping[str, object]) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = match[match.lastgroup or 0]
        if name in variables:
            return _as_word(match[0], variables[name])
        if match.lastgroup == "identifier" or piece.quote == "'":
            return match[0]
        raise UsageError(
            f"'{match[0]}' in '{piece.text}' is not a variable here. Set {name} first, or write '$$' for a plain '$'."
        )

    return _PLACE.sub(replace, piece.text)


def _as_word(shown: str, value: object) -> str:
    if type(value).__module__.startswith("aisnb."):
        value = getattr(value, "id", None) or getattr(value, "url", None) or value
    if value is None or (isinstance(value, Sized) and not isinstance(value, str)):
        raise not_one_word(shown, value)
    return str(value)


def braces_hint(words: Iterable[str], variables: Mapping[str, object]) -> str:
    """Return why a brace in `words` that looks like a variable was not replaced; "" if there is none.

    Example:
        braces_hint(["ais://{job.id}"], {"job": job})  # "'{job.id}' was not replaced: …"
    """
    for word in words:
        for match in _LIKE_A_VALUE.finditer(word):
            name = match["name"]
            if name not in variables:
                return f"There is no variable '{name}' here, so '{match[0]}' was not replaced."
            inner = match[0][1:-1]
            return f"'{match[0]}' was not replaced, as only names are: say value = {inner} first, and {{value}}."
    return ""


def not_one_word(shown: str, value: object) -> UsageError:
    """Return the error for a variable that stands where only a word can."""
    kind = type(value).__name__
    return UsageError(f"'{shown}' is a value of type {kind}, which is not one word. Use a text, a number or a path.")
