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
    """Return a picture of a sun above the sea."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def pixel(x: int, y: int) -> tuple[int, int, int]:
        sea = 2 * height // 3
        if y > sea:
            return 40, 60 + 80 * (height - y) // height, 110 + 9 * ((x + 3 * y) % 7)
        if 9 * ((x - width // 2) ** 2 + (y - height // 2) ** 2) < height**2:
            return 255, 220, 90
        return 250 - 90 * y // height, 120 + 60 * y // height, 90 + 60 * y // height

    rows = b"".join(b"\0" + bytes(each for x in range(width) for each in pixel(x, y)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
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
    return {"png": png(160 + 8 * number, 120), "cls": b"%d" % number, "json": JSON, "txt": b"sample %d" % number}
