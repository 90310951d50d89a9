"""The commands by their words: the longest match, groups, and what someone may have meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from aisnb.commands.elsewhere import refuse_elsewhere
from aisnb.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aisnb.commands.definition import Command

#: Words that people bring from elsewhere, and the commands they look for.
SYNONYMS = {
    "abort": ("stop",),
    "cancel": ("stop",),
    "copy": ("cp", "start download", "start prefetch"),
    "delete": ("rmo", "rmb", "job rm download"),
    "del": ("rmo", "rmb"),
    "destroy": ("rmb",),
    "dir": ("ls",),
    "fetch": ("get", "start download", "start prefetch"),
    "http": ("serve", "start download"),
    "import": ("start download",),
    "info": ("status", "show job"),
    "kill": ("stop",),
    "list": ("ls", "jobs", "serve ls"),
    "mb": ("create",),
    "mkdir": ("create",),
    "move": ("bucket mv", "object mv"),
    "mv": ("bucket mv", "object mv"),
    "monitor": ("show job", "wait"),
    "new": ("create",),
    "pack": ("archive bucket",),
    "progress": ("show job", "wait"),
    "ps": ("jobs",),
    "read": ("get", "cat"),
    "rename": ("bucket mv", "object mv"),
    "remove": ("rmo", "rmb", "job rm download"),
    "rm": ("rmo", "rmb", "job rm download"),
    "size": ("bucket summary",),
    "upload": ("put",),
    "write": ("put",),
}

#: Words of so many letters are no plurals: ``ls``.
_SHORT = 3

#: What a command may be called: no flag, link, bucket or path.
_WORD = re.compile(r"\w[\w-]*")


@dataclass(frozen=True, slots=True)
class Section:
    """Commands that belong together, under a title for the overview."""

    title: str
    commands: tuple[Command, ...]


class Tree:
    """All commands of one front end.

    Args:
        sections: the commands, in the order of the overview.

    Example:
        command, rest = tree.find(["start", "download", "http://…", "ais://abc"])
    """

    def __init__(self, sections: Iterable[Section]) -> None:
        self.sections = tuple(sections)
        self._commands = {
            spelling: command
            for section in self.sections
            for command in section.commands
            for spelling in command.spellings
        }
        self._longest = max(map(len, self._commands), default=0)

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return every command once, in the order of the overview."""
        return tuple(command for section in self.sections for command in section.commands)

    def extended(self, *sections: Section) -> Tree:
        """Return a tree that has these sections, too."""
        return Tree((*self.sections, *sections))

    def find(self, words: Sequence[str]) -> tuple[Command, list[str]]:
        """Return the command with the longest name that `words` begin with, and the words after it.

        Raises:
            UsageError: no command is called so; the message names the nearest.
            Unsupported: it is a command of the ``ais`` CLI that aisnb does not have.
        """
        for length in range(min(self._longest, len(words)), 0, -1):
            found = self._commands.get(tuple(words[:length]))
            if found is not None:
                refuse_elsewhere(words, longer_than=length)
                return found, list(words[length:])
        refuse_elsewhere(words, longer_than=0)
        raise self._unknown(words)

    def is_group(self, words: Sequence[str]) -> bool:
        """Return whether `words` are where commands begin and none ends: ``["show"]``."""
        return bool(words) and tuple(words) not in self._commands and bool(self.below(words))

    def below(self, words: Sequence[str]) -> tuple[Command, ...]:
        """Return the commands of the group `words`, by their own name or another: ``["show"]``, ``["bucket"]``."""
        group = tuple(words)
        named = (found for spelling, found in self._commands.items() if spelling[: len(group)] == group)
        return tuple(dict.fromkeys(named))

    def next_words(self, words: Sequence[str]) -> list[str]:
        """Return the words that can follow `words` in a command's name, sorted; for completion."""
        group = tuple(words)
        longer = (spelling for spelling in self._commands if len(spelling) > len(group))
        return sorted({spelling[len(group)] for spelling in longer if spelling[: len(group)] == group})

    def search(self, words: Sequence[str]) -> tuple[Command, ...]:
        """Return the commands that have every one of `words` in their names or summary, or are known by it."""
        return tuple(command for command in self.commands if all(_matches(command, word.lower()) for word in words))

    def _unknown(self, words: Sequence[str]) -> UsageError:
        groups = {spelling[0] for spelling in self._commands}
        known = [*(" ".join(spelling) for spelling in self._commands), *sorted(groups)]
        typed = list(takewhile(_WORD.fullmatch, words[:2])) or list(words[:1])
        for phrase in (" ".join(typed), typed[0]):
            meant = SYNONYMS.get(phrase, ())
            hint = f" Did you mean '{meant[0]}'?" if meant else did_you_mean(phrase, known)
            if hint:
                break
        shown = " ".join(typed) if self.next_words(typed[:1]) else typed[0]
        search = f", or '%ais search {typed[-1]}'" if meant or not hint else ""  # a slip of the pen finds nothing
        return UsageError(f"Unknown command '{shown}'.{hint} Try '%ais help'{search}.")


def _matches(command: Command, word: str) -> bool:
    texts = [" ".join(spelling) for spelling in command.spellings]
    stem = word.removesuffix("s") if len(word) > _SHORT else word  # "shards" is looked for as "shard" is
    return command.name in SYNONYMS.get(word, ()) or any(stem in text.lower() for text in [*texts, command.summary])
