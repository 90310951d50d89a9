"""An object's bytes against the checksum that the endpoint told before them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import xxhash

from aisnb.errors import EndpointRefused
from aisnb.protocol.headers import CHECKSUM_TYPE, CHECKSUM_VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping

_HASHES: dict[str, Any] = {
    "xxhash": xxhash.xxh64,
    "xxhash2": xxhash.xxh64,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


class Check:
    """Takes the bytes of a whole object as they come, and says at their end whether they are what was told.

    Args:
        shown: the object, for the error.
        headers: of the answer that the bytes come in.
    """

    def __init__(self, shown: str, headers: Mapping[str, str]) -> None:
        self._shown = shown
        self._kind = headers.get(CHECKSUM_TYPE, "")
        self._told = headers.get(CHECKSUM_VALUE, "").lower()
        self._hash = _HASHES[self._kind]() if self._told and self._kind in _HASHES else None

    def __bool__(self) -> bool:
        """Return whether there is anything to check against."""
        return self._hash is not None

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._hash is not None:
            self._hash.update(piece)

    def finish(self) -> None:
        """Hold all that came against what was told.

        Raises:
            EndpointRefused: it is something else.
        """
        if self._hash is not None and self._hash.hexdigest() != self._told:
            raise EndpointRefused(
                f"{self._shown} arrived with the {self._kind} checksum {self._hash.hexdigest()}, and {self._told} was "
                "told before. Nothing was kept; read it again."
            )
