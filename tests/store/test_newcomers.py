"""A file takes a new name only where nothing stands, whatever the system knows to do in one step."""

from __future__ import annotations

import ctypes
import errno
import sys
from typing import TYPE_CHECKING

import pytest

from aisnb.store import newcomers
from aisnb.store.newcomers import rename_new, write_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class OldLibrary:
    """A C library without renameat2(2)."""

    def __init__(self, *_: object, **__: object) -> None:
        pass


class OldFileSystem(OldLibrary):
    """A C library whose renameat2(2) says what a network file system does."""

    @property
    def renameat2(self) -> Callable[..., int]:
        def refuse(*_: object) -> int:
            ctypes.set_errno(errno.EINVAL)
            return -1

        return refuse


@pytest.fixture(params=["this system", "another system", OldLibrary, OldFileSystem])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each kind of system, one after the other."""
    if request.param == "another system":
        monkeypatch.setattr(sys, "platform", "darwin")
    elif request.param != "this system":
        monkeypatch.setattr(ctypes, "CDLL", request.param)
    newcomers._renameat2.cache_clear()
    yield
    newcomers._renameat2.cache_clear()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file to be renamed."""
    path = tmp_path / "source"
    path.write_text("new")
    return path


@pytest.mark.usefixtures("system")
def test_a_file_takes_a_name_that_is_free(source: Path) -> None:
    target = source.with_name("a name with ü")
    rename_new(str(source), str(target))
    assert target.read_text() == "new"
    assert not source.exists()


def make_file(path: Path) -> None:
    path.write_text("precious")


def make_link_to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("make", [make_file, make_link_to_nowhere, lambda path: path.mkdir()])
def test_what_stands_there_stays(source: Path, make: Callable[[Path], None]) -> None:
    target = source.with_name("target")
    make(target)
    before = target.lstat()
    with pytest.raises(FileExistsError):
        rename_new(str(source), str(target))
    assert target.lstat() == before
    assert source.read_text() == "new"


@pytest.mark.usefixtures("system")
def test_other_faults_are_told_as_those_of_a_renaming(source: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing/target"):
        rename_new(str(source), str(source.with_name("missing") / "target"))
    with pytest.raises(NotADirectoryError):
        rename_new(str(source), str(source / "target"))


def test_a_file_is_made_whole_and_known_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    modified, inode = write_new(str(path), memoryview(b"bytes"))
    assert path.read_bytes() == b"bytes"
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (modified, inode)
    with pytest.raises(FileExistsError):
        write_new(str(path), b"others")
    assert path.read_bytes() == b"bytes"
