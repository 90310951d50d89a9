"""Columns of DataFrames, made from whole lists at once. The one place that decides on dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: pandas' own string dtype, on Arrow's memory.
TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string[pyarrow]"

_NEVER = np.iinfo("int64").min  # what numpy keeps for a missing time
_RFC_822 = "%d %b %y %H:%M %Z"
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


def texts(values: Sequence[str | None]) -> pd.Series[Any]:
    """Return a column of text; None is a missing value."""
    column: pd.Series[Any] = pd.Series(pa.array(values, pa.large_string()), dtype=TEXT)
    return column


def counts(values: Sequence[int | None]) -> pd.Series[Any]:
    """Return a column of whole numbers: int64, or Int64 with NA if any is unknown (None)."""
    if None in values:
        return pd.Series(values, dtype="Int64")
    return pd.Series(np.array(values, dtype="int64"))  # pandas would look at each of a million first


def rates(values: Sequence[float]) -> pd.Series[Any]:
    """Return a column of float64; below 0 is a missing value."""
    return pd.Series([value if value >= 0 else float("nan") for value in values], dtype="float64")


def flags(values: Sequence[bool]) -> pd.Series[Any]:
    """Return a column of truth values."""
    return pd.Series(values, dtype="bool")


def moments(values: Sequence[str]) -> pd.Series[Any]:
    """Return a column of UTC times at nanoseconds from RFC 3339 (or AIStore's RFC 822) text; "" is a missing value."""
    known = pd.Series([value or None for value in values], dtype="object")
    style = _RFC_822 if any(value and value[4:5] != "-" for value in values) else "ISO8601"
    return pd.Series(pd.to_datetime(known, utc=True, format=style), dtype="datetime64[ns, UTC]")


def http_dates(values: Sequence[str]) -> pd.Series[Any]:
    """Return a column of UTC times from HTTP dates (RFC 9110 section 5.6.7); what is none is a missing value."""
    known = pd.Series([value or None for value in values], dtype="object")
    moments = pd.to_datetime(known, utc=True, format=_HTTP_DATE, errors="coerce")
    return pd.Series(moments, dtype="datetime64[ns, UTC]")


def moments_ns(values: Sequence[int]) -> pd.Series[Any]:
    """Return a column of UTC times from nanoseconds since 1970; 0 is a missing value."""
    known = np.array([value or _NEVER for value in values], dtype="int64")
    return pd.Series(known.view("datetime64[ns]")).dt.tz_localize("UTC")


def things(values: Iterable[object]) -> pd.Series[Any]:
    """Return a column of Python objects."""
    return pd.Series(list(values), dtype="object")


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of the same columns as one, with the facts of the first; at least one table is needed."""
    if len(frames) == 1:
        return frames[0]
    whole = pd.concat(frames, ignore_index=True)
    whole.attrs.update(frames[0].attrs)
    return whole


def table(columns: dict[str, pd.Series[Any]], **facts: str | int) -> pd.DataFrame:
    """Return the columns as a DataFrame; `facts` become its ``attrs``, beside the mark that displays know it by."""
    frame = pd.DataFrame(columns)
    frame.attrs.update(facts, aisnb=True)
    return frame
