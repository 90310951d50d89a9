"""Templates against the table of AIStore's rules and an independent slow reference."""

from __future__ import annotations

import itertools
import pickle
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb import Template, TemplateError
from aisnb.templates import MAX_NAMES, bounded

TABLE = {
    "s-{001..005..2}.tar": ["s-001.tar", "s-003.tar", "s-005.tar"],
    "{8..11}": ["8", "9", "10", "11"],
    "{08..11}": ["08", "09", "10", "11"],
    "{1..02}": ["1", "2"],
    "{01..100..99}": ["01", "100"],
    "a{0..1}b{00..01}c": ["a0b00c", "a0b01c", "a1b00c", "a1b01c"],
    "{1..02}}": ["1}", "2}"],
    "p-@00002-s": ["p-00000-s", "p-00001-s", "p-00002-s"],
    "@1-@1": ["0-0", "0-1", "1-0", "1-1"],
    "logs/2025/": ["logs/2025/"],
    "open{brace": ["open{brace"],
    "close}brace": ["close}brace"],
    "{train,val}-{0..1}": ["train-0", "train-1", "val-0", "val-1"],
    "shard{,-copy}.tar": ["shard.tar", "shard-copy.tar"],
    "http://user@host/a%20b-{1..2}.tar": ["http://user@host/a%20b-1.tar", "http://user@host/a%20b-2.tar"],
}

REFUSED = {
    "{3..1}": "starts after its end",
    "{1..3..0}": "step of 0",
    "{1..3..-1}": "step of -1",
    "{0..-1}": "negative",
    "{a..c}": "not a whole number",
    "{1..2..3..4}": "neither a range nor a list",
    "{}": "neither a range nor a list",
    "{5}": "neither a range nor a list",
    "{1,2..3}": "not a whole number",
    "a}b{": "never opened",
    "a}b{1..2}": "never opened",
    "{1..2}a}b{3..4}": "never opened",
    "x{1..2}{": "not closed",
    "x{{1..2}}": "not closed",
    "a@b": "not followed by digits",
    "%6d": "not a counter",
    "%0d": "not a counter",
    "%06": "not a counter",
    "{0..99999999999999999999}": "beyond",
    "{0..9999999999}{0..9999999999}": "more names than can be counted",
}


@pytest.mark.parametrize(("text", "names"), TABLE.items(), ids=TABLE)
def test_a_template_expands_by_the_clusters_rules(text: str, names: list[str]) -> None:
    template = Template(text)
    assert list(template) == names
    assert len(template) == len(names)
    assert [template[index] for index in range(len(names))] == names


@pytest.mark.parametrize(("text", "reason"), REFUSED.items(), ids=REFUSED)
def test_a_bad_template_says_what_is_wrong_with_which_text(text: str, reason: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(reason)) as caught:
        Template(text)
    assert text in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("text", ["{0..%s}" % ("9" * 5000), "@" + "9" * 5000, "%0" + "9" * 5000 + "d", "%09999999999d"])
def test_a_number_that_nobody_can_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(TemplateError, match="digits"):
        Template(text)


def _slow(text: str) -> list[str]:
    """Expand braces one by one, by cutting the text; the reference for the tests below."""
    match = re.search(r"\{(\d+)\.\.(\d+)(?:\.\.(\d+))?\}", text)
    if match is None:
        return [text]
    low, high, step = match[1], match[2], int(match[3] or 1)
    width = min(len(low), len(high))
    tails = _slow(text[match.end() :])
    heads = [text[: match.start()] + str(value).rjust(width, "0") for value in range(int(low), int(high) + 1, step)]
    return [head + tail for head in heads for tail in tails]


def _range_text(low: int, span: int, step: int, zeros: int) -> str:
    start, end = str(low).rjust(zeros, "0"), str(low + span)
    return "{" + start + ".." + end + (f"..{step}" if step > 1 else "") + "}"


_ranges = st.builds(_range_text, st.integers(0, 120), st.integers(0, 12), st.integers(1, 4), st.integers(0, 5))
_gaps = st.text(alphabet="ab-_./ é", max_size=4)


@given(st.lists(st.tuples(_gaps, _ranges), min_size=1, max_size=3), _gaps)
def test_any_template_expands_as_the_slow_reference_does(pieces: list[tuple[str, str]], tail: str) -> None:
    text = "".join(gap + part for gap, part in pieces) + tail
    template = Template(text)
    names = _slow(text)
    assert list(template) == names
    assert len(template) == len(names)
    assert template[len(names) - 1] == names[-1]


@given(st.text(alphabet="{}.,019@%d-a", max_size=12))
def test_any_text_expands_or_is_refused_in_words(text: str) -> None:
    try:
        template = Template(text)
    except TemplateError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert text in message
        return
    first = list(itertools.islice(template, 5))
    assert first
    assert first == [template[index] for index in range(len(first))]


def test_a_counter_without_end_iterates_but_has_no_length() -> None:
    template = Template("p-%06d-s")
    assert list(itertools.islice(template, 2)) == ["p-000000-s", "p-000001-s"]
    with pytest.raises(TemplateError, match="has no end"):
        len(template)
    with pytest.raises(TemplateError, match="has no end"):
        template.check([])


def test_only_braces_count_where_they_are_all_that_may() -> None:
    assert list(Template("user@host%d", braces_only=True)) == ["user@host%d"]


def test_ten_million_names_cost_nothing_until_iterated() -> None:
    tracemalloc.start()
    try:
        template = Template("shard-{0000000..9999999}.tar")
        assert len(template) == 10_000_000
        assert template[9_999_999] == "shard-9999999.tar"
        assert len(list(itertools.islice(template, 1000))) == 1000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("low", "high"),
    [("0", "1000"), ("999", "2001"), ("0998", "5003"), ("5", "12345"), ("1234", "0054321"), ("000000", "010000")],
)
def test_long_ranges_expand_to_what_their_indices_say(low: str, high: str) -> None:
    template = Template(f"100%{{{low}..{high}}}%d")
    width = min(len(low), len(high))
    expected = [f"100%{number:0{width}d}%d" for number in range(int(low), int(high) + 1)]
    assert list(template) == expected == [template[index] for index in range(len(template))]


def test_a_job_takes_no_more_names_than_the_limit() -> None:
    assert bounded(Template(f"{{1..{MAX_NAMES}}}")) == MAX_NAMES
    with pytest.raises(TemplateError, match="10,000,001 names"):
        bounded(Template(f"{{0..{MAX_NAMES}}}"))


def test_check_tells_what_is_missing_and_what_is_extra_in_order() -> None:
    missing, extra = Template("s-{1..4}").check(["z", "s-3", "a", "s-1"])
    assert missing == ["s-2", "s-4"]
    assert extra == ["z", "a"]


def test_an_index_out_of_range_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="number 3"):
        Template("{1..3}")[3]
    with pytest.raises(IndexError):
        Template("{1..3}")[-1]


def test_a_template_is_a_value() -> None:
    assert Template("a{1..2}") == Template("a{1..2}")
    assert Template("a{1..2}") != Template("a{1..3}")
    assert len({Template("a{1..2}"), Template("a{1..2}")}) == 1
    assert pickle.loads(pickle.dumps(Template("a{1..2}"))) == Template("a{1..2}")
    assert repr(Template("a{1..2}")) == "Template('a{1..2}')"
