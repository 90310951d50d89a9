"""A real IPython shell with the extension loaded, and real kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tests.notebook.kernels import Kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def bare_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A real IPython shell in an empty directory, without the extension."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """A real IPython shell with the extension loaded."""
    bare_shell.run_cell("%load_ext aisnb").raise_error()
    yield bare_shell
    bare_shell.run_cell("%unload_ext aisnb").raise_error()


@pytest.fixture
def cell(shell: InteractiveShell) -> Callable[[str], Any]:
    """Run one cell and return its value; raises what the cell raises."""

    def run(text: str) -> Any:
        done = shell.run_cell(text, store_history=False)
        done.raise_error()
        return done.result

    return run


@pytest.fixture
def new_kernel(tmp_path: Path) -> Iterator[Callable[[], Kernel]]:
    """Start real kernels in `tmp_path`; they are gone after the test."""
    kernels = list[Kernel]()

    def start() -> Kernel:
        kernels.append(Kernel(tmp_path))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.close()
