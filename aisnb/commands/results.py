"""What commands return when it is neither a table, a job nor a server: a text, or bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Message(str):
    """What a command has to say, shown as it is, without quotes.

    Attributes:
        path: the file that was written or read, if there is one.
        value: what it is about: the name of what was made or removed, a count; None if there is nothing to hold.
    """

    __slots__ = ("path", "value")

    path: Path | None
    value: str | int | None

    def __new__(cls, text: str, *, path: Path | None = None, value: str | int | None = None) -> Message:
        """Return `text` as a message."""
        message = super().__new__(cls, text)
        message.path = path
        message.value = value
        return message

    def __repr__(self) -> str:
        return str(self)


class Content(bytes):
    """The bytes of an object, shown as text where they are text."""

    __slots__ = ()

    #: More characters than this are not shown; the value has them all.
    SHOWN = 10_000

    def __repr__(self) -> str:
        try:
            text = self[: self.SHOWN].decode()
        except UnicodeDecodeError:
            text = bytes.__repr__(self[: self.SHOWN])
        return text if len(self) <= self.SHOWN else f"{text}… ({len(self):,} bytes in all)"
