"""What buckets hold in tests of the browser: texts, JSON, pictures, shards; with names of every kind."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import aisnb

JSON = b'{"split": "train", "labels": ["cat", "dog"], "size": {"width": 64, "height": 48}}'
TEXT = "Größe: <b>1</b> & more\n\tשלום 🦜\n".encode()
ODD_NAMES = (
    "<img src=x onerror='window.hacked = true'>",
    "<script>window.hacked = true</script>",
    "quote\"'`&amp;$HOME{1..3}",
    "line\nbreak\ttab",
    "\u202egpj.exe",
    "שלום",
    "🦜-👨‍👩‍👧",
)


def png(width: int = 64, height: int = 48) -> bytes:
    """Return a picture of a colour that changes from side to side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes(value for x in range(width) for value in (255 * x // width, 128, 255 - 255 * x // width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def tar(members: Mapping[str, bytes]) -> bytes:
    """Return a tar of these files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def put(client: aisnb.Client, bucket: str, objects: Mapping[str, bytes], folder: Path) -> None:
    """Store objects in a bucket, which is made if need be."""
    client.create(bucket)
    file = folder / "an object"
    for name, data in objects.items():
        file.write_bytes(data)
        client.put(file, f"{bucket}/{name}")


def dataset() -> dict[str, bytes]:
    """Return a small dataset: three folders, a shard of five samples and twenty more files."""
    samples = {f"{number:06d}.{kind}": data for number in range(5) for kind, data in _sample(number).items()}
    return {
        "README.md": b"# A dataset\n\nFive samples in a shard, and some files.\n",
        "meta/labels.json": JSON,
        "pictures/wide.png": png(),
        "train/shard-000.tar": tar(samples),
        **{f"train/deep/part-{number:02d}.txt": b"part %d\n" % number * 100 for number in range(20)},
    }


def _sample(number: int) -> dict[str, bytes]:
    return {"png": png(40 + 8 * number, 40), "cls": b"%d" % number, "json": JSON, "txt": b"sample %d" % number}
