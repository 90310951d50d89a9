"""Commands as a notebook and a shell write them."""

from __future__ import annotations

import pytest

from aisnb.wording import in_shell, of_shell, spoken


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Try '%ais help' or %%ais", "Try 'aisnb help' or aisnb"),
        ("To go on: %ais resume dnl-x", "To go on: aisnb resume dnl-x"),
        ("    df = %ais ls ais://abc", "    aisnb ls ais://abc"),
        ("%ais ls ais://abc/s-{001..010}.tar", "aisnb ls 'ais://abc/s-{001..010}.tar'"),
        ("  %ais put 'a/*.tar' b/* ais://abc", "  aisnb put 'a/*.tar' 'b/*' ais://abc"),
        ("server = %ais serve x\n%ais get {server}a\n%ais get $url\nmore", "aisnb serve x\nmore"),
        ("'%ais stop x' ends it (in Python: job.resume(), job.stop()).", "'aisnb stop x' ends it."),
        ("Say why (in Python: job.errors) and (in time)", "Say why and (in time)"),
        ("    %ais jobs\n    df = %ais jobs\n\n\n    %ais jobs", "    aisnb jobs\n\n\n    aisnb jobs"),
        ("a paisley %aisle", "a paisley %aisle"),
    ],
)
def test_a_shell_gets_its_own_spelling_of_commands(text: str, shown: str) -> None:
    assert in_shell(text) == shown


def test_texts_are_a_notebook_s_unless_a_shell_is_spoken_to() -> None:
    assert spoken("%ais ls") == "%ais ls"
    with of_shell():
        assert spoken("%ais ls") == "aisnb ls"
    assert spoken("%ais ls") == "%ais ls"
