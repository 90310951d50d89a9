"""How sizes are spread over the objects of a bucket: a picture, and the numbers under it as DataFrames."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisnb.arguments import checked
from aisnb.errors import UsageError
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series

    from aisnb.client import Client

#: The image formats that a picture can be saved in.
FORMATS = ("png", "svg", "pdf")


class Sizes:
    """The sizes of objects, shown as a picture in a notebook and as text elsewhere.

    Args:
        listing: a row per object with ``name`` and ``size``, or per member of shards with ``shard``, ``member`` and
            ``size``. Sizes are bytes; rows without a size are counted, and left out.
        title: what the objects are of.
        depth: how many directories deep `prefixes` goes; 0 for the first depth that has more than one.

    Attributes:
        listing: ``name`` and ``size`` of each object whose size is known.
        depth: as given.

    Example:
        found = aisnb.sizes("ais://abc")
        found.histogram.query("objects > 0")
        found.save("sizes.pdf")
    """

    def __init__(self, listing: DataFrame, title: str = "", depth: int = 0) -> None:
        if depth < 0:
            raise UsageError(f"A depth of {depth} directories makes no sense. Say 1 or more, or 0 to have it chosen.")
        self._members = "member" in listing.columns
        self._shards = listing["shard"].unique() if self._members else ()
        named = _named(listing)
        known = named["size"].notna()
        self._unknown = int(len(named) - known.sum())
        self.listing = named[known].astype({"size": "int64"}).reset_index(drop=True)
        self._about = title
        self.depth = depth

    @cached_property
    def summary(self) -> DataFrame:
        """One row: ``objects``, ``size``, ``unknown``, ``empty``, ``least``, ``median``, ``mean``, ``most`` (int64)."""
        from aisnb.explore.distribution import summarize

        return summarize(self._sizes, self._unknown)

    @cached_property
    def histogram(self) -> DataFrame:
        """A row per bin: ``low``, ``high`` (bytes, float64), ``objects``, ``size`` (int64)."""
        from aisnb.explore.distribution import histogram

        return histogram(self._sizes)

    @cached_property
    def cumulative(self) -> DataFrame:
        """What share of the bytes the largest objects hold: ``objects``, ``size`` (float64, 0 to 1)."""
        from aisnb.explore.distribution import cumulative

        return cumulative(self._sizes)

    @property
    def prefixes(self) -> DataFrame:
        """A row per directory, the largest first: ``prefix``, ``objects``, ``size`` (int64, bytes)."""
        return self._by_prefix[0]

    @property
    def prefix_kind(self) -> str:
        """What a row of `prefixes` is: ``directory``, ``shard``, ``prefix`` (before the first digit) or ``object``."""
        prefixes, kind = self._by_prefix
        whole = self._members and prefixes["prefix"].str.removesuffix("/").isin(self._shards).all()
        return "shard" if kind == "directory" and whole else kind

    @cached_property
    def extensions(self) -> DataFrame:
        """A row per kind of file, the largest first: ``extension``, ``objects``, ``size`` (int64, bytes)."""
        from aisnb.explore.distribution import by_extension

        return by_extension(self._names, self._sizes, members=self._members)

    @cached_property
    def largest(self) -> DataFrame:
        """The 20 largest objects: ``name``, ``size``."""
        return self.listing.nlargest(20, "size").reset_index(drop=True)

    @cached_property
    def smallest(self) -> DataFrame:
        """The 20 smallest objects: ``name``, ``size``."""
        return self.listing.nsmallest(20, "size").reset_index(drop=True)

    @property
    def noun(self) -> str:
        """What is counted: ``object``, or ``member`` of shards."""
        return "member" if self._members else "object"

    @property
    def title(self) -> str:
        """What this is, in one line."""
        total = human_size(int(self.summary["size"].iloc[0]))
        about = f"{self._about}: " if self._about else ""
        unknown = f", {self._unknown:,} of unknown size" if self._unknown else ""
        return f"{about}{plural(len(self.listing) + self._unknown, self.noun)}, {total}{unknown}"

    def figure(self) -> Figure:
        """Return the picture as a new figure of matplotlib's, to be changed as you like.

        Raises:
            Unsupported: matplotlib is not installed.
        """
        from aisnb.explore.pictures import draw

        return draw(self)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file; its suffix says how: ``.png``, ``.svg`` or ``.pdf``.

        Raises:
            Unsupported: matplotlib is not installed.
            UsageError: the suffix is another, or the file cannot be written.
        """
        from aisnb.explore.export import replacing
        from aisnb.explore.pictures import render

        target = Path(path).expanduser()
        kind = target.suffix.lower().removeprefix(".")
        if kind not in FORMATS:
            raise UsageError(f"'{path}' is no picture that can be written. Use a suffix of: .{', .'.join(FORMATS)}.")
        image = render(self.figure(), kind)
        with replacing(target) as fresh:
            fresh.write_bytes(image)
        return target

    def __repr__(self) -> str:
        if self.listing.empty:
            return self.title
        facts = self.summary.iloc[0]
        lines = [
            self.title,
            f"median {human_size(int(facts['median']))}, mean {human_size(int(facts['mean']))}, "
            f"from {human_size(int(facts['least']))} to {human_size(int(facts['most']))}",
        ]
        if facts["empty"]:
            lines.append(f"{int(facts['empty']):,} empty")
        if len(self.prefixes) > 1 and self.prefix_kind != "object":
            lines += _lines(self.prefixes, "prefix", "(no directory)")
        if len(self.extensions) > 1:
            lines += _lines(self.extensions, "extension", "(no extension)")
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the text, and where matplotlib is installed the picture: what IPython shows."""
        from aisnb.explore.pictures import DOTS, FINENESS, INCHES, can_draw, render

        text = {"text/plain": repr(self)}
        if not can_draw():
            return text
        width, height = (round(inches * DOTS / FINENESS) for inches in INCHES)
        shown = {"width": width, "height": height, "alt": f"How sizes are spread. {self.title}"}
        return text | {"image/png": render(self.figure())}, {"image/png": shown}

    @property
    def _sizes(self) -> Any:
        return self.listing["size"].to_numpy()

    @property
    def _names(self) -> Any:
        import pyarrow as pa

        return pa.array(self.listing["name"], pa.large_string())

    @cached_property
    def _by_prefix(self) -> tuple[DataFrame, str]:
        from aisnb.explore.distribution import by_prefix

        return by_prefix(self._names, self._sizes, self.depth)


@checked
def sizes(
    source: str | DataFrame,
    *,
    prefix: str = "",
    depth: int = 0,
    archive: bool = False,
    client: Client | None = None,
) -> Sizes:
    """Show how sizes are spread: histogram, cumulative share, treemap, largest and smallest, kinds of files.

    Args:
        source: a bucket (``ais://abc``, ``ais://abc/train/``), a directory or template on the web, or a DataFrame with
            ``name`` and ``size`` (or ``shard``, ``member`` and ``size``), such as a listing.
        prefix: only names of the bucket that begin so.
        depth: how many directories deep the treemap goes; 0 for the first depth that has more than one.
        archive: look at what is inside shards, see `aisnb.members`.
        client: whose bucket it is; None connects as `aisnb.connect` does.

    Raises:
        BucketNotFound: there is no such bucket.
        SourceError: the web server does not answer.
        UsageError: the DataFrame lacks a column.

    Example:
        aisnb.sizes("ais://abc")
    """
    from aisnb.client import connect

    if not isinstance(source, str):
        return Sizes(source, str(source.attrs.get("bucket", "")), depth)
    if client is not None:
        return Sizes(_listed(client, source, prefix, archive=archive), source, depth)
    with connect() as own:
        return Sizes(_listed(own, source, prefix, archive=archive), source, depth)


def _listed(client: Client, source: str, prefix: str, *, archive: bool) -> DataFrame:
    """Return names and sizes of a bucket, or of what is on the web, which is asked where its index does not say."""
    from aisnb.uris import is_link

    if archive:
        return client.members(source, prefix=prefix)
    if not is_link(source):
        return client.ls(source, prefix=prefix)
    found = client.plan(source, sample=False)
    return found[found["status"] == 200]


def _named(listing: DataFrame) -> DataFrame:
    """Return ``name`` and ``size``; a member of a shard is called after both.

    Raises:
        UsageError: a column is missing.
    """
    columns = set(listing.columns)
    if "size" not in columns or not ({"name"} <= columns or {"shard", "member"} <= columns):
        have = ", ".join(map(str, listing.columns)) or "none"
        raise UsageError(f"The table has the columns {have}. A picture of sizes needs 'name' and 'size'.")
    if listing["size"].dtype.kind not in "iuf":
        raise UsageError(f"The column 'size' is of type {listing['size'].dtype}. Sizes are numbers, in bytes.")
    if (listing["size"] < 0).any():
        raise UsageError(
            f"A size of {listing['size'].min()} bytes makes no sense. Leave out, or mend, what is below 0."
        )
    if "member" in columns:
        listing = listing.assign(name=listing["shard"] + "/" + listing["member"])
    return listing[["name", "size"]].assign(name=_texts(listing["name"]))


def _texts(names: Series[Any]) -> Series[Any]:
    """Return names in the one type that all texts of ours have.

    Raises:
        UsageError: some are no texts.
    """
    import pandas as pd
    import pyarrow as pa

    from aisnb.client import tables

    try:
        column = pa.array(names, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError) as exc:
        raise UsageError("The column 'name' has values that are no text. Make texts of them by .astype(str).") from exc
    if column.null_count:
        raise UsageError(
            f"The column 'name' lacks {plural(column.null_count, 'name')}. Leave those rows out: .dropna()."
        )
    found: Series[Any] = pd.Series(column, index=names.index, dtype=tables.TEXT)
    return found


def _lines(groups: DataFrame, column: str, nameless: str) -> list[str]:
    from aisnb.explore.tables import render_text

    shown = groups.head(5).rename(columns={column: "name"}).replace({"name": {"": nameless}})
    more = f"... {len(groups) - 5:,} more ..." if len(groups) > 5 else ""
    return ["", *render_text(shown).splitlines()[:-1], *([more] if more else [])]
