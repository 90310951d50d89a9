"""The numbers under a picture of sizes: bins, shares, prefixes, extensions. A million rows take about a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.int64]

_MOST_BINS = 40
_FINEST = 8  # bins for each doubling
_POINTS = 200
_DEEPEST = 8

#: The last suffix, if it has a letter; with the one before it, if it only says how that is compressed.
_SUFFIX = (
    r"(?i)(?P<key>(?:\.[A-Za-z][A-Za-z0-9]{0,9})?\.(?:gz|bz2|xz|zst|lz4|br)|\.[0-9]{0,3}[A-Za-z][A-Za-z0-9_-]{0,11})$"
)
#: WebDataset's rule: everything after the first dot of the base name.
_MEMBER_SUFFIX = r"^(?:[^/]*/)*[^/.]*(?P<key>\.[^/]+)$"
_BEFORE_DIGITS = r"^(?P<key>[^0-9]+)[0-9]"


def summarize(sizes: Bytes, unknown: int = 0) -> pd.DataFrame:
    """Return one row: ``objects``, ``size``, ``unknown``, ``empty``, ``least``, ``median``, ``mean``, ``most``.

    Args:
        sizes: bytes of each object whose size is known.
        unknown: objects whose size is not.
    """
    known = sizes if len(sizes) else np.zeros(1, dtype="int64")
    facts = {
        "objects": len(sizes) + unknown,
        "size": int(sizes.sum()),
        "unknown": unknown,
        "empty": int((sizes == 0).sum()),
        "least": int(known.min()),
        "median": round(float(np.median(known))),
        "mean": round(float(known.mean())),
        "most": int(known.max()),
    }
    return pd.DataFrame([facts], dtype="int64")


def histogram(sizes: Bytes) -> pd.DataFrame:
    """Return how many objects lie between sizes that grow by a fixed factor, a root of two.

    Returns:
        A row per bin, without gaps: ``low`` and ``high`` (bytes, float64; a size equal to ``high`` is in the next
        bin), ``objects`` and ``size`` (int64). Empty objects are in a first bin from 0 to 1.
    """
    full = sizes[sizes > 0]
    edges = _edges(full)
    objects, _ = np.histogram(full, edges)
    held, _ = np.histogram(full, edges, weights=full.astype("float64"))
    empty = len(sizes) - len(full)
    columns = {"low": edges[:-1], "high": edges[1:], "objects": objects, "size": np.rint(held)}
    frame = pd.DataFrame(columns).astype({"objects": "int64", "size": "int64"})
    if not empty:
        return frame
    first = pd.DataFrame({"low": [0.0], "high": [1.0], "objects": [empty], "size": [0]})
    return pd.concat([first, frame] if len(full) else [first], ignore_index=True)


def _edges(full: Bytes) -> NDArray[np.float64]:
    """Return bounds of bins around all sizes: powers of two, and as many steps between as there is room for."""
    if not len(full):
        return np.array([1.0, 2.0])
    low, high = int(full.min()).bit_length() - 1, int(full.max()).bit_length()
    steps = _FINEST
    while steps > 1 and (high - low) * steps > _MOST_BINS:
        steps //= 2
    edges = 2.0 ** (low + np.arange((high - low) * steps + 1) / steps)
    used = np.flatnonzero(np.histogram(full, edges)[0])
    return edges[used[0] : used[-1] + 2]


def cumulative(sizes: Bytes) -> pd.DataFrame:
    """Return what share of the bytes the largest objects hold.

    Returns:
        At most 201 rows: ``objects`` (share of all objects, the largest first) and ``size`` (their share of all
        bytes), both float64 from 0 to 1.
    """
    ordered = np.sort(sizes)[::-1]
    held = np.concatenate(([0.0], np.cumsum(ordered, dtype="float64")))
    at = np.unique(np.linspace(0, len(ordered), min(_POINTS, len(ordered)) + 1).astype("int64"))
    total = held[-1] or 1.0
    return pd.DataFrame({"objects": at / max(len(ordered), 1), "size": held[at] / total})


def by_prefix(names: pa.Array, sizes: Bytes, depth: int = 0) -> tuple[pd.DataFrame, str]:
    """Return how the bytes are spread over directories, and what the rows are.

    Args:
        names: of the objects.
        sizes: bytes of each.
        depth: how many directories deep; 0 for the first depth that has more than one. Where no directory divides
            the names, what precedes their first digit does; where that doesn't either, each object is its own row.

    Returns:
        Rows ``prefix``, ``objects``, ``size``, the largest first; and ``directory``, ``prefix`` or ``object``.
    """
    for level in range(depth or 1, (depth or _DEEPEST) + 1):
        grouped = _grouped(names, sizes, f"^(?P<key>(?:[^/]*/){{1,{level}}})", "prefix")
        if len(grouped) > 1 or depth:
            return grouped, "directory"
    grouped = _grouped(names, sizes, _BEFORE_DIGITS, "prefix")
    if len(grouped) > 1:
        return grouped, "prefix"
    order = np.argsort(sizes, kind="stable")[::-1]
    objects = pd.DataFrame({"prefix": names.take(pa.array(order)).to_pandas(), "objects": 1, "size": sizes[order]})
    return objects, "object"


def by_extension(names: pa.Array, sizes: Bytes, *, members: bool = False) -> pd.DataFrame:
    """Return how the bytes are spread over kinds of files: rows ``extension``, ``objects``, ``size``, largest first.

    Args:
        names: of objects, or of members of shards.
        sizes: bytes of each.
        members: take all after the first dot of the base name, as WebDataset does; otherwise the last suffix.
    """
    grouped = _grouped(names, sizes, _MEMBER_SUFFIX if members else _SUFFIX, "extension")
    grouped["extension"] = grouped["extension"].str.lower()
    merged: pd.DataFrame = grouped.groupby("extension", sort=False, as_index=False).sum()
    return merged


def _grouped(names: pa.Array, sizes: Bytes, pattern: str, title: str) -> pd.DataFrame:
    """Return count and bytes by what `pattern` calls ``key`` in the names, "" where it does not match."""
    keys = pc.struct_field(pc.extract_regex(names, pattern), "key").fill_null("")
    grouped = pa.table({title: keys, "s": pa.array(sizes)}).group_by(title).aggregate([("s", "count"), ("s", "sum")])
    frame: pd.DataFrame = grouped.rename_columns([title, "objects", "size"]).to_pandas()
    return frame.sort_values("size", ascending=False, kind="stable", ignore_index=True)
