"""Members chosen by a pattern, in AIStore's five ways (``cmn/archive/read.go``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.errors import UsageError
from aisnb.patterns import searcher

if TYPE_CHECKING:
    from collections.abc import Callable

MODES = ("regexp", "prefix", "suffix", "substr", "wdskey")


def member_matcher(pattern: str, mode: str = "regexp") -> Callable[[str], bool]:
    """Return what tells whether a member's name is meant.

    Args:
        pattern: read as `mode` says; "" and ``*`` mean all.
        mode: ``regexp`` (found anywhere), ``prefix``, ``suffix``, ``substr``, or ``wdskey``: the name without
            its extensions, WebDataset's key of a sample.

    Raises:
        UsageError: no such mode, or no regular expression.

    Example:
        member_matcher("train/000017", "wdskey")("train/000017.seg.png")  # True
    """
    if mode not in MODES:
        raise UsageError(f"'{mode}' is not a way to choose members. Use one of: {', '.join(MODES)}.")
    if pattern in ("", "*"):
        return lambda _: True
    if mode == "regexp":
        return searcher(pattern)
    return {
        "prefix": lambda name: name.startswith(pattern),
        "suffix": lambda name: name.endswith(pattern),
        "substr": lambda name: pattern in name,
        "wdskey": lambda name: _sample_key(name) == pattern,
    }[mode]


def _sample_key(name: str) -> str:
    directory, slash, last = name.rpartition("/")
    return directory + slash + last.partition(".")[0]
