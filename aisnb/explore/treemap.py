"""A treemap's rectangles, as square as can be (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Rectangle(NamedTuple):
    """Where a cell lies."""

    x: float
    y: float
    width: float
    height: float


def squarify(areas: Sequence[float], width: float, height: float) -> list[Rectangle]:
    """Return a rectangle for each area, together filling `width` times `height`.

    Args:
        areas: above 0, the largest first; in any unit, since only their shares count.
        width: of the whole.
        height: of the whole.

    Example:
        squarify([6, 6, 4, 3, 2, 2, 1], 6, 4)
    """
    scale = width * height / (sum(areas) or 1)
    rest, free = [area * scale for area in areas], Rectangle(0.0, 0.0, width, height)
    placed = list[Rectangle]()
    while rest:
        side = min(free.width, free.height)
        count = 1
        while count < len(rest) and _worst(rest[: count + 1], side) <= _worst(rest[:count], side):
            count += 1
        row, free = _lay(rest[:count], free)
        placed += row
        rest = rest[count:]
    return placed


def _worst(row: Sequence[float], side: float) -> float:
    """Return the largest ratio of sides in a row along `side`."""
    depth = sum(row) / side
    return max(max(depth * depth / area, area / (depth * depth)) for area in row)


def _lay(row: Sequence[float], free: Rectangle) -> tuple[list[Rectangle], Rectangle]:
    """Return a row of cells along the shorter side of `free`, and what is left of it."""
    x, y, width, height = free
    cells = list[Rectangle]()
    if width >= height:
        depth = sum(row) / height
        for area in row:
            cells.append(Rectangle(x, y, depth, area / depth))
            y += area / depth
        return cells, Rectangle(x + depth, free.y, max(width - depth, 0.0), height)
    depth = sum(row) / width
    for area in row:
        cells.append(Rectangle(x, y, area / depth, depth))
        x += area / depth
    return cells, Rectangle(free.x, y + depth, width, max(height - depth, 0.0))
