"""How many files and connections a process may have open."""

from __future__ import annotations

import resource

_MANY_FILES = 65536


def allow_many_files() -> None:
    """Raise the limit of open files: each connection is one, and each large file on its way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else min(_MANY_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
