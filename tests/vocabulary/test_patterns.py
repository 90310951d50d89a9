"""Regular expressions of strangers."""

from __future__ import annotations

import pytest

from aisnb.errors import UsageError
from aisnb.patterns import searcher


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        (r"\.jpe?g$", "a/cat.jpeg", "a/cat.jpeg.txt"),
        ("^train/", "train/1", "a/train/1"),
        ("[[:digit:]]{3}", "shard-001", "shard-01"),
        ("größe", "eine größe", "groesse"),
    ],
)
def test_a_pattern_is_found_anywhere_in_a_text(pattern: str, found: str, missed: str) -> None:
    assert searcher(pattern)(found)
    assert not searcher(pattern)(missed)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "(x+x+)+y"])
def test_no_pattern_takes_longer_than_its_text(pattern: str) -> None:
    assert not searcher(pattern)("a" * 1_000 + "x" * 1_000 + "!")


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a{5000}", "((a{100}){100}){100}", "a" * 2_000, "\ud800"])
def test_what_is_no_pattern_is_said(pattern: str) -> None:
    with pytest.raises(UsageError, match="regular expression"):
        searcher(pattern)
