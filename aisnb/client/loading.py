"""Loading pandas while the endpoint thinks: it takes as long as starting a node does."""

from __future__ import annotations

import asyncio
import importlib


def load_tables() -> None:
    """Begin to import `aisnb.client.tables` in a thread; who imports it next waits for it. On the portal's loop."""
    asyncio.get_running_loop().run_in_executor(None, importlib.import_module, "aisnb.client.tables")
