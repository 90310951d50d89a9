"""Properties of buckets, as they are typed: ``mirror.copies=2``, or JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aisnb.errors import UsageError
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: AIStore's words for common values of ``access`` (``api/apc/access.go``), which goes over the wire as a number.
_ACCESS = {"su": str(2**64 - 1), "ro": str(0b11 | 0b11 << 8), "rw": str(0b111111 | 0b11 << 8)}


def read_properties(words: Sequence[str]) -> dict[str, Any]:
    """Return properties, nested as AIStore's, from ``NAME=VALUE`` words, or from one word of JSON.

    Raises:
        UsageError: a word is neither.

    Example:
        read_properties(["mirror.copies=2", "access=ro"])  # {"mirror": {"copies": 2}, "access": "771"}
    """
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        try:
            return dict(json.loads(words[0]))
        except json.JSONDecodeError as exc:
            raise UsageError(f"'{words[0]}' is not JSON: {exc}. Write it like {_EXAMPLE}.") from exc
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip("."):
            raise UsageError(f"'{word}' is not NAME=VALUE. Write it like mirror.copies=2, or all as JSON: {_EXAMPLE}.")
        *sections, last = name.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = _value(name, text)
    return values


_EXAMPLE = '{"mirror": {"copies": 2}}'


def flattened(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested properties by their paths: ``("mirror.copies", 2)``."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{before}{name}.")
        else:
            yield before + name, value


def readable(name: str, value: Any) -> Any:
    """Return a property's value as it is to be read: a moment for nanoseconds, AIStore's word for common rights.

    Example:
        readable("access", "18446744073709551615")  # "su"
    """
    if name == "access":
        return next((word for word, number in _ACCESS.items() if number == str(value)), value)
    if name == "created" and str(value).isdecimal():
        return datetime.fromtimestamp(int(value) // 10**9, UTC)
    return value


def _value(name: str, text: str) -> Any:
    if name == "access":
        return _ACCESS.get(text, text)
    if name == "backend_bck":
        if text in ("", "none"):
            return {"name": "", "provider": ""}
        bucket = parse_bucket(text)
        return {"name": bucket.name, "provider": bucket.provider}
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if text.isdecimal() else text
