"""Members chosen by a pattern, in AIStore's five ways (``cmn/archive/read.go``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

MODES = ("regexp", "prefix", "suffix", "substr", "wdskey")

_LONGEST_PATTERN = 1_000


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
        return _regexp(pattern)
    return {
        "prefix": lambda name: name.startswith(pattern),
        "suffix": lambda name: name.endswith(pattern),
        "substr": lambda name: pattern in name,
        "wdskey": lambda name: _sample_key(name) == pattern,
    }[mode]


def _regexp(pattern: str) -> Callable[[str], bool]:
    if len(pattern) > _LONGEST_PATTERN:
        raise UsageError(f"A regular expression of {len(pattern)} characters is too long; {_LONGEST_PATTERN} may be.")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as exc:
        raise UsageError(f"'{pattern}' is not a regular expression: {exc}. Write it like '\\.jpe?g$'.") from exc
    return lambda name: compiled.search(name) is not None


def _sample_key(name: str) -> str:
    directory, slash, last = name.rpartition("/")
    return directory + slash + last.partition(".")[0]
