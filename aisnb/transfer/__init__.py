"""Moving bytes over HTTP, one file at a time, correct whatever the source does. Knows no store and no notebook."""

from __future__ import annotations

from aisnb.transfer.download import Receipt, Request
from aisnb.transfer.engine import AttemptFailed, Engine, Response, Timeouts
from aisnb.transfer.fetcher import Fetcher
from aisnb.transfer.glance import Glance
from aisnb.transfer.index import FOR_LISTINGS, Index, ask_sizes, read_index
from aisnb.transfer.limiter import RateLimiter
from aisnb.transfer.parts import WebParts
from aisnb.transfer.remote_file import Parts, RemoteFile
from aisnb.transfer.retry import RetryPolicy
from aisnb.transfer.sink import Sink
from aisnb.transfer.validator import Validator

__all__ = [
    "FOR_LISTINGS",
    "AttemptFailed",
    "Engine",
    "Fetcher",
    "Glance",
    "Index",
    "Parts",
    "RateLimiter",
    "Receipt",
    "RemoteFile",
    "Request",
    "Response",
    "RetryPolicy",
    "Sink",
    "Timeouts",
    "Validator",
    "WebParts",
    "ask_sizes",
    "read_index",
]
