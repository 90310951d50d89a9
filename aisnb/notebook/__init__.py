"""aisnb in a notebook: ``%ais`` and ``%%ais``, completion, display and progress. The only room that knows Jupyter."""

from __future__ import annotations

from aisnb.notebook.extension import introduce, register, unregister

__all__ = ["introduce", "register", "unregister"]
