"""Sizes, counts, durations and names, as people write and read them. Pure."""

from __future__ import annotations

import re

from aisnb.errors import UsageError
from aisnb.settings import PREFERENCES

_IEC = ("B", "KiB", "MiB", "GiB", "TiB")
_SI = ("B", "KB", "MB", "GB", "TB")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
#: Persian words and families of emoji are written with them.
_JOINERS = "\u200c\u200d"


def human_size(size: float | None, units: str = "") -> str:
    """Return `size` bytes as ``ais`` prints them: two decimals, no space, no step above TiB.

    Args:
        size: bytes; None gives ``"-"``.
        units: ``"iec"`` (KiB = 1024), ``"si"`` (KB = 1000) or ``"raw"`` (the plain integer); "" as the user likes it.

    Example:
        human_size(154757)  # "151.13KiB"
    """
    if size is None:
        return "-"
    units = units or PREFERENCES.units
    if units == "raw":
        return str(int(size))
    step, names = (1000, _SI) if units == "si" else (1024, _IEC)
    value = float(size)
    for name in names[:-1]:
        if abs(value) < step:
            return f"{int(value)}B" if name == "B" else f"{value:.2f}{name}"
        value /= step
    return f"{value:.2f}{names[-1]}"


def parse_size(text: str) -> int:
    """Return the bytes that `text` stands for: ``4mb``, ``1MiB``, ``128k``, ``1048576``.

    A suffix with an ``i`` counts in 1024, another in 1000, none means bytes (``ais`` does the same).

    Raises:
        UsageError: `text` is not a size.
    """
    match = _SIZE.fullmatch(text)
    suffix = match[2].lower() if match else ""
    power = "bkmgt".find(suffix[:1] or "b")
    rest = suffix[1:]
    if match is None or power < 0 or rest not in ("", "b", "i", "ib") or (power == 0 and rest):
        raise UsageError(f"'{text}' is not a size. Write it like 128k, 4MB or 1.5GiB.")
    return int(float(match[1]) * (1024 if rest.startswith("i") else 1000) ** power)


def exact_size(size: int) -> str:
    """Return `size` bytes, above 0, so that `parse_size` gives just them: ``"10GiB"``, ``"1500"``."""
    power = min((size & -size).bit_length() - 1, 40) // 10  # how often 1024 divides it
    return f"{size >> 10 * power}{('', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"


def human_duration(seconds: float | None) -> str:
    """Return a duration as ``m:ss`` or ``h:mm:ss``; None gives ``"-"``."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def parse_duration(text: str) -> float:
    """Return the seconds that `text` stands for: ``90``, ``1.5s``, ``2m``, ``1h30m`` (Go's spelling).

    Raises:
        UsageError: `text` is not a duration.
    """
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise UsageError(f"'{text}' is not a duration. Write it like 90, 1.5s, 2m or 1h30m.")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def plural(count: int, noun: str) -> str:
    """Return ``"1 file"``, ``"2 files"``, ``"1,234 files"``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def printable(text: str) -> str:
    r"""Return `text` on one line, with control characters spelled out: a name must not steer a terminal or a page.

    Characters that turn the direction of writing around are among them; those that join letters and emoji are not.

    Example:
        printable("a\nb")  # "a\\nb"
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _JOINERS else each.encode("unicode_escape").decode() for each in text
    )
