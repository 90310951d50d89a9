"""The walk-through, typed in cells as a new user would, twice in a row, against four web servers."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.support import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHARDS = 30


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A directory that has ``abc/hello-world`` and thirty shards of uneven size."""
    folder = tmp_path / "data" / "abc"
    folder.mkdir(parents=True)
    (folder / "hello-world").write_bytes(b"hello world\n")
    for number in range(1, SHARDS + 1):
        (folder / f"shard-{number:03d}.tar").write_bytes(bytes([number]) * (number * 5003))
    return folder.parent


@contextlib.contextmanager
def _ours(root: Path, _folder: Path) -> Iterator[str]:
    import aisnb

    with aisnb.serve(root) as server:
        yield server.url


_SERVERS = {
    "our own": _ours,
    "http.server": lambda root, _folder: sources.python_server(root),
    "nginx": sources.nginx_server,
    "Go": sources.go_server,
}


@pytest.fixture(params=_SERVERS, ids=str)
def address(request: pytest.FixtureRequest, dataset: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the dataset's directory, served by each server in turn."""
    with _SERVERS[request.param](dataset, tmp_path) as url:
        yield f"{url}abc/"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A real IPython shell with the extension loaded, in an empty directory."""
    from traitlets.config import Config

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    shell.run_cell("%load_ext aisnb").raise_error()
    yield shell
    InteractiveShell.clear_instance()


def cell(shell: InteractiveShell, text: str) -> Any:
    """Run one cell and return its value."""
    done = shell.run_cell(text, store_history=False)
    done.raise_error()
    return done.result


def test_the_walk_through_works_cell_by_cell_twice(
    shell: InteractiveShell, address: str, dataset: Path, tmp_path: Path
) -> None:
    name = "abc-" + re.sub(r"\W", "", tmp_path.name)[-40:]
    for _ in range(2):
        cell(shell, f"%ais get {address}hello-world")
        assert (tmp_path / "cwd" / "hello-world").read_bytes() == b"hello world\n"

        webs = cell(shell, "%ais ls ht://")
        (web,) = webs[webs["url"] == address]["name"]
        cell(shell, f"job = %ais start prefetch {web} --template 'shard-{{001..{SHARDS:03d}}}.tar'")
        job = cell(shell, "job.wait()")
        assert (job.done, job.failed) == (SHARDS, 0)

        job = cell(shell, f'%ais start download "{address}shard-{{001..010}}.tar" ais://{name}')
        assert job.id.startswith("dnl-")
        shown = cell(shell, f"%ais show job download {job.id} --progress")
        assert (shown.state, shown.done, shown.failed) == ("finished", 10, 0)
        assert cell(shell, f"%ais wait {job.id}").id == job.id
        cell(shell, f"%ais stop {job.id}")

        listing = cell(shell, f"%ais ls ais://{name}")
        assert list(listing.columns) == ["name", "size"]
        assert list(listing["name"]) == [f"shard-{number:03d}.tar" for number in range(1, 11)]
        assert list(listing["size"]) == [number * 5003 for number in range(1, 11)]
        content = cell(shell, f"import aisnb; aisnb.connect().get('ais://{name}/shard-007.tar')")
        assert content == (dataset / "abc" / "shard-007.tar").read_bytes()
