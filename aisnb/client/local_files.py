"""Files of this machine: which lie below a directory, and what it means that one cannot be read or written."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aisnb.errors import AisnbError, DirectoryNotFound, DiskFull, NotAllowed, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def source_faults(path: str | Path) -> Iterator[None]:
    """Say what is wrong with a file or directory that is looked at or read.

    Args:
        path: what is to be said where the system names no path.

    Raises:
        DirectoryNotFound: it is not there, or not any more.
        NotAllowed: it is not this user's to read.
        UsageError: it cannot be read otherwise.
    """
    try:
        yield
    except AisnbError:
        raise
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise DirectoryNotFound(
            f"There is no file or directory '{exc.filename or path}' on this machine. Check the path."
        ) from exc
    except PermissionError as exc:
        raise NotAllowed(
            f"'{exc.filename or path}' cannot be read: {exc.strerror}. See that it, and the directories that it lies "
            "in, are yours to read."
        ) from exc
    except OSError as exc:
        raise UsageError(f"'{exc.filename or path}' cannot be read: {exc.strerror}. Check the path.") from exc


@contextmanager
def target_faults(path: Path) -> Iterator[None]:
    """Say what is wrong with a file or directory that is written.

    Raises:
        DirectoryNotFound: its directory is not there.
        NotAllowed: it is not this user's to write.
        DiskFull: no room is left.
        UsageError: it cannot be written otherwise.
    """
    try:
        yield
    except AisnbError:
        raise
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise DirectoryNotFound(f"'{path}' cannot be reached: its directory does not exist. Create it first.") from exc
    except PermissionError as exc:
        raise NotAllowed(f"'{path}' may not be used: {exc.strerror}. Choose another place.") from exc
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"There is no room for '{path}'. Nothing was left behind; make room or go elsewhere."
            ) from exc
        raise UsageError(f"'{path}' cannot be used: {exc.strerror}. Choose another place.") from exc


def local_path(path: str | Path) -> Path:
    """Return where `path` leads; one with a slash at its end means a directory, which is made if need be.

    Raises:
        NotAllowed: as for `target_faults`.
    """
    found = Path(path).expanduser()
    if str(path).endswith("/"):
        with target_faults(found):
            found.mkdir(parents=True, exist_ok=True)
    return found


def check_file(path: Path) -> Path:
    """Return the path of a file that is there.

    Raises:
        DirectoryNotFound: it is not.
        NotAllowed: nobody can tell.
    """
    with source_faults(path):
        if not path.is_file():
            raise DirectoryNotFound(f"There is no file '{path}' on this machine. Check the path.")
    return path


def files_in(directory: Path, *, recursive: bool) -> list[Path]:
    """Return the files in a directory, sorted; with `recursive` also those below it, but not behind links.

    Raises:
        PermissionError: a directory cannot be read: what is in it would be left out unseen. See `source_faults`.
    """
    if not recursive:
        return sorted(path for path in directory.iterdir() if path.is_file())

    def give_up(exc: OSError) -> NoReturn:
        raise exc

    found = (Path(place, name) for place, _, names in os.walk(directory, onerror=give_up) for name in names)
    return sorted(path for path in found if path.is_file())


def files_like(pattern: Path) -> list[Path]:
    """Return the files that a pattern like ``shards/*.tar`` stands for, sorted.

    Raises:
        PermissionError: a directory in which some may be cannot be read, as for `files_in`: pathlib's glob passes
            over it.
    """
    for directory in _glob(pattern.parent):
        if directory.is_dir() and not os.access(directory, os.R_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))
    return sorted(path for path in _glob(pattern) if path.is_file())


def _glob(pattern: Path) -> Iterable[Path]:
    if not any(letter in str(pattern) for letter in "*?["):
        return [pattern]
    return Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
