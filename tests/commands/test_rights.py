"""What a user says who may not read or write what he names: one sentence, with the path, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.unprivileged import CAN_BE_UNPRIVILEGED, WHY_NOT, unprivileged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.unprivileged import Unprivileged

pytestmark = pytest.mark.skipif(not CAN_BE_UNPRIVILEGED, reason=WHY_NOT)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unprivileged]:
    """A terminal without rights, and a bucket with a shard and two objects."""
    folder = tmp_path_factory.mktemp("rights")
    (folder / "a").write_text("a")
    with unprivileged(folder / "home") as terminal:
        terminal.run("create", "ais://r")
        terminal.run("put", folder / "a", "ais://r")
        terminal.run("archive", "put", folder / "a", "ais://r/x.tar")
        yield terminal


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A directory with a file ``a``, an unreadable ``b``, and a ``locked`` directory with ``c`` and ``sub/d`` in it."""
    locked = tmp_path / "locked"
    (locked / "sub").mkdir(parents=True)
    for path in ("a", "b", "locked/c", "locked/sub/d"):
        (tmp_path / path).write_text(path)
    (tmp_path / "b").chmod(0)
    locked.chmod(0)
    yield tmp_path
    locked.chmod(0o700)


_READING = [
    ("put {}/locked ais://r", "/locked"),
    ("put {}/locked/c ais://r", "/locked/c"),
    ("put {}/locked/* ais://r", "/locked"),
    ("put {}/*/c ais://r", "/locked"),
    ("put {} ais://r -r", "/locked"),
    ("put {} ais://r --list {}/locked/c", "/locked/c"),
    ("put {} ais://r --template locked/{{c,d}}", "/locked/c"),
    ("put {}/b ais://r", "/b"),
    ("put {}/b ais://r --md5 00", "/b"),
    ("archive put {}/locked ais://r/y.tar", "/locked"),
    ("archive put {}/locked/c ais://r/y.tar", "/locked/c"),
    ("archive put {} ais://r/y.tar -r", "/locked"),
    ("archive put {}/b ais://r/y.tar", "/b"),
    ("archive put {}/b ais://r/x.tar --append", "/b"),
    ("object concat {}/locked ais://r/z", "/locked"),
    ("object concat {}/a {}/locked/c ais://r/z", "/locked/c"),
    ("object concat {}/a {}/b ais://r/z", "/b"),
    ("promote {}/locked/c ais://r", "/locked/c"),
    ("promote {}/locked ais://r", "/locked"),
    ("promote {} ais://r -r", "/locked"),
    ("serve {}/locked/sub", "/locked/sub"),
    ("start download http://localhost/ ais://r --from {}/b", "/b"),
]


@pytest.mark.parametrize(("words", "named"), _READING, ids=[words for words, _ in _READING])
def test_what_may_not_be_read_is_named(terminal: Unprivileged, folder: Path, words: str, named: str) -> None:
    before = terminal.run("ls", "ais://r").shown
    status, _, said = terminal.run(*words.format(*[folder] * 3).split())
    assert (status, said.count("Permission denied")) == (1, 1)
    assert said.startswith(f"Error: '{folder}{named}")
    assert "cannot be read" in said
    assert "yours to read" in said
    assert terminal.run("ls", "ais://r").shown == before


def test_of_several_files_those_that_may_be_read_are_put(terminal: Unprivileged, folder: Path) -> None:
    terminal.run("create", "ais://some")
    status, _, said = terminal.run("put", folder, "ais://some")
    assert (status, said.count("Permission denied")) == (1, 1)
    assert f"failed to PUT 1 of 2 objects: b: '{folder}/b' cannot be read" in said
    assert "\na " in terminal.run("ls", "ais://some").shown


def test_files_that_may_not_be_removed_once_they_are_objects_are_named(terminal: Unprivileged, folder: Path) -> None:
    (folder / "closed").mkdir()
    (folder / "closed" / "e").write_text("e")
    (folder / "closed").chmod(0o500)
    terminal.run("create", "ais://taken")
    status, _, said = terminal.run("promote", folder / "closed", "ais://taken", "--delete-src", "--wait")
    assert status == 1
    assert f"1 file stays beside its object: '{folder}/closed/e' could not be removed: Permission denied" in said
    assert "\ne " in terminal.run("ls", "ais://taken").shown


@pytest.mark.parametrize(
    "words",
    [
        "get ais://r/a {}/locked/new",
        "get ais://r/a {}/locked/new/",
        "get ais://r/a {}/locked",
        "get ais://r/a {}/locked/new --no-clobber",
        "get ais://r/a {}/closed/new",
        "get ais://r/a {}/closed",
        "get ais://r {}/locked/all --prefix a",
        "archive get ais://r/x.tar/a {}/locked/new",
        "archive get ais://r/x.tar/a {}/closed",
        "archive get ais://r/x.tar {}/locked",
        "ml get-batch ais://r/a {}/locked/new.tar",
        "ls ais://r --to {}/locked/new.csv",
    ],
)
def test_what_may_not_be_written_is_named(terminal: Unprivileged, folder: Path, words: str) -> None:
    (folder / "closed").mkdir(mode=0o500)
    status, _, said = terminal.run(*words.format(folder).split())
    assert status > 0
    assert said.startswith(f"Error: '{folder}/")
    assert said.count("Permission denied") == 1
    assert "Choose another" in said
