"""A line becomes words."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb.commands.words import refuse_shell, split, substitute
from aisnb.errors import UsageError


def texts(line: str) -> list[str]:
    return [word.text for word in split(line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("   ", []),
        ("ls ais://abc", ["ls", "ais://abc"]),
        ("ls\tais://abc\n", ["ls", "ais://abc"]),
        ("ls 'ais://a b'", ["ls", "ais://a b"]),
        ('ls "a b"c', ["ls", "a bc"]),
        (r'say "a \"b\" \\ \t"', ["say", r'a "b" \ \t']),
        (r"put C:\tmp\x ais://b", ["put", r"C:\tmp\x", "ais://b"]),
        ("ls ''", ["ls", ""]),
        ("ls ais://b/x#1", ["ls", "ais://b/x#1"]),
        ("ls # everything", ["ls"]),
        ("# nothing", []),
        ("ls '# no comment'", ["ls", "# no comment"]),
        ("ls ais://abc;", ["ls", "ais://abc"]),
        ("ls ;", ["ls"]),
        ("ls; # and more", ["ls"]),
        ("ls 'a;'", ["ls", "a;"]),
        ("ls a;b", ["ls", "a;b"]),
        ("ls {001..999} {a,b}", ["ls", "{001..999}", "{a,b}"]),
    ],
)
def test_a_line_splits_like_a_shell_s_but_for_backslashes_and_comments(line: str, words: list[str]) -> None:
    assert texts(line) == words


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))))
def test_whatever_a_shell_quotes_comes_back(words: list[str]) -> None:
    assert texts(" ".join(map(shlex.quote, words))) == words


@given(st.text())
def test_any_line_gives_words_or_a_usage_error(line: str) -> None:
    try:
        words = split(line)
    except UsageError:
        return
    assert all(isinstance(word.text, str) for word in words)


@pytest.mark.parametrize("line", ["ls 'abc", 'ls "abc', 'ls "abc\\"'])
def test_an_open_quote_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match="is not closed"):
        split(line)


VARIABLES: dict[str, object] = {"name": "N", "prefix": "PFX", "count": 5, "path": Path("/data"), "a": "A", "größe": "G"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ais://$name/${prefix}-{000..010}.tar", ["ais://N/PFX-{000..010}.tar"]),
        ("{prefix}-{001..9}-{1,2}.tar", ["PFX-{001..9}-{1,2}.tar"]),
        ("{a,b} {a..b} {1,2} a{2,3} {1} {a[0]}", ["{a,b}", "{a..b}", "{1,2}", "a{2,3}", "{1}", "{a[0]}"]),
        ("{unknown}", ["{unknown}"]),
        ("$count {path} $größe", ["5", "/data", "G"]),
        ("$$name $$$name $ a$ $1", ["$name", "$N", "$", "a$", "$1"]),
        ("'$unknown'", ["$unknown"]),
        ("'{prefix}-{0..3}' \"$name x\"", ["PFX-{0..3}", "N x"]),
        ("$name_more_is_another_name", None),
        ("ais://$unknown", None),
        ('"${unknown}"', None),
    ],
)
def test_variables_are_replaced_by_name_only(line: str, words: list[str] | None) -> None:
    if words is None:
        with pytest.raises(UsageError, match=r"is not a variable here.*'\$\$'"):
            substitute(split(line), VARIABLES)
    else:
        assert substitute(split(line), VARIABLES) == words


def test_a_value_with_blanks_stays_one_word() -> None:
    assert substitute(split("ls $name"), {"name": "a b 'c"}) == ["ls", "a b 'c"]


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}, b"x", ()])
def test_a_value_that_is_not_one_word_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="is not one word"):
        substitute(split("ls $x"), {"x": value})


@pytest.mark.parametrize(
    "line", ["ls ais://a | head", "ls ais://a |head", "ls > x.txt", "ls >>x", "ls 2>&1", "serve d &"]
)
def test_a_pipe_or_a_redirection_is_refused_with_what_does_the_same(line: str) -> None:
    with pytest.raises(UsageError, match=r"do not work in a cell.*df\.head\(\).*--to FILE"):
        refuse_shell(split(line))


@pytest.mark.parametrize(
    "line", ["ls '|'", "ls ais://a/x>y", 'get ais://a "> x"', "ls --regex 'a|b'", "ls --regex a|b"]
)
def test_what_only_looks_like_a_pipe_passes(line: str) -> None:
    refuse_shell(split(line))
