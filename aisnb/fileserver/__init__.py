"""Step 1: serve a directory over HTTP, read-only. ``python -m aisnb.fileserver DIRECTORY`` is the same as a process."""

from __future__ import annotations

from aisnb.fileserver.server import FileServer
from aisnb.fileserver.shared import Limits

__all__ = ["FileServer", "Limits"]
