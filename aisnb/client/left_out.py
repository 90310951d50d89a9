"""What a file server leaves out of a directory, told to who has it served: hidden files, and links that lead out."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from aisnb.client.failures import named
from aisnb.units import plural

if TYPE_CHECKING:
    from pathlib import Path

#: So many names are looked at: it takes some milliseconds, and all of a large directory would take seconds.
_MOST = 10_000


def left_out_text(directory: Path) -> str:
    """Return what is left out of a directory that is served, as a sentence; "" if that is nothing.

    Directories in it are not looked into. Of a large directory only some names are looked at.

    Args:
        directory: its path, without links.

    Example:
        "'/data/abc' is served without 2 hidden files (.a, .b) and 1 link (c) that leads out of it."
    """
    hidden, leaving = [], []
    try:
        with os.scandir(directory) as entries:
            for entry in islice(entries, _MOST):
                if entry.name.startswith("."):
                    hidden += [entry.name] if entry.is_file() else []
                elif entry.is_symlink() and not _stays_in(directory, entry.path):
                    leaving.append(entry.name)
    except OSError:  # who asks the server hears of it
        return ""
    parts = [
        f"{plural(len(names), noun)} ({named(sorted(names))})"
        for names, noun in ((hidden, "hidden file"), (leaving, "link"))
        if names
    ]
    out = f" that lead{'s' if len(leaving) == 1 else ''} out of it" if leaving else ""
    return f"'{directory}' is served without {' and '.join(parts)}{out}." if parts else ""


def _stays_in(directory: Path, link: str) -> bool:
    return os.path.commonpath((os.path.realpath(link), directory)) == str(directory)
