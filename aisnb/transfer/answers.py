"""What an answer means for the file that was asked for. Pure."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.exchange import content_length
from aisnb.transfer.refusals import refusal
from aisnb.transfer.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", re.IGNORECASE | re.ASCII)


_OURS = {
    "accept-encoding",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
}


def without_ours(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the user's headers without those that the transfer itself decides on."""
    return {name: value for name, value in headers.items() if name.lower() not in _OURS}


class Asked(NamedTuple):
    """What the source was asked for.

    Attributes:
        known: the marks of the version that is here already, to be skipped if unchanged.
        offset: the first byte asked for; 0 asks for the whole file.
        partial: the marks of the bytes before the offset.
    """

    known: Validator = Validator()
    offset: int = 0
    partial: Validator = Validator()

    @property
    def headers(self) -> dict[str, str]:
        """The header fields that ask for it."""
        fields = {"Accept-Encoding": "identity"}
        if self.known.etag:
            fields["If-None-Match"] = self.known.etag
        if self.offset:
            fields["Range"] = f"bytes={self.offset}-"
            fields["If-Range"] = self.partial.if_range
        return fields


class Body(NamedTuple):
    """The file's bytes follow.

    Attributes:
        offset: where in the file they begin.
        length: how many, None if unknown.
        validator: the marks of this version.
    """

    offset: int
    length: int | None
    validator: Validator


class Verdict(Enum):
    """An answer that brings no bytes to keep."""

    UNCHANGED = "what is here already is what the source has"
    COMPLETE = "all bytes are here"
    RANGE_USELESS = "ask again for the whole file"


def total_length(headers: Mapping[str, str]) -> int | None:
    """Return the size of the whole file that a Content-Range names, None if it names none."""
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    return None if match is None or match[3] == "*" else int(match[3])


def part_start(headers: Mapping[str, str]) -> int | None:
    """Return the first byte of the part that a Content-Range names, None if it names none."""
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    return None if match is None or match[1] is None else int(match[1])


def judge(status: int, headers: Mapping[str, str], asked: Asked) -> Body | Verdict:
    """Return what to do with an answer.

    Raises:
        AttemptFailed: it is no file, or one in a form that was not asked for.
    """
    if status == 304 and asked.known.etag:
        return Verdict.UNCHANGED
    if asked.offset and status in (206, 416):
        return _part(headers, asked) if status == 206 else _beyond_end(headers, asked)
    if status not in (200, 203):
        raise refusal(status, headers)
    length = content_length(headers)
    validator = Validator.of(headers, length)
    if asked.known.same_file(validator):
        return Verdict.UNCHANGED
    refuse_encoded(headers)
    return Body(0, length, validator)


def _part(headers: Mapping[str, str], asked: Asked) -> Body | Verdict:
    """Judge a 206: only the very bytes that continue the very version will do."""
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None or match[1] is None or int(match[1]) != asked.offset:
        return Verdict.RANGE_USELESS
    total = int(match[3]) if match[3] != "*" else asked.partial.size
    length = int(match[2]) + 1 - asked.offset
    validator = Validator.of(headers, total)
    sane = (
        length > 0 and content_length(headers) in (None, length) and (total is None or asked.offset + length <= total)
    )
    if not sane or not asked.partial.same_bytes(validator):
        return Verdict.RANGE_USELESS
    refuse_encoded(headers)
    kept = Validator(asked.partial.etag, validator.last_modified or asked.partial.last_modified, total)
    return Body(asked.offset, length, kept)


def _beyond_end(headers: Mapping[str, str], asked: Asked) -> Verdict:
    """Judge a 416: it is good news if the file ends just where the bytes here do."""
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None or match[3] != str(asked.offset):
        return Verdict.RANGE_USELESS
    etag = Validator.of(headers, None).etag
    return Verdict.COMPLETE if etag in ("", asked.partial.etag) else Verdict.RANGE_USELESS


def refuse_encoded(headers: Mapping[str, str]) -> None:
    """Take only the file itself.

    Raises:
        AttemptFailed: it comes compressed.
    """
    codings = headers.get("Content-Encoding", "").lower().split(",")
    unasked = [coding.strip() for coding in codings if coding.strip() not in ("", "identity")]
    if unasked:
        raise AttemptFailed(
            f"the source sent it in the encoding {', '.join(unasked)}, which was not asked for, and so not the file "
            "itself. Have the source send it as it is",
            final=True,
        )
