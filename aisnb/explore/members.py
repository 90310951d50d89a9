"""Members of shards as tables: by member, and by sample as WebDataset names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisnb.arguments import checked
from aisnb.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.client import Client

#: A sample's key is all before the first dot of the base name, its extension all behind (WebDataset's
#: ``base_plus_ext``); what has no extension, or nothing before it, belongs to no sample there.
_SAMPLE = r"(?s)^(?P<key>(?:.*/)?[^./][^./]*)[.](?P<extension>[^/]*)$"


@checked
def members(source: str, *, client: Client | None = None, **options: Any) -> DataFrame:
    """Return what is inside shards, without unpacking or fetching them. See `aisnb.Client.members`.

    Args:
        source: a bucket, a shard, a template of shards; a directory, link or template on the web.
        client: whose bucket it is; None connects as `aisnb.connect` does.
        options: ``prefix``, ``limit``, ``strict``, ``headers``.

    Returns:
        A row per member: ``shard``, ``member``, ``size``, ``offset``.

    Raises:
        ArchiveInvalid: no shard can be read.

    Example:
        aisnb.members("http://localhost:8000/shard-{001..010}.tar")
    """
    from aisnb.client import connect

    if client is not None:
        return client.members(source, **options)
    with connect() as own:
        return own.members(source, **options)


@checked
def samples(listing: DataFrame) -> DataFrame:
    """Return the samples that members make up, as WebDataset names them: ``000017.jpg`` and ``000017.cls`` are one.

    Args:
        listing: as `members` returned it, or some of its rows.

    Returns:
        A row per sample, in the order of their first members: ``shard``, ``key``, ``extensions`` (string; in lower
        case, sorted, with commas between), ``size`` (int64, bytes), ``members`` (int64). Members without an extension
        belong to none, and are left out. ``attrs["scattered"]`` counts the samples whose members do not follow each
        other: WebDataset would read each as several.

    Raises:
        UsageError: the table lacks a column.

    Example:
        aisnb.samples(client.members("ais://abc"))["extensions"].value_counts()
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    from aisnb.client import tables

    if lacking := {"shard", "member", "size"} - set(listing.columns):
        raise UsageError(f"The table has no column '{min(lacking)}'. Samples are made of what 'members' returned.")
    parts = pc.extract_regex(pa.array(listing["member"], pa.large_string()), _SAMPLE)
    frame = pd.DataFrame(
        {
            "shard": listing["shard"].reset_index(drop=True),
            "key": pc.struct_field(parts, "key").to_pandas(),
            "extension": pc.utf8_lower(pc.struct_field(parts, "extension")).to_pandas(),
            "size": listing["size"].reset_index(drop=True),
        }
    ).dropna(subset="key")
    number = frame.groupby(["shard", "key"], sort=False).ngroup()
    grouped = frame.sort_values("extension", kind="stable").groupby(number)
    found = pd.DataFrame(
        {
            "shard": grouped["shard"].first().astype(tables.TEXT),
            "key": grouped["key"].first().astype(tables.TEXT),
            "extensions": grouped["extension"].agg(",".join).astype(tables.TEXT),
            "size": grouped["size"].sum(),
            "members": grouped.size().astype("int64"),
        }
    ).reset_index(drop=True)
    begins = number != number.shift()
    runs = number[begins].value_counts()
    found.attrs = {**listing.attrs, "aisnb": True, "scattered": int((runs > 1).sum())}
    return found
