"""A dry run: what a download would bring, and how long that would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aisnb.arguments import checked
from aisnb.units import human_duration, human_size, plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandas import DataFrame

_GONE = (404, 410)


@checked
def plan(source: str | Iterable[str] | DataFrame, bucket: str = "", **options: Any) -> DataFrame:
    """Say what a download would bring, before any byte is copied. See `aisnb.Client.plan`, which takes the options.

    Args:
        source: a link, a template of links, a directory's link, links, or a DataFrame with a column ``url``.
        bucket: where it would go; "" if that does not matter yet.
        options: ``object_names``, ``headers``, ``sample``, ``most``.

    Returns:
        A row per file: ``name``, ``url``, ``size``, ``status``, ``etag``, ``modified``, ``here``.

    Raises:
        SourceError: the source does not answer.

    Example:
        aisnb.plan("http://localhost:8000/shard-{001..999}.tar", "ais://abc")
    """
    from aisnb.client import connect

    with connect() as client:
        return client.plan(source, bucket, **options)


def describe(planned: DataFrame, *, timed: bool = True) -> str:
    """Return in one sentence what a plan comes to: what is there, what is odd, what is to be fetched, how long.

    Of a plan that asked about some of the files only, it says that, and what all of them would come to.

    Args:
        planned: as `Client.plan` returned it, or some of its rows.
        timed: say how long it takes, or that this is not known.

    Example:
        describe(client.plan("http://localhost:8000/shard-{001..999}.tar", "ais://abc"))
    """
    there = planned["status"] == 200
    found, here = planned[there], planned["here"]
    parts = [f"{plural(len(found), 'file')} of {len(planned):,} at the source, {_total(found)}"]
    gone = int(planned["status"].isin(_GONE).sum())
    silent = int((planned["status"] == 0).sum())
    refused = len(planned) - len(found) - gone - silent
    parts += [f"{count:,} {what}" for count, what in ((gone, "missing"), (refused, "refused")) if count]
    if silent:
        parts.append(f"{silent:,} without an answer")
    parts += _oddities(found)
    if here.any():
        parts.append(f"{int(here.sum()):,} here and unchanged")
    files, asked = planned.attrs.get("files", 0), planned.attrs.get("asked", 0)
    if files > asked == len(planned):
        whole = human_size(round(int(found["size"].sum()) * files / len(planned)))
        return f"Asked about {len(planned):,} of {files:,} files, which are about {whole}: {'; '.join(parts)}."
    return "; ".join([*parts, _to_fetch(planned[there & ~here], planned.attrs, timed=timed)]) + "."


def _total(files: DataFrame) -> str:
    unknown = int(files["size"].isna().sum())
    known = human_size(int(files["size"].sum()))
    return f"{known} and {unknown:,} of unknown size" if unknown else known


def _oddities(found: DataFrame) -> list[str]:
    from aisnb.explore.oddness import odd, usual_sizes

    sizes = found["size"]
    empty, strange = int((sizes == 0).sum()), found[odd(sizes) & (sizes != 0).fillna(value=False)]
    parts = [f"{empty:,} empty"] if empty else []
    if len(strange):
        first = f"{strange['name'].iloc[0]} has {human_size(int(strange['size'].iloc[0]))}"
        parts.append(f"{len(strange):,} of odd size ({first}, half have below {human_size(usual_sizes(sizes).median)})")
    return parts


def _to_fetch(files: DataFrame, facts: Any, *, timed: bool) -> str:
    size = int(files["size"].sum())
    if files.empty:
        return "nothing to fetch"
    text = f"{human_size(size)} to fetch"
    rate, sampled = facts.get("rate"), facts.get("sampled", {})
    if not timed:
        return text
    if not rate:
        return f"{text}, how long is not known: no rate was measured"
    return (
        f"{text}, about {human_duration(max(size / rate, 1))} at {human_size(rate)}/s, which is how fast "
        f"{plural(sampled['files'], 'file')} ({human_size(sampled['bytes'])}) came, {sampled['connections']} at a time"
    )
