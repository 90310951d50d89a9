"""Tables as files: Parquet, CSV, Arrow. A file appears whole, or not at all."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError, DirectoryNotFound, DiskFull, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

#: The suffixes of files that a table can be written to.
SUFFIXES = (".parquet", ".csv", ".arrow")


def write_table(frame: DataFrame, path: str | Path) -> Path:
    """Write a table to a file; its suffix says how.

    Sizes are written as numbers and times in UTC; a column of mappings as JSON.

    Args:
        frame: the table.
        path: ``listing.parquet``, ``listing.csv`` or ``listing.arrow`` (Arrow's IPC file, which ``feather`` reads).

    Returns:
        The file.

    Raises:
        UsageError: the suffix is another, or the file cannot be written.
        DirectoryNotFound: its directory is not there.

    Example:
        write_table(client.ls("ais://abc"), "listing.parquet")
    """
    target = Path(path).expanduser()
    kind = target.suffix.lower()
    if kind not in SUFFIXES:
        raise UsageError(f"'{path}' is no table that can be written. Use a suffix of: {', '.join(SUFFIXES)}.")
    flat = frame.copy()
    flat.attrs = {}  # what the display needs is of no use in a file
    for column in flat.columns[flat.dtypes == "object"]:
        flat[column] = [json.dumps(value) if isinstance(value, dict) else value for value in flat[column]]
    with replacing(target) as fresh:
        if kind == ".parquet":
            flat.to_parquet(fresh, index=False)
        elif kind == ".csv":
            flat.to_csv(fresh, index=False)
        else:
            flat.to_feather(fresh)
    return target


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a file to write beside `target`, which it replaces when the block ends well.

    Raises:
        DirectoryNotFound: the directory of `target` is not there.
        DiskFull: there is no room.
        UsageError: it cannot be written.
    """
    try:
        if not target.parent.is_dir():
            raise DirectoryNotFound(
                f"'{target}' cannot be written: there is no directory '{target.parent}'. Make it first."
            )
        with tempfile.TemporaryDirectory(prefix=".aisnb-", dir=target.parent) as folder:
            fresh = Path(folder, target.name)
            yield fresh
            fresh.replace(target)
    except AisnbError:
        raise
    except OSError as exc:
        import errno

        kind = DiskFull if exc.errno in (errno.ENOSPC, errno.EDQUOT) else UsageError
        raise kind(f"'{target}' cannot be written: {exc.strerror or exc}. Choose another place.") from exc
