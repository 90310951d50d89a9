"""Places for fetched bytes, as small as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from pathlib import Path


class MemorySink:
    """A sink in memory.

    Attributes:
        body: the bytes here.
        starts: every ``(offset, size)`` it was started with.
    """

    def __init__(self, body: bytes = b"", validator: str = "") -> None:
        self.body = bytearray(body)
        self.validator = validator
        self.starts: list[tuple[int, int | None]] = []

    def resume_point(self) -> tuple[int, str]:
        return len(self.body), self.validator

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        assert offset in (0, len(self.body))
        del self.body[offset:]
        self.validator = validator
        self.starts.append((offset, size))

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.body += chunk

    def digest(self) -> str:
        return xxhash.xxh64_hexdigest(self.body)

    def close(self) -> None:
        """Nothing is open."""

    def discard(self) -> None:
        self.body.clear()
        self.validator = ""


class FileSink:
    """A sink that is a file, hashed on the way; its validator lies beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._marks = path.with_name(path.name + ".marks")
        self._file = path.open("ab", buffering=0)
        self._hash = xxhash.xxh64(path.read_bytes())

    def resume_point(self) -> tuple[int, str]:
        return self._file.tell(), self._marks.read_text() if self._marks.exists() else ""

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        if offset == 0:
            self._file.truncate(0)
            self._file.seek(0)
            self._hash.reset()
        assert self._file.tell() == offset
        self._marks.write_text(validator)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self._hash.update(chunk)
        self._file.write(chunk)

    def digest(self) -> str:
        return self._hash.hexdigest()

    def close(self) -> None:
        self._file.close()

    def discard(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)
        self._marks.unlink(missing_ok=True)
