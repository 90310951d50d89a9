"""Names as people type them: buckets without a provider, templates with an open brace, patterns of a shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aisnb.commands.options import TEMPLATE
from aisnb.errors import TemplateError
from aisnb.settings import PREFERENCES
from aisnb.templates import glob_in
from aisnb.uris import is_link, parse_provider

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aisnb.commands.context import Context
    from aisnb.commands.definition import Command, Parameter

_BARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/|$)")
_HALF_RANGE = re.compile(r"\{\d+\.\.|\d\.\.\d+\}")
_TEMPLATED = frozenset(("object", "link", "bucket"))


def with_provider(command: Command, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's arguments with the provider that the user prefers before buckets that have none.

    Example:
        with_provider(ls, {"place": "abc/x"})  # {"place": "gs://abc/x"}, after %config AisMagics.provider = "gcp"
    """
    named = dict(values)
    for place in command.parameters:
        if "bucket" not in place.about.completes or not named[place.name]:
            continue
        value = named[place.name]
        named[place.name] = tuple(map(full_name, value)) if place.many else full_name(value)
    return named


def full_name(text: str) -> str:
    """Return a bucket's or object's name with the preferred provider, unless it says one, or names none."""
    bare = _BARE.match(text) and parse_provider(text) is None
    return f"{PREFERENCES.provider}://{text}" if bare and PREFERENCES.provider != "ais" else text


def note_no_templates(context: Context, command: Command, values: Mapping[str, Any]) -> None:
    """Say what looks like a choice of many names and is none: a brace that has no other, a shell's pattern.

    Raises:
        TemplateError: half a range in a web link, where a brace of a name would be ``%7B``.
    """
    for place in command.parameters:
        if place.about is TEMPLATE or _TEMPLATED & set(place.about.completes):
            for text in _texts(place, values):
                if is_link(text) and "#" in text:
                    text = _tell_fragment(context, text)
                if ("{" in text) != ("}" in text):
                    _tell_half(context, text)
                if found := glob_in(text):
                    sign, name = found
                    context.note(
                        f"The '{sign}' in '{name}' stands for itself, this is no shell pattern. For many files write "
                        "a range like shard-{001..010}.tar; for all of them the directory with its slash at the end."
                    )


def _tell_fragment(context: Context, link: str) -> str:
    """Say of a link that the end of it is never sent (RFC 9110 section 7.1), and return the rest."""
    context.note("What is behind '#' in a web link is not sent. A '#' that belongs to a name is written %23.")
    return link.partition("#")[0]


def _tell_half(context: Context, text: str) -> None:
    """Say of a name with one brace what that means; refuse it if it can only be a slip."""
    from aisnb.transfer.links import without_secret

    opens = "{" in text
    said = f"The brace in '{without_secret(text)}' {'is not closed' if opens else 'was never opened'}"
    if is_link(text) and _HALF_RANGE.search(text):
        sign = "%7B" if opens else "%7D"
        raise TemplateError(f"{said}. Write a range like {{001..010}}; a brace that belongs to the name is {sign}.")
    if opens or _HALF_RANGE.search(text):
        context.note(f"{said}, so this is one name and no template.")


def _texts(place: Parameter, values: Mapping[str, Any]) -> Iterator[str]:
    value = values[place.name]
    for text in value if place.many else (value,):
        if isinstance(text, str):
            yield text
