"""What is wrong with the objects of a bucket, counted: misplaced, empty, huge, without copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame

#: What listings ask for so that `scrubbed` can tell.
PROPS = "status,copies"


def scrubbed(listings: Mapping[str, DataFrame], copies: Mapping[str, int], small: int, large: int) -> DataFrame:
    """Return a row for each listing, with how many objects are odd, and in which way.

    Args:
        listings: by bucket, with the columns of `PROPS`; of remote buckets with ``cached``.
        copies: by bucket, how many copies of each object there should be.
        small: bytes; objects of so many or fewer are small.
        large: bytes; objects of so many or more are large.

    Returns:
        A DataFrame with ``bucket`` (string); ``objects``, ``not_cached``, ``misplaced_cluster``,
        ``misplaced_mountpath``, ``missing_copies``, ``small``, ``large``, ``changed``, ``deleted`` (int64, counts);
        ``size`` (int64, bytes). The rules are those of AIStore's ``ais scrub`` (``cmd/cli/cli/scrub.go``).

    Example:
        scrubbed({"ais://abc": client.ls("ais://abc", props=PROPS)}, {}, 0, 5 << 30)
    """
    from pandas import DataFrame

    rows = [_row(bucket, listing, copies.get(bucket, 1), small, large) for bucket, listing in listings.items()]
    return DataFrame(rows, columns=list(_row("", None, 1, 0, 0))).astype({"bucket": "str"})


def _row(bucket: str, listing: DataFrame | None, copies: int, small: int, large: int) -> dict[str, Any]:
    names = ("objects", "size", "not_cached", "misplaced_cluster", "misplaced_mountpath", "missing_copies", "small",
             "large", "changed", "deleted")  # fmt: skip
    row: dict[str, Any] = {"bucket": bucket} | dict.fromkeys(names, 0)
    if listing is None or listing.empty:
        return row
    row["objects"], row["size"] = len(listing), int(listing["size"].sum())
    if "cached" in listing:
        row["not_cached"] = int((~listing["cached"]).sum())
        listing = listing[listing["cached"]]
    row["misplaced_cluster"] = int((listing["status"] == "misplaced-node").sum())
    listing = listing[listing["status"] != "misplaced-node"]
    row["misplaced_mountpath"] = int((listing["status"] == "misplaced-mountpath").sum())
    row["missing_copies"] = int((listing["copies"] < copies).sum())
    row["small"] = int((listing["size"] <= small).sum())
    row["large"] = int(((listing["size"] >= large) & (listing["size"] > small)).sum())
    row["changed"] = int((listing["status"] == "version-changed").sum())
    row["deleted"] = int((listing["status"] == "deleted").sum())
    return row
