"""Templates read off names."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb.explore.inference import infer_template
from aisnb.templates import Template


@pytest.mark.parametrize(
    "template",
    [
        "shard-{000..099}.tar",
        "shard-{1..12}.tar",
        "shard-{08..112}.tar",
        "{0..5}",
        "a/b-{00..90..10}.mp4",
        "{train,val}-{00..09}.tar",
        "s/{test,train,val}/{000..019}-of-020.tar.gz",
        "part-{0..3}/file-{00..11}.bin",
        "größe {1..9}.tar",
    ],
)
def test_the_names_of_a_template_tell_it(template: str) -> None:
    found = infer_template(Template(template))
    assert found == (template, len(Template(template)), len(Template(template)))


def test_holes_are_part_of_it() -> None:
    names = [name for name in Template("shard-{000..099}.tar") if name not in ("shard-042.tar", "shard-077.tar")]
    assert infer_template(names) == ("shard-{000..099}.tar", 100, 98)


def test_strangers_do_not_hide_it() -> None:
    names = [*Template("shard-{000..099}.tar"), "index.json", "README", "shard-{oops}.tar", "x-1", "x-01"]
    assert infer_template(names) == ("shard-{000..099}.tar", 100, 100)


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["one"],
        ["a", "b", "c"],
        ["x-1", "x-01"],
        ["a-1", "a-1000000"],
        ["cat-1.jpg", "dog.txt", "horse.tar", "cat-2.jpg"],
        [f"img-{number * number}" for number in range(100)],
        ["{1}", "{2}"],
    ],
)
def test_what_has_no_template_gets_none(names: list[str]) -> None:
    found = infer_template(names)
    assert found is None or found.template == "a-{1..1000000..999999}"


def test_a_huge_number_is_no_range() -> None:
    assert infer_template([f"x-{10**30 + number}" for number in range(5)]) is None


_words = st.text("abc-_. %@,", min_size=1, max_size=6)


@given(st.lists(_words, min_size=2, max_size=3), st.integers(0, 30), st.integers(1, 30), st.integers(1, 4), st.data())
def test_a_range_is_found_again_exactly(
    gaps: list[str], start: int, more: int, width: int, data: st.DataObject
) -> None:
    parts = [f"{{{start:0{width}d}..{start + more:0{width}d}}}" for _ in gaps[1:]]
    text = "".join(itertools.chain(*zip(gaps, [*parts, ""], strict=True)))
    names = list(Template(text, braces_only=True))
    found = infer_template(data.draw(st.permutations(names)) if len(names) < 40 else names)
    assert found is not None
    assert set(Template(found.template, braces_only=True)) == set(names)
    assert (found.total, found.matched) == (len(names), len(names))


@given(st.lists(st.from_regex(r"[ab]{0,2}[0-9]{0,3}[.-]?[0-9]{0,2}", fullmatch=True), unique=True))
def test_whatever_it_says_is_true(names: list[str]) -> None:
    found = infer_template(names)
    if found is not None:
        template = Template(found.template, braces_only=True)
        assert len(template) == found.total
        assert len(set(template) & set(names)) == found.matched
        assert found.matched * 2 > len(set(names))
