"""A process that may write files of 1 MiB at most: `python -m tests.store.filling ROOT`."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from aisnb.errors import DiskFull
from aisnb.store import Store
from tests.store.writing import ABC, content, leftovers, put, write_until_full

if __name__ == "__main__":
    store = Store(Path(sys.argv[1]))
    store.create_bucket(ABC)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    partial = store.begin(ABC, "large")
    with pytest.raises(DiskFull, match="AISNB_HOME"):
        write_until_full(partial)
    assert partial.position == 1 << 20
    partial.discard()
    assert leftovers(store) == []
    put(store, "small", b"data")
    assert content(store, "small") == b"data"
    store.close()
