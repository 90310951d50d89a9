"""Objects on disk and their index; atomic and verified; knows no HTTP."""

from __future__ import annotations

from aisnb.store.files import Sighting
from aisnb.store.partial import IN_MEMORY, Partial
from aisnb.store.records import (
    BriefPage,
    BucketRecord,
    Completion,
    ErrorRecord,
    JobRecord,
    ObjectRecord,
    Page,
    ServerRecord,
    Summary,
)
from aisnb.store.rescue import open_store
from aisnb.store.store import Store

__all__ = [
    "IN_MEMORY",
    "BriefPage",
    "BucketRecord",
    "Completion",
    "ErrorRecord",
    "JobRecord",
    "ObjectRecord",
    "Page",
    "Partial",
    "ServerRecord",
    "Sighting",
    "Store",
    "Summary",
    "open_store",
]
