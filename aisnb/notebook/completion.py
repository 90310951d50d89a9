"""Tab in ``%ais`` lines and ``%%ais`` bodies: commands, flags, and what is there to be named.

A matcher must answer at once: words, flags and local paths are read now; buckets, objects, jobs and servers come from
`names`, which never waits for long.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.completer import SimpleCompletion, context_matcher

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import ExitStack

    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from aisnb.commands.definition import Command, Completes, Parameter
    from aisnb.notebook.magics import AisMagics
    from aisnb.notebook.names import Names

#: A longer list helps nobody, and makes pages slow.
MAX_OFFERED = 200

_LINE_MAGIC = re.compile(r"(?:[^#'\"=]*=)?\s*%ais\s(?P<typed>.*)", re.DOTALL)
_CELL_MAGIC = re.compile(r"\s*%%ais(?:\s|$)(?P<typed>.*)", re.DOTALL)


def install(shell: InteractiveShell, magics: AisMagics, undo: ExitStack) -> None:
    """Add the matcher to the shell's completer, and to `undo` what takes it back."""
    matchers = shell.Completer.custom_matchers

    @context_matcher(identifier="aisnb")  # type: ignore[untyped-decorator]  # IPython's has no types
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        typed = typed_command(
            context.full_text, context.cursor_line, context.line_with_cursor[: context.cursor_position]
        )
        if typed is None:
            return {"completions": []}
        fragment, found = complete(typed, magics.names)
        # A list without entries would bring Python's names instead: the fragment itself changes nothing.
        completions = [SimpleCompletion(text, type="param") for text in found or [fragment]]
        return {"completions": completions, "matched_fragment": fragment, "suppress": True, "ordered": True}

    matchers.append(matcher)
    undo.callback(matchers.remove, matcher)


def typed_command(cell: str, line_number: int, before_cursor: str) -> str | None:
    """Return the command typed so far, without the magic; None where no command is typed.

    Args:
        cell: the text of the cell.
        line_number: the cursor's line in it, from 0.
        before_cursor: that line up to the cursor.
    """
    above = cell.split("\n")[:line_number]
    whole = before_cursor
    while above and above[-1].endswith("\\"):
        whole = above.pop()[:-1] + " " + whole
    if above and _CELL_MAGIC.match(cell):
        return None if whole.lstrip().startswith("#") else whole
    match = _CELL_MAGIC.match(whole) or _LINE_MAGIC.match(whole)
    return match["typed"] if match else None


def complete(typed: str, names: Names) -> tuple[str, list[str]]:
    """Return the last, unfinished word of `typed`, and what it can become.

    Example:
        complete("start down", names)  # ("down", ["download"])
    """
    from aisnb.commands.words import split

    start = last_word(typed)
    fragment = typed[start:]
    quote = fragment[:1] if fragment[:1] in ("'", '"') else ""
    wanted = fragment[len(quote) :]
    words = [word.text for word in split(typed[:start])]
    found = [text for text in _candidates(words, wanted, names) if text.startswith(wanted)]
    return fragment, [_quoted(text, quote) for text in list(dict.fromkeys(found))[:MAX_OFFERED]]


def last_word(typed: str) -> int:
    """Return where the last word of `typed` begins: after the last blank that is not in quotes."""
    quote, start = "", 0
    for position, character in enumerate(typed):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            start = position + 1
    return start


def _quoted(text: str, quote: str) -> str:
    """Return `text` in quotes if it needs them; left open after a directory, where more follows."""
    quote = quote or ("'" if " " in text else "")
    return f"{quote}{text}{'' if text.endswith('/') else quote}"


def _candidates(words: list[str], wanted: str, names: Names) -> Iterable[str]:
    from aisnb.commands.catalogue import COMMANDS

    following = COMMANDS.next_words(words)
    if not words:
        return following
    try:
        command, rest = COMMANDS.find(words)
    except UsageError:  # not a command yet
        return following
    if wanted.startswith("-"):
        return sorted(flag for option in command.options for flag in option.flags if flag not in rest)
    place = _place(command, rest)
    return [*following, *(_values(place, wanted, names) if place else ())]


def _place(command: Command, rest: Sequence[str]) -> Parameter | None:
    """Return the flag or argument whose value comes after the words `rest`."""
    takes_value = {flag: option for option in command.options if option.metavar for flag in option.flags}
    if rest and rest[-1] in takes_value:
        return takes_value[rest[-1]]
    given = [
        word
        for before, word in zip(("", *rest), rest, strict=False)
        if not word.startswith("-") and before not in takes_value
    ]
    arguments = command.arguments
    if len(given) < len(arguments):
        return arguments[len(given)]
    return arguments[-1] if arguments and arguments[-1].many else None


def _values(place: Parameter, wanted: str, names: Names) -> list[str]:
    found = list(place.about.choices)
    for kind in place.about.completes:
        found += _of_kind(kind, wanted, names)
    return found


def _of_kind(kind: Completes, wanted: str, names: Names) -> list[str]:
    if kind == "command":
        from aisnb.commands.catalogue import COMMANDS

        return COMMANDS.next_words(())
    if kind in ("path", "directory"):
        return [] if "://" in wanted else local_paths(wanted, directories_only=kind == "directory")
    return names.find(kind, wanted) if kind else []


def local_paths(wanted: str, *, directories_only: bool) -> list[str]:
    """Return the paths of this machine that begin with `wanted`, directories with a slash at the end."""
    folder, slash, beginning = wanted.rpartition("/")
    try:
        entries = sorted(Path(folder + slash or ".").expanduser().iterdir())
    except OSError:  # not there, or not ours to read: nothing to offer
        return []
    shown = [entry for entry in entries if entry.name.startswith(beginning or ".") != (not beginning)]
    return [
        f"{folder}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in shown
        if entry.is_dir() or not directories_only
    ]
