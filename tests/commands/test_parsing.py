"""Words become arguments, by the definition."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb.commands.definition import Argument, Command, Option, command
from aisnb.commands.parsing import parse, usage
from aisnb.errors import UsageError
from aisnb.units import parse_size

if TYPE_CHECKING:
    from aisnb.commands import Context


@command("copy many", aliases=("cm",))
def copy_many(
    context: Context,
    source: Annotated[str, Argument("from where")],
    destination: Annotated[str, Argument("where to")] = "here",
    *,
    wait: Annotated[bool, Option("wait")] = False,
    yes: Annotated[bool, Option("sure", flags=("--yes", "-y"))] = False,
    recursive: Annotated[bool, Option("all", flags=("--recursive", "-r"))] = False,
    max_conns: Annotated[int, Option("connections", flags=("--max-conns", "--limit-connections", "-n"))] = 0,
    limit: Annotated[int, Option("bytes", metavar="SIZE", convert=parse_size)] = 0,
    units: Annotated[str, Option("units", choices=("iec", "si"))] = "iec",
    prefix: Annotated[str | None, Option("prefix")] = None,
    header: Annotated[tuple[str, ...], Option("headers")] = (),
) -> None:
    """Copy many things.

    With details.
    """


DEFAULTS: dict[str, Any] = {
    "source": "a", "destination": "here", "wait": False, "yes": False, "recursive": False, "max_conns": 0,
    "limit": 0, "units": "iec", "prefix": None, "header": (),
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("a", {}),
        ("a b", {"destination": "b"}),
        ("--wait a b", {"destination": "b", "wait": True}),
        ("a --wait b", {"destination": "b", "wait": True}),
        ("a b --max-conns 3", {"destination": "b", "max_conns": 3}),
        ("a --max-conns=3", {"max_conns": 3}),
        ("a --limit-connections 3", {"max_conns": 3}),
        ("a -max-conns 3 -wait", {"max_conns": 3, "wait": True}),
        ("a -max-conns=3", {"max_conns": 3}),
        ("a -n 3", {"max_conns": 3}),
        ("a -n=3", {"max_conns": 3}),
        ("a -y", {"yes": True}),
        ("a -ry", {"yes": True, "recursive": True}),
        ("a --limit 4KiB", {"limit": 4096}),
        ("a --prefix=", {"prefix": ""}),
        ("a --prefix --wait", {"prefix": "--wait"}),
        ("a --header x:1 b --header y:2", {"destination": "b", "header": ("x:1", "y:2")}),
        ("a --units si", {"units": "si"}),
        ("a -- --wait", {"destination": "--wait"}),
        ("a -", {"destination": "-"}),
        ("a -5", {"destination": "-5"}),
    ],
)
def test_flags_stand_anywhere_in_every_spelling(words: str, values: dict[str, Any]) -> None:
    assert parse(copy_many, words.split()) == DEFAULTS | values


@given(st.permutations([["a"], ["--wait"], ["--max-conns", "3"], ["-y"], ["--prefix=p"]]))
def test_the_order_of_flags_does_not_matter(parts: list[list[str]]) -> None:
    expected = DEFAULTS | {"wait": True, "max_conns": 3, "yes": True, "prefix": "p"}
    assert parse(copy_many, list(itertools.chain(*parts))) == expected


@given(st.lists(st.text()))
def test_any_words_give_values_or_a_usage_error(words: list[str]) -> None:
    try:
        values = parse(copy_many, words)
    except UsageError:
        return
    assert values.keys() == DEFAULTS.keys()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "SOURCE is missing"),
        ("a b c", "'c' is one argument too many; put quotes around a name with spaces"),
        ("a ais://b ais://c", r"'ais://c' is one argument too many\. Usage"),
        ("http://h/1 http://h/2 ais://b", r"put a template in quotes.*shard-\{001..010\}"),
        ("http://h/d/1 http://h/d/2 ais://b", r"in quotes: 'http://h/d/shard-\{001"),
        ("ais://a/s-1.tar ais://a/s-2.tar ais://b", r"in quotes: 'ais://a/shard-\{001"),
        ("localhost:80/s-1.tar localhost:80/s-2.tar ais://b", r"in quotes: 'http://localhost:80/shard-\{001"),
        ("http://user:word@h/d/1 http://user:word@h/d/2 ais://b", r"in quotes: 'http://host/shard"),
        ("/data/s-1 /data/s-2 /data/s-3", r"quotes around a name"),
        ("a --wiat", r"no flag '--wiat' \(did you mean '--wait'\?\)"),
        ("a -wiat", r"no flag '-wiat' \(did you mean '--wait'\?\)"),
        ("a --foo", r"no flag '--foo'\."),
        ("a --no-such-thing-at-all", r"no flag '--no-such-thing-at-all'\."),
        ("a --max-conns", "'--max-conns' needs a value"),
        ("a --max-conns x", "--max-conns: 'x' is not a whole number"),
        ("a --limit 4xx", "--limit: '4xx' is not a size"),
        ("a --wait=yes", "'--wait' takes no value"),
        ("a --units kib", "invalid choice"),
        ("a -z", "no flag '-z'"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(words: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        parse(copy_many, words.split())
    assert "\n" not in str(caught.value)


def test_a_usage_error_shows_the_usage() -> None:
    with pytest.raises(UsageError) as caught:
        parse(copy_many, [])
    assert str(caught.value) == (
        "Incorrect '%ais copy many' usage: SOURCE is missing. "
        "Usage: %ais copy many [flags] SOURCE [DESTINATION]. Try '%ais help copy many'."
    )


def test_a_definition_tells_what_help_and_completion_need() -> None:
    assert isinstance(copy_many, Command)
    assert (copy_many.summary, copy_many.details) == ("Copy many things.", "With details.")
    assert [each.name for each in copy_many.arguments] == ["source", "destination"]
    assert copy_many.options[3].flags == ("--max-conns", "--limit-connections", "-n")
    assert [each.metavar for each in copy_many.options] == [
        "",
        "",
        "",
        "MAX_CONNS",
        "SIZE",
        "UNITS",
        "PREFIX",
        "HEADER",
    ]
    assert usage(copy_many) == "%ais copy many [flags] SOURCE [DESTINATION]"
