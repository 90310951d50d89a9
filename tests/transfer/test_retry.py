from __future__ import annotations

import time
from email.utils import formatdate
from random import Random

import pytest

from aisnb.transfer import AttemptFailed, RetryPolicy
from aisnb.transfer.retry import Outages, Tries, parse_retry_after


def test_waits_double_up_to_the_cap_with_full_jitter() -> None:
    policy = RetryPolicy(base=1, cap=8, random=Random(7))
    for failures, bound in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (500, 8)):
        waits = [policy.wait(failures) for _ in range(200)]
        assert all(0 <= wait <= bound for wait in waits)
        assert max(waits) > bound / 2 > min(waits)


def test_a_seeded_policy_waits_the_same_again() -> None:
    first, second = (RetryPolicy(random=Random(3)) for _ in range(2))
    assert [first.wait(n) for n in range(1, 9)] == [second.wait(n) for n in range(1, 9)]


def test_retry_after_is_heeded_up_to_a_limit() -> None:
    policy = RetryPolicy(base=0.001)
    assert policy.wait(1, retry_after=7) == 7
    assert policy.wait(1, retry_after=7200) == 60


@pytest.mark.parametrize(("text", "seconds"), [("3", 3), (" 0 ", 0), ("", 0), ("soon", 0), ("-5", 0), ("²", 0)])
def test_retry_after_in_seconds_is_read(text: str, seconds: float) -> None:
    assert parse_retry_after(text) == seconds


@pytest.mark.parametrize(
    "text", ["Tue, 249999999999 Nov 26 2010:0:00 GMT", "Mon, 1 Jan 0001 00:00:00 +2359", "9" * 5000]
)
def test_a_retry_after_beyond_all_numbers_does_no_harm(text: str) -> None:
    assert parse_retry_after(text) >= 0


def test_retry_after_as_a_date_is_read() -> None:
    assert 3000 < parse_retry_after(formatdate(time.time() + 3600, usegmt=True)) <= 3600
    assert parse_retry_after("Mon, 23 Nov 1998 10:00:00 GMT") == 0


def count_until_given_up(policy: RetryPolicy, failure: AttemptFailed, positions: list[int]) -> int:
    tries = Tries(policy)
    for position in positions:
        tries.count += 1
        if tries.wait(failure, position) is None:
            return tries.count
    raise AssertionError("never given up")


def test_attempts_in_vain_are_limited_and_progress_starts_their_count_anew() -> None:
    policy, failure = RetryPolicy(tries=3), AttemptFailed("x")
    assert count_until_given_up(policy, failure, [0] * 9) == 3
    assert count_until_given_up(policy, failure, [0, 5, 5, 6, 6, 6, 6]) == 6
    assert count_until_given_up(policy, failure, [5, 4, 5, 5]) == 3  # no more than ever before is no progress


def test_attempts_are_limited_however_much_they_bring() -> None:
    policy = RetryPolicy(tries=3, attempts=10)
    assert count_until_given_up(policy, AttemptFailed("x"), list(range(1, 100))) == 10


def test_a_final_failure_is_not_tried_again() -> None:
    assert count_until_given_up(RetryPolicy(), AttemptFailed("x", final=True), [1]) == 1


def test_being_unreachable_is_bounded_by_patience_and_not_by_tries() -> None:
    policy = RetryPolicy(tries=2, attempts=9)
    assert count_until_given_up(policy, AttemptFailed("x", unreachable=True), [0] * 20) == 9


def test_no_wait_for_an_unreachable_source_is_longer_than_any_patience() -> None:
    policy = RetryPolicy(base=100, cap=1000, patience_nearby=1)
    tries = Tries(policy)
    waits = [tries.wait(AttemptFailed("x", unreachable=True), 0) for _ in range(20)]
    assert all(wait is not None and wait <= 0.5 for wait in waits)


def test_patience_with_a_source_ends_and_an_answer_restores_it() -> None:
    outages, now = Outages(RetryPolicy(patience=0)), time.monotonic()
    assert outages.exhausted("http://h:80", now)
    outages = Outages(RetryPolicy(patience=3600))
    assert not outages.exhausted("http://h:80", now)
    assert not outages.exhausted("http://h:80", now)
    outages.reached("http://h:80")
    outages.reached("http://other:80")


@pytest.mark.parametrize(
    ("origin", "given_up"),
    [
        ("http://localhost:8000", True),
        ("http://node.localhost:80", True),
        ("http://127.0.0.1:8000", True),
        ("https://[::1]:443", True),
        ("http://10.0.0.1:80", False),
        ("http://h:80", False),
        ("http://localhost.example.org:80", False),
    ],
)
def test_a_source_on_this_machine_that_never_answered_is_given_up_soon(origin: str, given_up: bool) -> None:
    outages, now = Outages(RetryPolicy(patience=3600, patience_nearby=0)), time.monotonic()
    assert outages.exhausted(origin, now) is given_up
    outages.reached(origin)
    assert not outages.exhausted(origin, now)  # it is known to be there, so it may be starting again


def test_an_outage_of_long_ago_does_not_shorten_the_patience_of_today() -> None:
    outages = Outages(RetryPolicy(patience=0.01))
    outages.exhausted("http://h:80", time.monotonic())
    time.sleep(0.02)
    assert outages.exhausted("http://h:80", time.monotonic() - 0.02)
    time.sleep(0.02)
    assert not outages.exhausted("http://h:80", time.monotonic())
