"""The shipped notebooks are tested on a data root and temporary files of their own."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from aisnb import background
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run the notebook; its kernel inherits the environment. Fixtures do not reach what nbmake collects."""
    with tempfile.TemporaryDirectory(prefix="aisnb-notebook-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.delenv("AIS_ENDPOINT", raising=False)
        patch.setenv("AISNB_HOME", f"{folder}/home")
        patch.setenv("AISNB_IDLE", "30")
        patch.setenv("TMPDIR", folder)
        try:
            return (yield)
        finally:
            background.stop(read_settings())
