"""Which values fit which annotation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import aisnb
from aisnb.arguments import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@checked
def work(
    text: str,
    place: str | Path = "",
    *,
    count: int | None = None,
    share: float = 0.0,
    names: Iterable[str] | None = None,
    words: str | Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    table: str | Iterable[str] | pd.DataFrame = "",
    flag: bool = False,
    other: Any = None,
) -> str:
    """Work.

    Args:
        text: what to
            say.
        place: where.
        count: how often.
    """
    return text


@pytest.mark.parametrize(
    "given",
    [
        {"place": Path("x")},
        {"count": np.int64(3)},
        {"count": None},
        {"share": 3},
        {"share": np.float32(0.5)},
        {"share": None},
        {"place": None},
        {"names": {"a"}},
        {"names": (name for name in "ab")},
        {"names": pd.Series(["a"])},
        {"names": np.array(["a"])},
        {"words": "a,b"},
        {"words": ["a"]},
        {"headers": {}},
        {"table": pd.DataFrame({"url": []})},
        {"flag": "yes"},
        {"other": object()},
    ],
)
def test_what_fits_is_taken(given: dict[str, Any]) -> None:
    assert work("x", **given) == "x"
    assert work(text=np.str_("x"), **given) == "x"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"place": 1}, "text or a path: where"),
        ({"count": 1.5}, "a whole number or None: how often"),
        ({"count": True}, "a whole number or None: how often"),
        ({"share": "x"}, "a number"),
        ({"share": False}, "a number"),
        ({"names": b"a"}, "a list or None"),
        ({"words": b"a"}, "text or a list"),
        ({"text": None}, "text: what to say"),
        ({"headers": "a: b"}, "a dict or None"),
        ({"table": 1}, "text, a list or a DataFrame"),
    ],
)
def test_what_does_not_fit_is_told_of(given: dict[str, Any], wanted: str) -> None:
    with pytest.raises(aisnb.ArgumentInvalid, match=f"It takes {wanted}"):
        work(**{"text": "x", **given})


def test_the_hint_is_what_the_arguments_own_words_say() -> None:
    with pytest.raises(aisnb.ArgumentInvalid) as refused:
        work(1)  # type: ignore[arg-type]  # that is the point
    assert str(refused.value) == "work() was given 1 (int) as 'text'. It takes text: what to say."


def test_an_error_inside_the_call_stays_what_it_is() -> None:
    @checked
    def broken(text: str) -> int:
        return text + 1  # type: ignore[operator,no-any-return]  # that is the point

    with pytest.raises(TypeError) as inside:
        broken("x")
    assert not isinstance(inside.value, aisnb.AisnbError)


def test_words_that_the_call_does_not_have_are_told_with_those_that_it_has() -> None:
    with pytest.raises(aisnb.ArgumentInvalid) as refused:
        work("x", cuont=1)  # type: ignore[call-arg]  # that is the point
    assert str(refused.value).startswith(
        "work() was called wrongly: got an unexpected keyword argument 'cuont'. Did you mean 'count'? It is called as "
        "work(text, place='', *, count=None, "
    )
