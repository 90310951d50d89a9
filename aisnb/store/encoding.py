"""Custom words and completions as the JSON text that the database keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from aisnb.errors import NameInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.store.records import Completion

_words = msgspec.json.Decoder(dict[str, str])


def encode_custom(custom: Mapping[str, str]) -> str:
    """Return custom words as JSON, "" for none.

    Raises:
        NameInvalid: they are not valid text.
    """
    return _encode(custom) if custom else ""


def decode_custom(text: str) -> dict[str, str]:
    """Return the custom words that `encode_custom` wrote."""
    return _words.decode(text) if text else {}


def encode_completion(completion: Completion | None) -> str:
    """Return a completion as JSON, "" for None.

    Raises:
        NameInvalid: a part of it is not valid text.
    """
    return _encode(completion) if completion else ""


def _encode(value: object) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError as exc:
        raise NameInvalid(f"{exc.object!r} is not valid text (UTF-8) and cannot be kept. Leave it out.") from exc
