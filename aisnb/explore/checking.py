"""A bucket held against the template that its names should follow, and against where its objects came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aisnb.arguments import checked
from aisnb.errors import CheckFailed, UsageError
from aisnb.explore.inference import infer_template
from aisnb.protocol.headers import SOURCE_ETAG, SOURCE_MODIFIED
from aisnb.templates import Template, bounded
from aisnb.units import plural
from aisnb.uris import is_link, join_link, link_name, parse_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from aisnb.client import Client

#: What can be wrong with an object, the most telling first: each has one row.
MISSING, EXTRA, EMPTY = "missing", "extra", "zero-size"
CHANGED, TRUNCATED, ODD = "changed", "truncated", "outlier"
PROBLEMS = (MISSING, EXTRA, EMPTY, CHANGED, TRUNCATED, ODD)

_NAMED = 3


class Checked(NamedTuple):
    """What a check found.

    Attributes:
        problems: a row per problem, see `check`.
        bucket: what was checked.
        objects: how many objects were looked at.
        template: what the names were held against, "" if nothing.
        suggestion: the template that the names look like, where none was given or that does not have them all; else "".
    """

    problems: pd.DataFrame
    bucket: str
    objects: int
    template: str
    suggestion: str

    def describe(self) -> str:
        """Return what was found in one sentence."""
        against = f" against {self.template}" if self.template else ""
        counts = self.problems["problem"].value_counts()
        found = ", ".join(f"{counts[kind]:,} {kind}" for kind in PROBLEMS if kind in counts.index)
        return f"{self.bucket} checked{against}: {plural(self.objects, 'object')}, {found or 'no problem'}"


@checked
def check(
    bucket: str, template: str = "", *, source: str = "", strict: bool = False, client: Client | None = None
) -> pd.DataFrame:
    """Hold a bucket against a template of names, and against the source that it was filled from.

    Args:
        bucket: ``ais://abc``, or a directory of it, ``ais://abc/train/``; names are then those below it.
        template: names that should be there; "" takes those of the source, or the template that the names look like.
        source: the web directory (or a template of links) that the objects came from, to be asked for size and version.
        strict: raise if there is a problem.
        client: whose bucket it is; None connects as `aisnb.connect` does.

    Returns:
        A row per problem, in the order of names: ``name``, ``problem`` (string), ``size`` and ``expected`` (bytes,
        Int64; NA where there is none). A problem is one of ``missing`` (the template has it, the bucket not),
        ``extra`` (the reverse), ``zero-size``, ``changed`` (the source has another version now, or a smaller
        file), ``truncated`` (smaller than at the source), ``outlier`` (see `aisnb.explore.oddness.usual_sizes`;
        ``expected`` is the median).

    Raises:
        BucketNotFound: there is no such bucket.
        CheckFailed: with `strict`, there are problems; ``.problems`` has them.
        SourceError: the source does not answer.
        TemplateError: the template cannot be expanded.

    Example:
        aisnb.check("ais://abc", "shard-{001..999}.tar")
    """
    from aisnb.client import connect

    if client is not None:
        found = examine(client, bucket, template, source)
    else:
        with connect() as own:
            found = examine(own, bucket, template, source)
    if strict:
        refuse_problems(found)
    return found.problems


def examine(client: Client, bucket: str, template: str = "", source: str = "") -> Checked:
    """Return what `check` finds, and what it was held against."""
    parsed, prefix = parse_uri(bucket)
    if prefix and not prefix.endswith("/"):
        raise UsageError(f"'{bucket}' names an object, and a check is of many. Say '{bucket}/' for a directory.")
    here = None if parsed.provider == "ais" else True
    listing = client.ls(str(parsed), prefix=prefix, props=("custom",) if source else (), cached=here)
    listing["name"] = listing["name"].str.slice(len(prefix))
    expected = _expected(template, source)
    likeness = None
    if expected is None:
        likeness = infer_template(listing["name"])
    if likeness is not None and not source:
        template, expected = likeness.template, list(Template(likeness.template, braces_only=True))
    at_source = _ask(client, source, expected)
    if expected is None and at_source is not None:
        expected = [str(name) for name in at_source["name"]]
    problems = _problems(listing, expected, at_source)
    if likeness is None and (problems["problem"] == EXTRA).any():  # else the template that was given has them all
        likeness = infer_template(listing["name"])
    suggestion = likeness.template if likeness is not None and likeness.template != template else ""
    return Checked(problems, bucket, len(listing), template, suggestion)


def refuse_problems(found: Checked) -> None:
    """Do nothing if a check found no problem.

    Raises:
        CheckFailed: it found some; the message counts them and names the first.
    """
    if found.problems.empty:
        return
    rows = list(zip(found.problems["name"], found.problems["problem"], strict=True))
    first = ", ".join(f"'{name}' ({problem})" for name, problem in rows[:_NAMED])
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    raise CheckFailed(
        f"{found.describe()}: {first}{more}. Without --strict this is no error, and the table is the result (in "
        "Python: the error's .problems is it, too).",
        found.problems,
    )


def _expected(template: str, source: str) -> list[str] | None:
    """Return the names that should be there, None if nobody said so yet."""
    if not template and is_link(source) and Template(source).is_range:
        links = Template(source)
        bounded(links)
        return [link_name(link) for link in links]
    if not template:
        return None
    parsed = Template(template)
    if not parsed.is_range:
        raise UsageError(f"'{template}' has no range, so it is one name. Write a template like shard-{{001..999}}.tar.")
    bounded(parsed)
    return list(parsed)


def _ask(client: Client, source: str, expected: Sequence[str] | None) -> pd.DataFrame | None:
    """Return the plan of copying the source again, None without a source."""
    if not source:
        return None
    if expected is None or Template(source).is_range:
        return client.plan(source, sample=False)
    links = [join_link(source.rstrip("/") + "/", name) for name in expected]
    return client.plan(links, object_names=expected, sample=False)


def _problems(listing: pd.DataFrame, expected: Sequence[str] | None, at_source: pd.DataFrame | None) -> pd.DataFrame:
    """Return a row for each name with a problem: the first of `PROBLEMS` that it has."""
    import pandas as pd

    from aisnb.explore.oddness import odd, usual_sizes
    from aisnb.explore.tables import mark

    names, frame = listing["name"], listing.astype({"size": "Int64"})
    extra, missing = pd.Series(False, frame.index), names[:0]
    if expected is not None:
        wanted = pd.Series(expected, dtype=names.dtype).drop_duplicates()
        extra, missing = ~_among(names, wanted), wanted[~_among(wanted, names)]
    frame = pd.concat([frame, pd.DataFrame({"name": missing})], ignore_index=True)
    there = pd.Series(frame.index < len(listing), frame.index)
    if at_source is None:
        frame["expected"], changed = pd.Series(pd.NA, frame.index, dtype="Int64"), pd.Series(False, frame.index)
    else:
        marks = frame[["name"]].merge(at_source, on="name", how="left")
        frame["expected"] = marks["size"].astype("Int64")
        changed = _changed(frame, marks) & there
    strange = odd(frame["size"]) & (frame["size"] != frame["expected"]).fillna(value=True)  # as at its source is fine
    kinds = {
        ODD: strange
        & (frame["size"] != frame["expected"]).fillna(value=True),  # one like its source is as it should be
        TRUNCATED: (frame["size"] < frame["expected"]).fillna(value=False),
        CHANGED: changed,
        EMPTY: (frame["size"] == 0).fillna(value=False),
        EXTRA: extra.reindex(frame.index, fill_value=False),
        MISSING: ~there,
    }
    problem = pd.Series("", frame.index, dtype=frame["name"].dtype)
    for kind, rows in kinds.items():  # the last one that applies stands: the most telling
        problem[rows.astype(bool)] = kind
    frame["problem"] = problem
    usual = (problem == ODD) & frame["expected"].isna()
    frame.loc[usual, "expected"] = usual_sizes(frame["size"]).median
    found = frame.loc[problem != "", ["name", "problem", "size", "expected"]]
    return mark(found.sort_values("name", ignore_index=True))


def _among(names: pd.Series[str], others: pd.Series[str]) -> pd.Series[bool]:
    """Return which names are among the others; pandas' own `isin` makes a million Python strings of each."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.is_in(pa.array(names, pa.large_string()), value_set=pa.array(others, pa.large_string()))
    return pd.Series(found.to_numpy(zero_copy_only=False), names.index)


def _changed(frame: pd.DataFrame, marks: pd.DataFrame) -> pd.Series[bool]:
    """Return whether the source has another version than the one that each object was once fetched from.

    ETags decide where both have one, otherwise dates; an object larger than its source is another one in any case.
    """
    from aisnb.client import tables

    customs = [custom if isinstance(custom, dict) else {} for custom in frame["custom"]]
    kept = tables.texts([_bare(custom.get(SOURCE_ETAG, "")) for custom in customs])
    etag = tables.texts([_bare(etag) if isinstance(etag, str) else None for etag in marks["etag"]])
    both = kept.notna() & etag.notna()
    dates = tables.http_dates([custom.get(SOURCE_MODIFIED, "") for custom in customs])
    other_date = dates.notna() & marks["modified"].notna() & (dates != marks["modified"])
    larger = (frame["size"] > frame["expected"]).fillna(value=False)
    other: pd.Series[bool] = (both & (kept != etag).fillna(value=False)) | (~both & other_date) | larger
    return other


def _bare(etag: str) -> str | None:
    """Return an ETag without ``W/`` and quotes, which clusters leave out; None if there is none."""
    return etag.removeprefix("W/").strip('"') or None
