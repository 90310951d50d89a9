"""How our commands are written in what we say: ``%ais ls`` in a notebook, ``aisnb ls`` in a shell.

Every text of ours says ``%ais``; the front end's way of writing is put in where a text is shown, by `spoken`. What a
script would call stands behind it, as in ``%ais stop ID (in Python: job.stop())``; a shell has no use for that.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_PYTHON = re.compile(r" \(in Python: (?:[^()]|\([^()]*\))*\)")
_MAGIC = re.compile(r"%?%ais\b")
#: A line that is nothing but a command, as in examples; with a notebook's assignment, or without.
_EXAMPLE = re.compile(r"(?P<indent>[ \t]*)(?:\w+ = )?%ais (?P<words>.*)")
_VARIABLE = re.compile(r"\{[^\W\d]\w*\}|\$[^\W\d{]")
_SPECIAL = re.compile(r"[{}*?$&;<>|()~]")

_in_shell = False


def spoken(text: str) -> str:
    """Return `text` as the front end in use writes commands.

    Example:
        spoken("Try '%ais help'")  # in a terminal: "Try 'aisnb help'"
    """
    return in_shell(text) if _in_shell else text


@contextlib.contextmanager
def of_shell() -> Iterator[None]:
    """Write commands as a shell wants them until the ``with`` ends."""
    global _in_shell
    before, _in_shell = _in_shell, True
    try:
        yield
    finally:
        _in_shell = before


def in_shell(text: str) -> str:
    """Return `text` with its commands as a shell takes them.

    Examples lose their assignment, words that a shell would expand are quoted, and examples with a notebook's
    variables, which a shell does not have, are left out. So is one that only differed from the last by its assignment.

    Example:
        in_shell("df = %ais ls ais://abc/{1..3}")  # "aisnb ls 'ais://abc/{1..3}'"
    """
    lines = list[str]()
    for each in text.split("\n"):
        line = _line(each)
        if line is not None and not (lines and line == lines[-1] and _EXAMPLE.fullmatch(each)):
            lines.append(line)
    return "\n".join(lines)


def _line(line: str) -> str | None:
    example = _EXAMPLE.fullmatch(line)
    if example is None:
        return _MAGIC.sub("aisnb", _IN_PYTHON.sub("", line))
    if _VARIABLE.search(line):
        return None
    return f"{example['indent']}aisnb {' '.join(map(_quoted, example['words'].split(' ')))}"


def _quoted(word: str) -> str:
    return shlex.quote(word) if _SPECIAL.search(word) and "'" not in word else word
