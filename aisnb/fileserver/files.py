"""Opening what lies below a directory, and nothing else: component by component, links never followed unseen."""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from aisnb.fileserver.linkless import linkless_opener

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_LINK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
#: How to open what a request names. A FIFO without a writer must not hang the server (O_NONBLOCK); regular files do not
#: know that.
ANYTHING = _NO_LINK | os.O_NONBLOCK | os.O_NOCTTY
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

# What most paths look like: nothing to decode, nothing to refuse.
_PLAIN_PATH = re.compile(rb"(?:/[^/.%\0][^/%\0]*)+")


def split_path(path: bytes) -> list[bytes] | None:
    """Return the components of a raw URL path, each decoded once; None for a path that cannot lead to a served file.

    The last component is empty for a directory (the path ends in a slash). None: ``.`` and ``..`` and all other names
    with a leading dot, empty components, and components that hold a slash or NUL once decoded.

    Example:
        split_path(b"/a%20b/c")  # [b"a b", b"c"]
    """
    components = path.split(b"/")
    before = components.pop(0)
    if _PLAIN_PATH.fullmatch(path):
        return components
    if before:
        return None
    if b"%" in path:
        components = [unquote_to_bytes(component) for component in components]
    for component in components:
        if component[:1] == b"." or b"\0" in component or b"/" in component:
            return None
    return None if b"" in components[:-1] else components


def open_below(root: bytes, components: Sequence[bytes]) -> tuple[int, os.stat_result]:
    """Open what `components` lead to below `root`; return its descriptor, the caller's to close, and its state.

    A symbolic link is allowed if what it stands for lies below `root`: it is resolved first, and the path without links
    is then walked like any other, so that a link that changes meanwhile opens nothing. Where the system can open a path
    and refuse all links in it by one call, that is tried first: it is all that most files need.

    Args:
        root: absolute path of the served directory; trusted, opened anew each time, so that one which was replaced is
            served as it is now.
        components: names, none of them empty, ``.``, ``..`` or with a slash or NUL.

    Raises:
        OSError: it is not there, may not be read, or leads out of `root`.
    """
    open_linkless = linkless_opener(ANYTHING)
    descriptor = open_linkless(b"/".join((root, *components))) if open_linkless else -1
    if descriptor < 0:
        descriptor = _open_by_component(root, components)
    return descriptor, look_at(descriptor)


def look_at(descriptor: int) -> os.stat_result:
    """Return the state of what was opened; closes it when it raises.

    Raises:
        OSError: the file system does not tell.
    """
    try:
        return os.fstat(descriptor)
    except OSError:
        os.close(descriptor)
        raise


def _open_by_component(root: bytes, components: Sequence[bytes]) -> int:
    try:
        return _walk(root, components)
    except OSError as exc:
        # What a link in the path gives depends on where it is: ELOOP at the end, ENOTDIR (Linux) or ELOOP on the way.
        if exc.errno not in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise
        return _walk(root, _resolve(root, components))


def _walk(root: bytes, components: Sequence[bytes]) -> int:
    if not components:
        return os.open(root, _DIRECTORY)
    if len(components) == 1:
        return os.open(root + b"/" + components[0], ANYTHING)
    directory = os.open(root, _DIRECTORY)
    try:
        for component in components[:-1]:
            deeper = os.open(component, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = deeper
        return os.open(components[-1], ANYTHING, dir_fd=directory)
    finally:
        os.close(directory)


def _resolve(root: bytes, components: Sequence[bytes]) -> list[bytes]:
    real_root = os.path.realpath(root)
    real = os.path.realpath(b"/".join((real_root, *components)))
    if real == real_root:
        return []
    inside = real_root.rstrip(b"/") + b"/"
    if not real.startswith(inside):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), real)
    return real[len(inside) :].split(b"/")
