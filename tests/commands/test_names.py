"""What commands say of names that look like a choice of many and are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb.commands.planning import left_out
from aisnb.uris import web_bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("plan {link}*.tar --no-sample", "*"),
        ("plan {link}shard-00?.tar --no-sample", "?"),
        ("plan {link}shard-[1-5]*.tar --no-sample", "[1-5]"),
        ("start download {link}*.tar {bucket}", "*"),
        ("prefetch {web} --template '*.tar'", "*"),
    ],
)
def test_a_shell_s_pattern_is_said_to_stand_for_itself(
    ais: Run, context: Recorder, source: FaultySource, bucket: str, line: str, sign: str
) -> None:
    link = source.url("/d/")
    ais(f"get {link}shard-1.tar /dev/null")
    ais(line.format(link=link, web=web_bucket(link), bucket=bucket))
    (said,) = [line for line in context.said if "stands for itself" in line]
    assert said.startswith(f"Note: The '{sign}' in ")
    assert "shard-{001..010}.tar" in said


@pytest.mark.parametrize("rest", ["shard-1.tar?version=*", "shard-{1..2}.tar", ""])
def test_a_query_a_range_and_a_directory_are_not_taken_for_a_shell_s_pattern(
    ais: Run, context: Recorder, source: FaultySource, rest: str
) -> None:
    source.add("/d/", b'[{"name": "shard-1.tar", "size": 1000}]')
    ais(f"plan '{source.url('/d/')}{rest}' --no-sample")
    assert not any("stands for itself" in line for line in context.said)


@pytest.mark.parametrize(
    ("end", "said"),
    [("shard-{1..5.tar", r"is not closed\. Write a range.*%7B"), ("shard-1..5}.tar", r"was never opened\. Write.*%7D")],
)
def test_half_a_range_in_a_link_is_refused_and_makes_no_bucket(
    ais: Run, context: Recorder, source: FaultySource, bucket: str, end: str, said: str
) -> None:
    with pytest.raises(aisnb.TemplateError, match=said):
        ais(f"start download '{source.url('/d/')}{end}' {bucket}-new")
    assert f"{bucket}-new" not in set(context.client().buckets("ais")["name"])


@pytest.mark.parametrize(
    ("end", "said"), [("open{brace", "is not closed, so"), ("1..5}", "was never opened, so"), ("close}brace", "")]
)
def test_half_a_pair_of_braces_is_a_name_and_said_to_be_one(
    ais: Run, context: Recorder, bucket: str, end: str, said: str
) -> None:
    with pytest.raises(aisnb.ObjectNotFound):
        ais(f"get '{bucket}/{end}' -")
    assert [said in line for line in context.said] == ([True] if said else [])


def test_a_number_sign_in_a_link_is_said_to_end_it(ais: Run, context: Recorder, source: FaultySource) -> None:
    ais(f"plan '{source.url('/d/')}shard-1.tar#b?c.txt' --no-sample")
    (said,) = [line for line in context.said if "#" in line]
    assert "is not sent. A '#' that belongs to a name is written %23" in said
    assert not any("stands for itself" in line for line in context.said)


def test_a_description_is_parted_from_what_the_node_adds_to_it() -> None:
    assert left_out("http://h/d/ -> ais://abc (directories left out: 1,002)") == ("http://h/d/ -> ais://abc", 1002)
    assert left_out("mine") == ("mine", 0)
