"""The template that names look like: ``shard-000.tar`` to ``shard-099.tar`` are ``shard-{000..099}.tar``. Pure.

Runs of digits that differ become ranges, padded as the cluster pads (see `aisnb.templates`); templates that differ in
one word become a list, ``{train,val}-{00..99}.tar``.
"""

from __future__ import annotations

import math
import os.path
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGITS = re.compile(r"([0-9]+)")
#: A range with more holes than this share of its names is no description of them.
_MOST_HOLES = 0.5
_MOST_WORDS = 8
_LONGEST_NUMBER = 18


class Likeness(NamedTuple):
    """A template, and how well it describes the names it was read from.

    Attributes:
        template: the text.
        total: how many names it stands for.
        matched: how many of the names given are among them.
    """

    template: str
    total: int
    matched: int


class _Shape:
    """Names that differ in their digits only: how many, and the digits of each gap. The names themselves are too many.

    Args:
        gaps: how many places of digits there are.
    """

    __slots__ = ("count", "values")

    def __init__(self, gaps: int) -> None:
        self.count = 0
        self.values: list[set[str]] = [set() for _ in range(gaps)]

    def add(self, digits: Sequence[str]) -> None:
        """Count a name."""
        self.count += 1
        for values, text in zip(self.values, digits, strict=True):
            values.add(text)


def infer_template(names: Iterable[str]) -> Likeness | None:
    """Return the template that most of `names`, all distinct, look like; None if none describes more than half of them.

    Example:
        infer_template(["shard-00.tar", "shard-01.tar", "shard-03.tar"])  # ("shard-{00..03}.tar", 4, 3)
    """
    shapes: dict[tuple[str, ...], _Shape] = {}
    total = 0
    for name in names:
        total += 1
        if "{" not in name and "}" not in name:
            pieces = _DIGITS.split(name)
            texts = tuple(pieces[::2])
            shape = shapes.get(texts) or shapes.setdefault(texts, _Shape(len(pieces) // 2))
            shape.add(pieces[1::2])
    found = [likeness for texts, shape in shapes.items() if (likeness := _of_shape(texts, shape)) is not None]
    merged = _merged(found)
    best = max([*found, *merged], key=lambda likeness: likeness.matched, default=None)
    return best if best is not None and best.matched * 2 > total else None


def _of_shape(texts: Sequence[str], shape: _Shape) -> Likeness | None:
    """Return the template of names that differ in their digits only."""
    text, count = texts[0], 1
    for behind, values in zip(texts[1:], shape.values, strict=True):
        written = _range(values)
        if written is None:
            return None
        text += written[0] + behind
        count *= written[1]
    if shape.count < 2 or shape.count < count * _MOST_HOLES:
        return None
    return Likeness(text, count, shape.count)


def _range(values: set[str]) -> tuple[str, int] | None:
    """Return the range that holds `values`, and how many numbers it counts; None if no padding fits them all."""
    if len(values) == 1:
        return next(iter(values)), 1
    if max(map(len, values)) > _LONGEST_NUMBER:
        return None
    width = min(map(len, values))
    if any(f"{int(value):0{width}d}" != value for value in values):  # so no number has two spellings
        return None
    start, end = min(map(int, values)), max(map(int, values))
    step = 0
    for value in values:
        step = math.gcd(step, int(value) - start)
    stride = f"..{step}" if step > 1 else ""
    return f"{{{start:0{width}d}..{end:0{width}d}{stride}}}", (end - start) // step + 1


def _merged(found: Sequence[Likeness]) -> list[Likeness]:
    """Return what the templates are together that count the same and differ in one word."""
    alike: dict[tuple[tuple[str, ...], int], list[Likeness]] = defaultdict(list)
    for likeness in found:
        alike[tuple(re.findall(r"\{[^}]*\}", likeness.template)), likeness.total].append(likeness)
    return [one for group in alike.values() if (one := _as_list(group)) is not None]


def _as_list(group: Sequence[Likeness]) -> Likeness | None:
    texts = sorted(likeness.template for likeness in group)
    if not 1 < len(texts) <= _MOST_WORDS:
        return None
    head = os.path.commonprefix(texts)  # noqa: RUF071  # characters are meant, not directories
    head = head[: head.rfind("{")] if head.count("{") != head.count("}") else head
    rests = [text[len(head) :][::-1] for text in texts]
    tail = os.path.commonprefix(rests)[::-1]  # noqa: RUF071  # as above
    tail = tail[tail.find("}") + 1 :] if tail.count("{") != tail.count("}") else tail
    words = [text[len(head) : len(text) - len(tail)] for text in texts]
    if any(set("{},") & set(word) or ".." in word for word in words):
        return None
    count, matched = sum(one.total for one in group), sum(one.matched for one in group)
    return Likeness(f"{head}{{{','.join(words)}}}{tail}", count, matched)
