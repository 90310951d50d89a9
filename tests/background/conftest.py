from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb import background
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aisnb.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """The settings of an empty data root; its node is stopped afterwards."""
    settings = read_settings({"AISNB_HOME": str(tmp_path / "home"), "AISNB_IDLE": "30"})
    yield settings
    background.stop(settings)
