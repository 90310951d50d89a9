"""Commands by their words, and help about them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from aisnb.commands.catalogue import COMMANDS
from aisnb.commands.definition import Option
from aisnb.commands.options import YES
from aisnb.errors import Unsupported, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.commands.definition import Command

    Run = Callable[..., Any]

EVERY = pytest.mark.parametrize("command", COMMANDS.commands, ids=lambda command: command.name)


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        ("start download a b", "start download", ["a", "b"]),
        ("download a b", "start download", ["a", "b"]),
        ("job start download", "start download", []),
        ("prefetch ht://x", "start prefetch", ["ht://x"]),
        ("serve stop x", "serve stop", ["x"]),
        ("serve ./stop", "serve", ["./stop"]),
        ("show job download x", "show job", ["download", "x"]),
        ("storage summary", "bucket summary", []),
        ("bucket ls", "ls", []),
        ("object get x", "get", ["x"]),
        ("bucket props ais://b", "show bucket", ["ais://b"]),
    ],
)
def test_the_longest_name_wins(words: str, name: str, rest: list[str]) -> None:
    command, left = COMMANDS.find(words.split())
    assert (command.name, left) == (name, rest)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("prefech x", "Unknown command 'prefech'. Did you mean 'prefetch'?"),
        ("start downlod a b", "Unknown command 'start downlod'. Did you mean 'start download'?"),
        ("downlaod http://h/x ais://b", "Unknown command 'downlaod'. Did you mean 'download'? Try '%ais help'."),
        ("frobnicate", "Unknown command 'frobnicate'. Try '%ais help', or '%ais search frobnicate'."),
        ("srve /data", "Did you mean 'serve'? Try '%ais help'."),
        ("show jobb", "Unknown command 'show jobb'. Did you mean 'show job'?"),
        ("list", "Did you mean 'ls'? Try '%ais help', or '%ais search list'."),
        ("delete x", "Did you mean 'rmo'?"),
        ("upload f ais://b", "Did you mean 'put'?"),
        ("--wait", "Unknown command '--wait'"),
        ("qqqqqqqq", "Try '%ais help', or '%ais search qqqqqqqq'"),
    ],
)
def test_an_unknown_command_comes_with_the_nearest(words: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        COMMANDS.find(words.split())
    assert hint in str(caught.value)
    assert "Try '%ais help'" in str(caught.value)


@pytest.mark.parametrize(
    "words", ["etl init", "dsort", "cluster rebalance", "start rebalance", "ml lhotse-get-batch a"]
)
def test_what_the_ais_cli_has_and_we_have_not_gets_a_clear_line(ais: Run, words: str) -> None:
    with pytest.raises(Unsupported, match=r"[Uu]se the official ais CLI"):
        ais(words)


@EVERY
def test_every_command_explains_itself(ais: Run, command: Command) -> None:
    text = ais(f"help {command.name}")
    assert repr(text) == text
    assert text == ais(f"{command.name} --help") == ais(f"{command.name} some words -h")
    assert f"Usage: %ais {command.name}" in text
    assert command.summary.replace("``", "") in text
    assert all(flag in text for option in command.options for flag in option.flags)
    assert "Example:" in text or command.name in ("help", "search")


@EVERY
def test_every_command_is_well_defined(command: Command) -> None:
    flags = [flag for option in command.options for flag in option.flags]
    assert len(flags) == len(set(flags))
    assert not {"--help", "-h"} & set(flags)
    assert command.summary.endswith(".")
    assert all(each.about.help for each in command.parameters)
    assert all(isinstance(each.about, Option) for each in command.options)
    assert command.destructive is (any(each.about is YES for each in command.options) and command.name != "stop")


def test_no_two_commands_have_a_name_in_common() -> None:
    names = [spelling for command in COMMANDS.commands for spelling in command.spellings]
    assert len(names) == len(set(names))


def test_help_lists_every_command(ais: Run) -> None:
    overview = ais("help")
    assert overview == ais("") == ais("--help")
    assert all(f"  {command.name} " in overview for command in COMMANDS.commands)


def test_a_group_lists_its_commands(ais: Run) -> None:
    text = ais("show")
    assert text == ais("show --help") == ais("help show")
    assert "show job" in text
    assert "show bucket" in text
    assert "start download" not in text


def test_help_of_a_command_names_those_below_it(ais: Run) -> None:
    assert "serve stop" in ais("help serve")


def test_help_of_nothing_known_is_an_error(ais: Run) -> None:
    with pytest.raises(UsageError, match="Unknown command 'nonsense'"):
        ais("help nonsense")


def test_search_finds_by_name_summary_and_synonym(ais: Run) -> None:
    assert "%ais start download" in ais("search copy").splitlines()
    assert "%ais rmo" in ais("search delete").splitlines()
    assert "%ais object get" in ais("search get").splitlines()
    assert ais("search shards") == ais("search shard")
    with pytest.raises(UsageError, match="No command has to do with"):
        ais("search xyzzy")


def test_completion_knows_which_words_come_next() -> None:
    assert {"start", "ls", "show", "job"} <= set(COMMANDS.next_words([]))
    assert COMMANDS.next_words(["start"]) == ["blob-download", "download", "prefetch"]
    assert COMMANDS.next_words(["start", "download"]) == []


def test_the_tree_loads_without_anything_heavy() -> None:
    heavy = "pandas", "numpy", "pyarrow", "aiohttp", "msgspec", "IPython", "asyncio", "aisnb.client", "aisnb.background"
    script = f"import sys, aisnb.commands.catalogue; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("wait", "%ais wait [flags] [KIND] JOB_ID"),
        ("retry", "%ais retry [flags] [KIND] JOB_ID"),
        ("stop", "%ais stop [flags] [KIND] [JOB_ID]"),
        ("rmo", "%ais rmo [flags] OBJECT..."),
        ("get", "%ais get [flags] SOURCE [DESTINATION]"),
    ],
)
def test_usage_says_how_many_are_taken(ais: Run, command: str, usage: str) -> None:
    assert f"Usage: {usage}\n" in ais(f"help {command}")


def test_help_names_an_argument_as_the_usage_does(ais: Run) -> None:
    assert "\n  [KIND] [JOB_ID]  " in ais("help stop")
    assert "\n  SOURCE  " in ais("help get")
