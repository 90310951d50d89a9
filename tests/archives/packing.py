"""Archives made for the tests, honest and hostile."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

from aisnb.archives import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARD = {"a/1.jpg": b"picture", "a/1.cls": b"7", "a/2.jpg": bytes(range(256)) * 40, "b.txt": b""}


def tar(files: Mapping[str, bytes] = SHARD, *, kind: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar with a directory and a link beside the files."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=kind) as archive:
        directory = tarfile.TarInfo("a")
        directory.type = tarfile.DIRTYPE
        archive.addfile(directory)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return target.getvalue()


def tgz(files: Mapping[str, bytes] = SHARD) -> bytes:
    return gzip.compress(tar(files))


def zipped(files: Mapping[str, bytes] = SHARD, *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        archive.mkdir("a")
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


PACKED = {Format.TAR: tar(), Format.TGZ: tgz(), Format.ZIP: zipped()}
