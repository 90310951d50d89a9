"""What a text that is being typed stands for: how many files, the first and the last, or what is wrong. Pure.

It runs with every key that is pressed, so it never expands a template: a template knows its length and its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from aisnb.client.downloads import plan_download
from aisnb.commands.options import TEMPLATE
from aisnb.errors import AisnbError, UsageError
from aisnb.notebook import pieces
from aisnb.templates import Template, bounded, glob_in
from aisnb.units import plural
from aisnb.uris import is_link, link_name, parse_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.commands.definition import Parameter

#: Longer texts are no templates that somebody types.
MOST_CHARACTERS = 30_000

_SHOWN_NAME = 60
_SHOWN_ERROR = 600
_ANY_LINK = "http://host/name"
_ANY_BUCKET = "ais://bucket"
_WHOLE_DIRECTORY = "All files that the index of this directory lists"


@dataclass(frozen=True, slots=True)
class Preview:
    """What to say under a field.

    Attributes:
        text: what the field's text stands for, in words; may be "".
        names: the first name, or the first and the last.
        error: what is wrong with it; "" if nothing is.
    """

    text: str = ""
    names: tuple[str, ...] = ()
    error: str = ""

    @property
    def html(self) -> str:
        """Return text and names for a page."""
        shown = " … ".join(f"<code>{pieces.text(_short(name, _SHOWN_NAME))}</code>" for name in self.names)
        return pieces.text(self.text) + (f": {shown}" if shown else "") if self.text else ""


def preview_of(parameter: Parameter) -> Callable[[str], Preview]:
    """Return what looks at the values of an argument or flag, as its definition says."""
    kinds = parameter.about.completes
    if parameter.about is TEMPLATE:
        return preview_template
    if kinds[:1] == ("link",):
        return preview_source
    if kinds[:1] == ("object",) and "link" in kinds:
        return lambda text: preview_source(text) if is_link(text) else preview_objects(text)
    if kinds == ("bucket",):
        return preview_destination
    if kinds[:1] == ("bucket",):
        return preview_objects
    convert = getattr(parameter.about, "convert", None) or parameter.type
    return lambda text: _converted(convert, text)


def preview_source(text: str) -> Preview:
    """Look at a link or a template of links.

    Example:
        preview_source("http://h/shard-{001..999}.tar").text  # "999 files"
    """

    def look() -> Preview:
        plan_download(text, _ANY_BUCKET)
        template = Template(text)
        if not template.is_range and not link_name(text):
            return Preview(_WHOLE_DIRECTORY)
        return _ends(template, link_name, "file")

    return _careful(look, text)


def preview_files(text: str) -> Preview:
    """Look at a link, a template of links, or names below a directory: ``shard-{001..999}.tar``, ``train/``."""

    def look() -> Preview:
        template = Template(text, braces_only=True)
        if text.endswith("/") and not template.is_range:
            return Preview(_WHOLE_DIRECTORY)
        return _ends(template, str, "file")

    return preview_source(text) if "://" in text else _careful(look, text)


def preview_destination(text: str) -> Preview:
    """Look at a bucket, with or without a directory or an object's name.

    Example:
        preview_destination("ais://a/b/").text  # "Into ais://a, below b/"
    """

    def look() -> Preview:
        bucket, rest = parse_uri(text)
        plan_download(_ANY_LINK, text)
        below = f", below {rest.rstrip('/')}/" + ("" if rest.endswith("/") else f" (a single file: as {rest})")
        return Preview(f"Into {bucket}" + (below if rest else ""))

    return _careful(look, text)


def preview_objects(text: str) -> Preview:
    """Look at a bucket's objects: ``ais://bucket/shard-{001..010}.tar``."""

    def look() -> Preview:
        bucket, rest = parse_uri(text)
        return _ends(Template(rest, braces_only=True), str, "object") if rest else Preview(f"From {bucket}")

    return _careful(look, text)


def preview_template(text: str) -> Preview:
    """Look at a template of names."""
    return _careful(lambda: _ends(Template(text), str, "name"), text)


def resolve(text: str, url: str) -> str:
    """Return the link that `text` means: itself, or names of files below the directory that is served at `url`.

    Example:
        resolve("a {1..2}.tar", "http://h:1/")  # "http://h:1/a%20{1..2}.tar"
    """
    if not text or not url or "://" in text:
        return text
    return url + quote(text.lstrip("/"), safe="/!$&'()*+,;=:@~{}", errors="replace")


def _ends(template: Template, name_of: Callable[[str], str], noun: str) -> Preview:
    if template.unbounded:
        return Preview(f"{noun}s without end".capitalize(), (name_of(template[0]), name_of(template[1])))
    count = bounded(template)
    names = (name_of(template[0]),) if count == 1 else (name_of(template[0]), name_of(template[count - 1]))
    if count == 1 and (found := glob_in(template[0])):
        return Preview(f"1 {noun}, as '{found[0]}' stands for itself; for many write a range like {{001..010}}", names)
    return Preview(plural(count, noun), names)


def _careful(look: Callable[[], Preview], text: str) -> Preview:
    if not text:
        return Preview()
    if "{" in text and "}" not in text:
        return Preview(error="The brace is not closed. Write a range like {001..999}; a brace in a name is %7B.")
    if len(text) > MOST_CHARACTERS:
        return Preview(error=f"This text has {len(text):,} characters; a template has {MOST_CHARACTERS:,} at most.")
    try:
        text.encode()
        return look()
    except UnicodeEncodeError:
        return Preview(error="This text has halves of characters in it, which no name can have. Write it anew.")
    except AisnbError as error:
        return Preview(error=_short(str(error), _SHOWN_ERROR))


def _converted(convert: Callable[[str], object], text: str) -> Preview:
    def look() -> Preview:
        try:
            convert(text)
        except ValueError as exc:
            if isinstance(exc, AisnbError):
                raise
            raise UsageError(f"'{text}' is not a number. Write it like 10.") from exc
        return Preview()

    return _careful(look, text)


def _short(text: str, most: int) -> str:
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"
