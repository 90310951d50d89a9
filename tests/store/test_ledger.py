from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from aisnb.store.ledger import Ledger

indices = st.lists(st.integers(0, 60), max_size=80)


@given(indices)
def test_it_holds_exactly_what_was_added(added: list[int]) -> None:
    ledger = Ledger(added)
    assert [index for index in range(62) if index in ledger] == sorted(set(added))
    assert len(ledger) == len(set(added))


@given(indices)
def test_add_says_whether_the_index_is_new(added: list[int]) -> None:
    ledger, seen = Ledger(), set()
    for index in added:
        assert ledger.add(index) == (index not in seen)
        seen.add(index)


@given(indices)
def test_its_runs_are_sorted_and_never_touch(added: list[int]) -> None:
    bounds = [bound for run in Ledger(added).runs() for bound in run]
    assert bounds == sorted(set(bounds))


@given(indices, st.integers(0, 70), st.integers(0, 70))
def test_pending_is_the_rest_in_order(added: list[int], total: int, start: int) -> None:
    assert list(Ledger(added).pending(total, start)) == [i for i in range(start, total) if i not in added]


@given(indices)
def test_it_comes_back_from_json(added: list[int]) -> None:
    ledger = Ledger(added)
    assert Ledger.decode(ledger.encode()) == ledger


def test_pending_of_an_unknown_total_never_ends() -> None:
    assert list(islice(Ledger([0, 1, 5]).pending(-1), 6)) == [2, 3, 4, 6, 7, 8]


def test_ten_million_pending_cost_nothing_until_they_are_asked_for() -> None:
    pending = Ledger().pending(10_000_000)
    assert next(pending) == 0


def test_files_that_finish_nearly_in_order_leave_one_run() -> None:
    ledger = Ledger()
    for start in range(0, 100_000, 16):
        for index in reversed(range(start, start + 16)):
            ledger.add(index)
    assert ledger.runs() == [(0, 100_000)]
    assert ledger.encode() == "[0,100000]"


def test_an_empty_text_is_an_empty_ledger() -> None:
    assert Ledger.decode("") == Ledger()
