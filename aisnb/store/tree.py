"""The object files: ``buckets/PROVIDER/BUCKET/OBJECT``, a plain tree that any tool can read."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from aisnb.store.faults import file_fault, in_the_way, stray_file
from aisnb.store.newcomers import rename_new

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from aisnb.uris import Bucket

_REMEMBERED_DIRECTORIES = 10_000


class Tree:
    """The directory that all buckets lie in.

    Only the writer thread makes and removes directories, so what it remembers of them holds.

    Args:
        root: the directory ``buckets`` of the data root.

    Attributes:
        root: that directory.
        top: the data root.
    """

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.top = str(root.parent)
        self._made: set[str] = set()

    def directory(self, bucket: Bucket) -> str:
        """Return the path of the bucket's directory."""
        return f"{self.root}/{bucket.provider}/{bucket.name}"

    def path(self, bucket: Bucket, name: str) -> str:
        """Return the path of the object's file."""
        return f"{self.root}/{bucket.provider}/{bucket.name}/{name}"

    def occupant(self, bucket: Bucket, name: str) -> tuple[int, int] | None:
        """Return what stands at the object's path, by inode and time, and a rename would replace; None if it is free.

        Raises:
            AlreadyExists: a file tree cannot hold the name beside what is there (``a`` and ``a/b``).
            NameInvalid: the file system refuses the name.
        """
        try:
            status = os.lstat(self.path(bucket, name))
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise file_fault(exc, bucket / name) from exc
        if stat.S_ISDIR(status.st_mode):
            raise in_the_way(bucket / name)
        return status.st_ino, status.st_mtime_ns

    def place(self, source: str, bucket: Bucket, name: str, *, known: bool) -> None:
        """Rename the file `source` into the object's place, in one step.

        Args:
            source: the finished file.
            bucket: where to.
            name: the object.
            known: whether the index has an object of exactly this name, which may be replaced.

        Raises:
            AlreadyExists: a file that belongs to no object, or to one whose name differs by case, is there; or
                a file tree cannot hold the name beside what is there.
            DiskFull: no room for a directory entry.
            NodeError: the file system refused otherwise.
        """
        target = self.path(bucket, name)
        parent = target.rpartition("/")[0]
        rename = os.rename if known else rename_new
        try:
            self._make(parent)
            try:
                rename(source, target)
            except FileNotFoundError:  # someone removed a directory that was remembered
                self._made.clear()
                self._make(parent)
                rename(source, target)
        except OSError as exc:
            if not known and self.occupant(bucket, name) is not None:
                raise stray_file(bucket / name, target) from exc
            raise file_fault(exc, bucket / name) from exc

    def _make(self, directory: str) -> None:
        if directory in self._made:
            return
        os.makedirs(directory, exist_ok=True)  # noqa: PTH103  # paths are text in this class
        if len(self._made) >= _REMEMBERED_DIRECTORIES:
            self._made.clear()
        self._made.add(directory)

    def remove(self, bucket: Bucket, names: Iterable[str]) -> None:
        """Remove these objects' files and the directories that they leave empty; missing ones are ignored.

        Raises:
            NodeError: the file system refused.
        """
        parents = set()
        for name in names:
            path = self.path(bucket, name)
            try:
                os.unlink(path)  # noqa: PTH108  # paths are text in this class
            except (FileNotFoundError, NotADirectoryError):
                pass  # removed by hand before; what counts is that it is gone
            except OSError as exc:
                raise file_fault(exc, bucket / name) from exc
            parents.add(os.path.dirname(path))  # noqa: PTH120  # as above
        self._made.clear()
        for parent in parents:
            self._prune(parent, self.directory(bucket))

    def _prune(self, directory: str, top: str) -> None:
        with suppress(OSError):  # the first one that is not empty ends it
            while len(directory) > len(top):
                os.rmdir(directory)  # noqa: PTH106  # paths are text in this class
                directory = os.path.dirname(directory)  # noqa: PTH120  # as above

    def move(self, bucket: Bucket, to: Bucket) -> None:
        """Give the bucket's whole directory another name, in one step.

        Raises:
            OSError: the file system refused.
        """
        self._made.clear()
        os.rename(self.directory(bucket), self.directory(to))  # noqa: PTH104  # paths are text in this class

    def detach(self, bucket: Bucket, to: Path) -> None:
        """Move the bucket's whole directory out of the tree, to `to`, in one step.

        Raises:
            NodeError: the file system refused.
        """
        self._made.clear()
        try:
            os.rename(self.directory(bucket), to)  # noqa: PTH104  # paths are text in this class
        except FileNotFoundError:
            pass  # removed by hand before
        except OSError as exc:
            raise file_fault(exc, str(bucket)) from exc
