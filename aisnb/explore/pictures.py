"""A distribution of sizes as one picture. Drawn from bins, on a ground of its own, without pyplot's global state.

Legible wherever a cell's output goes: the ground is always light, so that a dark page and a printed one show the same.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from importlib.util import find_spec
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from aisnb.errors import Unsupported
from aisnb.explore.treemap import squarify
from aisnb.units import human_size, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle
    from pandas import DataFrame

    from aisnb.explore.sizes import Sizes

NOT_INSTALLED = "A picture needs matplotlib, which is not installed. Say: pip install 'aisnb[plot]'"

INCHES = (10.0, 11.0)
#: Dots per inch, and how many of them a page shows in the space of one: sharp on fine screens, too.
DOTS, FINENESS = 144, 1.5

_GROUND, _INK, _FAINT = "#ffffff", "#1f2328", "#8c959f"
_BAR, _LINE = "#2f6f9f", "#b3541e"
_CELLS = ("#2f6f9f", "#3d7f5f", "#7a5ba6", "#a0522d", "#50708a", "#8a6d1f", "#9a4468", "#4a7a7a")
_REST = "#6e7781"
_ROWS = 8
_MOST_CELLS = 300
_SHORT, _LONGEST = 24, 120
_LEAST = 4
_ASPECT = (10.0, 3.4)


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def check_drawing() -> None:
    """Do nothing where pictures can be drawn.

    Raises:
        Unsupported: matplotlib is not installed.
    """
    if not can_draw():
        raise Unsupported(NOT_INSTALLED)


def draw(sizes: Sizes) -> Figure:
    """Return the picture of `sizes` as a figure of matplotlib's, which nobody else holds.

    Raises:
        Unsupported: matplotlib is not installed.
    """
    check_drawing()
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DOTS, facecolor=_GROUND, layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=(3.0, 3.6, 3.0))
    figure.suptitle(_text(sizes.title, 90), color=_INK, fontsize=12, x=0.01, ha="left", parse_math=False)
    noun = f"{sizes.noun}s"
    _draw_histogram(_axes(figure, grid[0, 0], f"How many {noun} of which size"), sizes.histogram, noun)
    _draw_cumulative(_axes(figure, grid[0, 1], f"What the largest {noun} hold"), sizes.cumulative, noun)
    kind = sizes.noun if sizes.prefix_kind == "object" else sizes.prefix_kind
    _draw_treemap(_axes(figure, grid[1, :], f"Bytes by {kind}"), sizes.prefixes)
    _draw_extremes(_axes(figure, grid[2, 0], "Largest and smallest"), sizes.largest, sizes.smallest)
    _draw_extensions(_axes(figure, grid[2, 1], "Bytes by extension"), sizes.extensions)
    return figure


def render(figure: Figure, kind: str = "png") -> bytes:
    """Return a figure as an image: ``png``, ``svg`` or ``pdf``."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, facecolor=_GROUND)
    return buffer.getvalue()


def _axes(figure: Figure, place: Any, title: str) -> Axes:
    axes = figure.add_subplot(place, facecolor=_GROUND)
    axes.set_title(title, loc="left", fontsize=10, color=_INK, fontweight="bold")
    axes.tick_params(colors=_INK, labelsize=8, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_FAINT)
    return axes


def _draw_histogram(axes: Axes, bins: DataFrame, noun: str) -> None:
    """Draw a bar for each bin at equal width, since bins grow by a factor; an empty object is in a bin of its own."""
    from matplotlib.ticker import MaxNLocator

    if bins.empty:
        return _say_nothing(axes)
    places = range(len(bins))
    axes.bar(places, bins["objects"], width=1.0, align="edge", color=_BAR, edgecolor=_GROUND, linewidth=0.6)
    stride = max(1, -(-len(bins) // 6))
    axes.set_xticks(list(places)[::stride], [human_size(round(low)) for low in bins["low"].iloc[::stride]])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylabel(noun, fontsize=8, color=_INK)
    axes.set_xlabel("size (each bar begins at its label)", fontsize=8, color=_INK)
    return None


def _draw_cumulative(axes: Axes, shares: DataFrame, noun: str) -> None:
    axes.plot(shares["objects"] * 100, shares["size"] * 100, color=_LINE, linewidth=2)
    axes.plot((0, 100), (0, 100), color=_FAINT, linewidth=0.8, linestyle="--")
    axes.set(xlim=(0, 100), ylim=(0, 100))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f} %")
    axes.set_xlabel(f"of the {noun}, the largest first", fontsize=8, color=_INK)
    axes.set_ylabel("of the bytes", fontsize=8, color=_INK)
    axes.annotate("dashed: all alike", (98, 4), ha="right", fontsize=8, color=_REST)


def _draw_treemap(axes: Axes, groups: DataFrame) -> None:
    """Draw the largest groups as cells, and the others as one."""
    from matplotlib.patches import Rectangle

    shown = groups[groups["size"] > 0].head(_MOST_CELLS)
    if shown.empty:
        return _say_nothing(axes)
    areas = [float(size) for size in shown["size"]]
    labels = [_text(prefix or "(no directory)", _LONGEST, keep_end=True) for prefix in shown["prefix"]]
    ending = _common_ending(labels)
    rest = groups.iloc[len(shown) :]
    if rest["size"].sum():
        areas.append(float(rest["size"].sum()))
        labels.append(f"{len(rest):,} others, up to {human_size(int(rest['size'].max()))} each")
    order = sorted(range(len(areas)), key=lambda index: -areas[index])
    cells = squarify([areas[index] for index in order], *_ASPECT)
    for index, (x, y, width, height) in zip(order, cells, strict=True):
        colour = _REST if index >= len(shown) else _CELLS[index % len(_CELLS)]
        cell = Rectangle((x, y), width, height, facecolor=colour, edgecolor=_GROUND, linewidth=1.2)
        axes.add_patch(cell)
        _label_cell(axes, cell, _fitting(labels[index], width, ending), human_size(areas[index]))
    axes.set(xlim=(0, _ASPECT[0]), ylim=(_ASPECT[1], 0))
    axes.set_axis_off()
    return None


def _common_ending(names: Sequence[str]) -> str:
    """Return what all of several names end in, from a dot or slash on, as in ``.tar/``: it tells none from another."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*map(reversed, names), strict=False))
    ending = "".join(letters[0] for letters in same)[::-1] if len(names) > 1 else ""
    found = re.search(r"[./].*", ending)
    return found[0] if found else ""


def _fitting(name: str, width: float, ending: str) -> str:
    """Return a name as a cell of that width has room for it, "" for none: else its end, in which neighbours differ."""
    room = _room(width)
    if len(name) <= room:
        return name
    return "…" + name.removesuffix(ending)[1 - room :].lstrip("-_./ ") if room >= _LEAST else ""


def _room(width: float) -> int:
    return int((width - 0.05) / 0.083)  # characters of this size in a cell, near enough


def _label_cell(axes: Axes, cell: Rectangle, name: str, size: str) -> None:
    """Write name and size into a cell as far as there is room; letters that are wider than most end at its edge."""
    height = cell.get_height()
    if height < 0.2 or not name:
        return
    text = f"{name}\n{size}" if height > 0.36 and len(size) <= _room(cell.get_width()) else name
    x, y = cell.get_xy()
    label = axes.text(x + 0.05, y + 0.05, text, color="#ffffff", fontsize=8, va="top", clip_on=True, parse_math=False)
    label.set_clip_path(cell)


def _draw_extremes(axes: Axes, largest: DataFrame, smallest: DataFrame) -> None:
    """Write the names and sizes as two lists: bars would show nothing of the smallest."""
    axes.set_axis_off()
    for column, (title, rows) in enumerate((("largest", largest), ("smallest", smallest))):
        x = column * 0.52
        axes.text(x, 0.98, title, fontsize=8, color=_REST, va="top", transform=axes.transAxes)
        for number, (name, size) in enumerate(zip(rows["name"].head(_ROWS), rows["size"].head(_ROWS), strict=True)):
            y = 0.88 - number * 0.112
            label = _text(str(name), _SHORT, keep_end=True)
            axes.text(x, y, human_size(int(size)), fontsize=8, color=_INK, va="top", transform=axes.transAxes)
            axes.text(x + 0.15, y, label, fontsize=8, color=_INK, va="top", transform=axes.transAxes, parse_math=False)


def _draw_extensions(axes: Axes, kinds: DataFrame) -> None:
    shown = kinds.head(_ROWS)
    if shown.empty:
        return _say_nothing(axes)
    places = range(len(shown))
    axes.barh(places, shown["size"], color=_BAR, height=0.7)
    axes.set_yticks(list(places), [_text(kind or "(none)", _SHORT) for kind in shown["extension"]])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    for place, size, objects in zip(places, shown["size"], shown["objects"], strict=True):
        axes.annotate(
            f" {human_size(int(size))}, {objects:,}", (float(size), place), va="center", fontsize=8, color=_INK
        )
    axes.set(ylim=(_ROWS - 0.5, -0.5))
    axes.margins(x=0.45)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    if len(kinds) > len(shown):
        axes.set_xlabel(f"and {len(kinds) - len(shown):,} others", fontsize=8, color=_REST)
    return None


def _say_nothing(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0.0, 0.8, "nothing to show", fontsize=9, color=_REST, transform=axes.transAxes)


def _text(name: str, longest: int, *, keep_end: bool = False) -> str:
    """Return a name as it can be drawn: one line, no longer than that, of characters that the font has."""
    shown = "".join(each if ord(each) in _drawable() else f"\\u{ord(each):04x}" for each in printable(name))
    if len(shown) <= longest:
        return shown
    if keep_end:
        return shown[: longest // 3] + "…" + shown[len(shown) - (longest - longest // 3 - 1) :]
    return shown[: longest - 1] + "…"


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    """Return the characters that matplotlib's own font has: others would come out as boxes, with a warning each."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
