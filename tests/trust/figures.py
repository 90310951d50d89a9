"""What a subject counted, and the table of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Figures:
    """The counts of one subject. Whatever is bad is counted by the name of the object that it befell.

    Attributes:
        subject: what was done.
        trials: how often.
        faults: faults injected.
        checked: objects whose bytes were compared.
        lost: objects that were acknowledged or listed, and are gone.
        wrong: objects whose bytes, size or checksum are not what was stored.
        partial: objects seen half there, and partial files left when all had ended.
        broken: other promises that were not kept, in words.
        seconds: how long it took.
        measured: other figures, in words.
    """

    subject: str
    trials: int = 0
    faults: int = 0
    checked: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    measured: str = ""

    @property
    def complaints(self) -> list[str]:
        """All that is bad, in words."""
        kinds = {"lost": self.lost, "wrong": self.wrong, "partial": self.partial, "broken": self.broken}
        return [f"{self.subject}: {kind}: {what}" for kind, found in kinds.items() for what in found]

    def expect(self, promise: bool, otherwise: str) -> None:
        """Note `otherwise` among what is broken, unless the promise was kept."""
        if not promise:
            self.broken.append(otherwise)

    def compare(self, name: str, found: bytes, allowed: Sequence[bytes]) -> None:
        """Hold an object's bytes against those that it may have."""
        self.checked += 1
        if found not in allowed:
            beginning = any(whole.startswith(found) for whole in allowed)
            (self.partial if beginning else self.wrong).append(f"{name}: {len(found)} bytes")


def table(rows: Sequence[Figures]) -> str:
    """Return the figures as a Markdown table, and below it what else was measured."""
    head = "| subject | trials | faults | objects compared | lost | wrong | partial | other | seconds |"
    lines = [head, "|---" * 9 + "|"]
    for row in rows:
        bad = " | ".join(str(len(found)) for found in (row.lost, row.wrong, row.partial, row.broken))
        lines.append(f"| {row.subject} | {row.trials} | {row.faults} | {row.checked} | {bad} | {row.seconds:.0f} |")
    lines += [f"\n{row.subject}: {row.measured}." for row in rows if row.measured]
    return "\n".join(lines)
