"""Which local files become which objects. No I/O but looking at directories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.client.local_files import files_in, source_faults
from aisnb.errors import DirectoryNotFound
from aisnb.uris import check_object_name, parse_uri

if TYPE_CHECKING:
    from aisnb.uris import Bucket


def plan_upload(source: str | Path, destination: str) -> list[tuple[Path, Bucket, str]]:
    """Return ``(file, bucket, object name)`` for each file that `source` means.

    A file becomes the object that is named, or one of its own name in the bucket or (with a trailing slash) in the
    directory that is named. A directory's files keep their paths below it.

    Raises:
        DirectoryNotFound: there is no such file or directory.
        NotAllowed: it, or a directory below it, is not this user's to read.
        NameInvalid: a file has a name that no object can have.
    """
    path = Path(source).expanduser()
    bucket, rest = parse_uri(destination)
    with source_faults(path):
        if path.is_file():
            name = rest + path.name if not rest or rest.endswith("/") else rest
            return [(path, bucket, check_object_name(name))]
        if not path.is_dir():
            raise DirectoryNotFound(f"There is no file or directory '{source}' on this machine. Check the path.")
        files = files_in(path, recursive=True)
    within = rest.strip("/") + "/" if rest.strip("/") else ""
    return [(file, bucket, check_object_name(within + file.relative_to(path).as_posix())) for file in files]
