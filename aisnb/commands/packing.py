"""Real files that are always at hand: the sources of Python's standard library, packed into tar shards.

The shards are WebDataset's kind: each sample is a ``KEY.py`` and a ``KEY.json`` with its path and size. They are of
uneven size, as real ones are, and the same at every packing.
"""

from __future__ import annotations

import io
import json
import shutil
import sysconfig
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.errors import Unsupported, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARDS = 100
#: The names of all shards.
TEMPLATE = f"shard-{{000..{SHARDS - 1:03d}}}.tar"

_NOT_PACKED = frozenset(("__pycache__", "site-packages", "dist-packages"))
#: How many times as many files the fullest shard has as the emptiest, plus one.
_UNEVENNESS = 9
_STRIDE = 5  # visits every weight below _UNEVENNESS before it repeats


def pack_standard_library(directory: Path) -> int:
    """Fill `directory` with shards, unless that was done before; it appears full, or not at all.

    Returns:
        How many shards there are.

    Raises:
        Unsupported: this Python has no library sources on disk.
        UsageError: the directory cannot be written.
    """
    if directory.is_dir():
        return sum(1 for _ in directory.glob("shard-*.tar"))
    library = Path(sysconfig.get_path("stdlib"))
    sources = _sources(library)
    if len(sources) < SHARDS:
        raise Unsupported(f"The demo packs Python's own sources, and '{library}' has none. Use a Python that has them.")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".packing-", dir=directory.parent))
        try:
            _write_shards(library, sources, fresh)
            fresh.rename(directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as exc:
        raise UsageError(f"The demo cannot write to '{directory}': {exc.strerror}. Set AISNB_HOME elsewhere.") from exc
    return SHARDS


def _sources(library: Path) -> list[Path]:
    found = (path for path in library.rglob("*.py") if not _NOT_PACKED & set(path.relative_to(library).parts))
    return sorted(path for path in found if path.is_file())


def _write_shards(library: Path, sources: Sequence[Path], directory: Path) -> None:
    start = 0
    for number, end in enumerate(_ends(len(sources))):
        with tarfile.open(directory / f"shard-{number:03d}.tar", "w", format=tarfile.USTAR_FORMAT) as shard:
            for key, source in enumerate(sources[start:end], start + 1):
                content = source.read_bytes()
                facts = {"path": source.relative_to(library).as_posix(), "size": len(content)}
                _add(shard, f"{key:06d}.py", content)
                _add(shard, f"{key:06d}.json", json.dumps(facts).encode())
        start = end


def _ends(count: int) -> Iterator[int]:
    """Yield where each shard ends among `count` files: shares from 1 to `_UNEVENNESS`, in a fixed disorder."""
    weights = [1 + number * _STRIDE % _UNEVENNESS for number in range(SHARDS)]
    given = 0
    for weight in weights:
        given += weight
        yield count * given // sum(weights)


def _add(shard: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o644
    shard.addfile(member, io.BytesIO(content))
