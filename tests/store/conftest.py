from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.store import Store
from tests.store.writing import ABC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with the empty bucket ais://abc."""
    opened = Store(tmp_path / "data")
    opened.create_bucket(ABC)
    yield opened
    opened.close()
