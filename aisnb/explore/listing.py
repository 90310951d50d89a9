"""Which rows of a listing are meant: by template, regular expression and count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aisnb.errors import UsageError
from aisnb.templates import Template, bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pandas import DataFrame

_COUNTER = re.compile(r"%(?:0[0-9]+)?d")


def select(listing: DataFrame, *, template: str = "", regex: str = "", limit: int = 0) -> DataFrame:
    """Return the rows of `listing` whose names are meant, in its order.

    Args:
        listing: has a column ``name``.
        template: names that it stands for; a text without range is a prefix.
        regex: names in which it is found.
        limit: at most so many rows; 0 means all.

    Returns:
        A DataFrame with the columns, dtypes and ``attrs`` of `listing`, numbered from 0.

    Raises:
        TemplateError: the template is none.
        UsageError: the regular expression is none.

    Example:
        select(client.ls("ais://abc"), template="shard-{001..010}.tar")
    """
    chosen = listing
    if template:
        wanted = matching(Template(template), chosen["name"].tolist())
        chosen = chosen[chosen["name"].isin(list(wanted))]
    if regex:
        pattern = compile_regex(regex)
        chosen = chosen.loc[[pattern.search(name) is not None for name in chosen["name"].tolist()]]
    if limit:
        chosen = chosen.head(limit)
    return chosen.reset_index(drop=True)


def matching(template: Template, names: Sequence[str]) -> set[str]:
    """Return the names that `template` stands for, or begins, if it has no range.

    Example:
        matching(Template("shard-{1..3}"), ["shard-2", "shard-4"])  # {"shard-2"}
    """
    if not template.is_range:
        return {name for name in names if name.startswith(template.text)}
    if template.unbounded:
        return {name for name in names if _counts_to(template, name)}
    bounded(template)
    return _in_both(template, frozenset(names))


def _in_both(template: Iterable[str], names: frozenset[str]) -> set[str]:
    """Return what is in both; ends early once every name was met, so that a huge template costs little."""
    found = set[str]()
    if names:
        for name in template:
            if name in names:
                found.add(name)
                if len(found) == len(names):
                    break
    return found


def _counts_to(template: Template, name: str) -> bool:
    """Return whether a template without end comes to `name`."""
    head, tail = _COUNTER.split(template.text, maxsplit=1)
    digits = name[len(head) : len(name) - len(tail)]
    return bool(re.fullmatch("[0-9]{1,18}", digits)) and template[int(digits)] == name


def compile_regex(text: str) -> re.Pattern[str]:
    """Return the regular expression.

    Raises:
        UsageError: `text` is none.
    """
    try:
        return re.compile(text)
    except re.error as exc:
        raise UsageError(f"'{text}' is not a regular expression: {exc}. Write it like '^shard-0.*tar$'.") from exc
