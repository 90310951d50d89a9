"""Choosing rows of a listing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb.errors import TemplateError, UsageError
from aisnb.explore.listing import matching, select
from aisnb.templates import Template

NAMES = ["a", "shard-1", "shard-01", "shard-2", "shard-10", "shard-10.tar"]


@pytest.fixture
def listing() -> pd.DataFrame:
    frame = pd.DataFrame({"name": NAMES, "size": range(len(NAMES))})
    frame.attrs["bucket"] = "ais://abc"
    return frame


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({}, NAMES),
        ({"template": "shard-{1..10}"}, ["shard-1", "shard-2", "shard-10"]),
        ({"template": "shard-{01..10}"}, ["shard-01", "shard-10"]),
        ({"template": "shard-%d"}, ["shard-1", "shard-2", "shard-10"]),
        ({"template": "shard-%02d"}, ["shard-01", "shard-10"]),
        ({"template": "shard-@10"}, ["shard-01", "shard-10"]),
        ({"template": "shard-1"}, ["shard-1", "shard-10", "shard-10.tar"]),
        ({"regex": "tar$"}, ["shard-10.tar"]),
        ({"regex": "1", "limit": 2}, ["shard-1", "shard-01"]),
        ({"template": "none-{1..3}"}, []),
    ],
)
def test_rows_are_chosen_by_name(listing: pd.DataFrame, choice: dict[str, object], names: list[str]) -> None:
    chosen = select(listing, **choice)  # type: ignore[arg-type]  # as parametrized
    assert chosen["name"].tolist() == names
    assert chosen.index.tolist() == list(range(len(names)))
    assert chosen.attrs == listing.attrs
    assert chosen.dtypes.tolist() == listing.dtypes.tolist()


def test_nothing_of_nothing_keeps_its_columns(listing: pd.DataFrame) -> None:
    assert list(select(listing.head(0), regex="x", template="y{1..2}", limit=1).columns) == ["name", "size"]


def test_what_cannot_be_understood_is_refused(listing: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="is not a regular expression"):
        select(listing, regex="(")
    with pytest.raises(TemplateError):
        select(listing, template="{3..1}")


@given(st.lists(st.integers(0, 300).map("x{}".format)), st.integers(0, 200), st.integers(0, 100), st.integers(1, 7))
def test_matching_is_what_both_have(names: list[str], start: int, more: int, step: int) -> None:
    template = Template(f"x{{{start}..{start + more}..{step}}}")
    assert matching(template, names) == set(template) & set(names)


@given(st.lists(st.from_regex(r"x[0-9]{0,4}y?", fullmatch=True)), st.sampled_from(["x%d", "x%03d", "x%dy", "x%02dy"]))
def test_matching_a_counter_is_what_it_counts_to(names: list[str], text: str) -> None:
    assert matching(Template(text), names) == {text % number for number in range(10_000)} & set(names)
