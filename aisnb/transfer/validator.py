"""What tells one version of a file from another: ETag, Last-Modified and size."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class Validator(msgspec.Struct, frozen=True, omit_defaults=True):
    """The marks of one version of a file, as its source gave them.

    Attributes:
        etag: the ETag with its quotes and ``W/``, "" if there is none.
        last_modified: the Last-Modified date as it was sent, "" if there is none.
        size: bytes of the whole file, None if unknown.

    Example:
        Validator('"a1"', size=5).same_file(Validator('W/"a1"'))  # True
    """

    etag: str = ""
    last_modified: str = ""
    size: int | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], size: int | None) -> Validator:
        """Return the marks in an answer's headers (case-insensitive), with the size of the whole file."""
        return cls(_plain(headers.get("ETag", "")), _plain(headers.get("Last-Modified", "")), size)

    def same_file(self, other: Validator) -> bool:
        """Return whether both mark the same version.

        ETags decide when both have one, compared weakly (RFC 9110 section 8.8.3.2); otherwise Last-Modified and
        size must both be known and equal. A date alone proves nothing.
        """
        if self.etag and other.etag:
            return self.etag.removeprefix("W/") == other.etag.removeprefix("W/")
        if not self.last_modified or self.size is None:
            return False
        return self.last_modified == other.last_modified and self.size == other.size

    def same_bytes(self, part: Validator) -> bool:
        """Return whether a 206 that bears the marks `part` continues the version marked by this one.

        A 206 to an If-Range must repeat the ETag but may leave out Last-Modified (RFC 9110 section 15.3.7).
        """
        if self.size is not None and part.size is not None and self.size != part.size:
            return False
        if self.etag:
            return self.etag == part.etag
        return part.last_modified in ("", self.last_modified)

    @property
    def if_range(self) -> str:
        """What may go into If-Range, "" if nothing may: a strong ETag, or a date where there is no ETag.

        RFC 9110 section 13.1.5.
        """
        if self.etag:
            return self.etag if self.etag.startswith('"') and self.etag.endswith('"') else ""
        return self.last_modified

    def for_resuming(self, date: str) -> Validator:
        """Return this validator without a Last-Modified that is too young to mark one version only.

        A file can change twice within the second that the date resolves: it marks a version only if the answer's
        own Date is at least one second later (RFC 9110 section 8.8.2.2).

        Args:
            date: the answer's Date header, "" if it has none.
        """
        if self.etag or not self.last_modified or _seconds_between(self.last_modified, date) >= 1:
            return self
        return Validator(self.etag, "", self.size)

    def encode(self) -> str:
        """Return this validator as text, to be kept beside partial bytes."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, text: str) -> Validator:
        """Return the validator that `text` encodes; one without marks if it encodes none."""
        if not text:
            return cls()
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            return cls()


def _plain(value: str) -> str:
    """Return a header's value if it can be sent back and stored, "" otherwise."""
    return value if value.isascii() and value.isprintable() else ""


def _seconds_between(earlier: str, later: str) -> float:
    """Return the seconds between two HTTP dates, 0 if one of them is none."""
    try:
        return parsedate_to_datetime(later).timestamp() - parsedate_to_datetime(earlier).timestamp()
    except ValueError:
        return 0.0
