"""Where the bytes of one file go."""

from __future__ import annotations

from typing import Protocol


class Sink(Protocol):
    """The place of one file: a partial file in the store, or an upload to a cluster.

    Its own errors (a full disk) pass through a fetch untouched.
    """

    def resume_point(self) -> tuple[int, str]:
        """Return how many bytes are here, and the encoded validator that they came under. ``(0, "")``: none."""

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        """Begin, or begin again.

        Args:
            offset: 0 forgets what is here; otherwise the bytes here, to be continued.
            validator: to be kept beside the bytes, see `Validator.encode`.
            size: bytes of the whole file, None if unknown.
        """

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append bytes."""

    def digest(self) -> str:
        """Return the XXH64 of all bytes here, as 16 lower-case hex digits."""

    def close(self) -> None:
        """Let go of descriptors; the bytes stay for a later resume."""

    def discard(self) -> None:
        """Forget the bytes."""
