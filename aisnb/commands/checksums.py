"""Checksums that are typed: a file of this machine must have them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_AT_ONCE = 1 << 20


def check_sums(files: Sequence[Path], sums: Mapping[str, str]) -> None:
    """Hold a file against the checksums that were given for it.

    Args:
        files: those that are meant; with checksums it must be one.
        sums: hexadecimal values by their kind: ``md5``, ``sha256``, ``sha512``, ``xxhash`` (XXH64, AIStore's own).

    Raises:
        UsageError: the file has another checksum, or there are several files.
    """
    if not sums:
        return
    if len(files) != 1:
        raise UsageError(f"A checksum is one file's, and {len(files):,} are meant. Put them one by one, or without it.")
    for kind, wanted in sums.items():
        found = _digest(files[0], kind)
        if found != wanted.lower():
            raise UsageError(f"'{files[0]}' has the {kind} {found}, not {wanted}. Nothing was written; check the file.")


def _digest(path: Path, kind: str) -> str:
    digest: Any
    if kind == "xxhash":
        import xxhash  # not before it is needed: the commands load nothing that they may not use

        digest = xxhash.xxh64()
    else:
        digest = hashlib.new(kind, usedforsecurity=False)
    from aisnb.client.local_files import source_faults

    with source_faults(path), path.open("rb") as file:
        while piece := file.read(_AT_ONCE):
            digest.update(piece)
    return str(digest.hexdigest())
