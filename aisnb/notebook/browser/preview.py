"""What can be seen of an object by its bytes: text, JSON, a picture, or that it is neither; as HTML. Pure."""

from __future__ import annotations

import base64
import codecs
from html import escape
from typing import TYPE_CHECKING

import msgspec

from aisnb.notebook import pieces
from aisnb.notebook.browser.images import picture_of
from aisnb.notebook.browser.style import PREVIEW_CLASS
from aisnb.units import human_size, printable

if TYPE_CHECKING:
    from aisnb.notebook.browser.images import Picture

#: Bytes that are read to see what an object is, and shown of a text.
HEAD = 64 << 10
#: A picture is shown whole, or not at all.
MOST_IMAGE_BYTES = 8 << 20
_MOST_PIXELS = 50_000_000
_MOST_LINES = 1_000
_LONGEST_LINE = 2_000
_SHOWN_BYTES = 32
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: Control characters that texts have.
_OF_TEXT = frozenset("\t\n\r\f\v\x1b\b\x07")


def wants_all(head: bytes, size: int | None) -> bool:
    """Return whether more than its beginning is needed to show an object: of a picture that is not too large."""
    return picture_of(head) is not None and len(head) < (size or 0) <= MOST_IMAGE_BYTES


def preview_html(name: str, data: bytes, size: int | None) -> str:
    """Return what can be seen of an object.

    Args:
        name: what it is called.
        data: its first bytes, at least `HEAD` of them if there are as many; all, if `wants_all` says so.
        size: bytes in all, None if that is not known.
    """
    whole = size is not None and len(data) >= size
    if not data:
        return pieces.hint("It is empty.")
    if (picture := picture_of(data)) is not None:
        return _picture(name, data, picture, whole=whole)
    text = text_of(data)
    if text is None:
        begins = data[:_SHOWN_BYTES].hex(" ")
        return pieces.hint(f"No text and no picture. It begins with the bytes {begins}{'' if whole else ' …'}")
    formatted = _formatted(data) if whole else None
    return _text(name, formatted if formatted is not None else text, whole=whole, size=size)


def text_of(data: bytes) -> str | None:
    """Return the text that `data`, which may end in the middle of a character, is; None if it is none.

    Example:
        text_of("naïve".encode()[:3])  # "na"
    """
    mark, encoding = next(((mark, each) for mark, each in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data[len(mark) :])
    except UnicodeDecodeError:
        return None
    strange = sum(each < " " and each not in _OF_TEXT for each in text)
    return text if "\0" not in text and strange * 100 <= len(text) else None


def _formatted(data: bytes) -> str | None:
    """Return JSON, an object or a list, with each value on a line of its own; None for all else."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return msgspec.json.format(data, indent=2).decode()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _text(name: str, text: str, *, whole: bool, size: int | None) -> str:
    lines = text.splitlines()
    shown = [_line(line) for line in lines[:_MOST_LINES]]
    cut = len(lines) > _MOST_LINES or not whole
    of = f" of {human_size(size)}" if size is not None else ""
    rest = pieces.hint(f"Only the beginning{of} is shown.") if cut else ""
    label = escape(printable(f"preview of {name}"))
    body = "\n".join(shown)
    return f'<pre class="{PREVIEW_CLASS}" tabindex="0" role="region" aria-label="{label}">{body}</pre>{rest}'


def _line(line: str) -> str:
    """Return a line of a text: tabs stay, all else that steers is spelled out."""
    cut = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"
    return f"<bdi>{escape(chr(9).join(map(printable, cut.split(chr(9)))))}</bdi>"


def _picture(name: str, data: bytes, picture: Picture, *, whole: bool) -> str:
    facts = f"{picture.width:,} × {picture.height:,} pixels"
    if not whole or len(data) > MOST_IMAGE_BYTES:
        return pieces.hint(f"A picture of {facts}, too large to be shown: more than {human_size(MOST_IMAGE_BYTES)}.")
    if picture.width * picture.height > _MOST_PIXELS:
        return pieces.hint(f"A picture of {facts}, too many to be shown.")
    source = f"data:{picture.kind};base64,{base64.b64encode(data).decode()}"
    image = f'<img class="{PREVIEW_CLASS}" src="{source}" alt="{escape(printable(name))}, {facts}">'
    return f"{image}{pieces.hint(facts)}"
