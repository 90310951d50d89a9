"""Which sizes stand out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pandas import Series

    Sizes = Series[int]

#: Of fewer files than this nobody can say what is usual.
ENOUGH = 8
#: At least so many times smaller or larger than the median, however alike the others are.
LEAST_FACTOR = 2.0
#: So many robust standard deviations (1.4826 times the median absolute deviation) on the logarithmic scale.
DEVIATIONS = 6.0
_MAD_TO_DEVIATION = 1.4826


class Usual(NamedTuple):
    """What sizes are usual.

    Attributes:
        median: bytes, 0 if there is no size.
        low: bytes; what is smaller stands out.
        high: bytes; what is larger stands out.
    """

    median: int
    low: float
    high: float


def usual_sizes(sizes: Sizes) -> Usual:
    """Return the bounds of usual sizes: the median, divided and multiplied by a factor.

    The factor is 2, or more where sizes are spread widely: six robust standard deviations of the logarithms
    (Iglewicz and Hoaglin's modified z-score, on a logarithmic scale, for sizes differ by factors). Empty files are
    always below. Of fewer than eight files all are usual, unless they are empty.

    Args:
        sizes: bytes; missing values do not count.

    Example:
        usual_sizes(df["size"])
    """
    known = sizes.dropna().to_numpy(dtype="float64")
    logs = np.log2(known[known > 0])
    if not len(logs):
        return Usual(0, 1.0, float("inf"))
    middle = float(np.median(logs))
    if len(logs) < ENOUGH:
        return Usual(round(2**middle), 1.0, float("inf"))
    spread = float(np.median(np.abs(logs - middle))) * _MAD_TO_DEVIATION
    factor = max(LEAST_FACTOR, 2 ** min(spread * DEVIATIONS, 512.0))
    return Usual(round(2**middle), max(2**middle / factor, 1.0), 2**middle * factor)


def odd(sizes: Sizes) -> Series[bool]:
    """Return for each size whether it stands out; a missing one does not.

    Example:
        df[odd(df["size"])]
    """
    usual = usual_sizes(sizes)
    known = sizes.astype("Float64")
    return ((known < usual.low) | (known > usual.high)).fillna(value=False).astype(bool)
