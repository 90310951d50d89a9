from __future__ import annotations

import pytest

from aisnb.transfer import Validator

MONDAY = "Mon, 23 Nov 2026 10:00:00 GMT"
SECOND_LATER = "Mon, 23 Nov 2026 10:00:01 GMT"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Validator('"a"'), Validator('"a"'), True),
        (Validator('W/"a"'), Validator('"a"'), True),
        (Validator('"a"'), Validator('"b"'), False),
        (Validator('"a"', MONDAY, 5), Validator('"b"', MONDAY, 5), False),
        (Validator('"a"', MONDAY, 5), Validator("", MONDAY, 5), True),
        (Validator("", MONDAY, 5), Validator("", MONDAY, 6), False),
        (Validator("", MONDAY, 5), Validator("", SECOND_LATER, 5), False),
        (Validator("", MONDAY), Validator("", MONDAY), False),
        (Validator("", "", 5), Validator("", "", 5), False),
        (Validator(), Validator(), False),
    ],
)
def test_two_versions_are_the_same_only_if_their_marks_prove_it(one: Validator, other: Validator, same: bool) -> None:
    assert one.same_file(other) is same
    assert other.same_file(one) is same


@pytest.mark.parametrize(
    ("validator", "text"),
    [
        (Validator('"a"', MONDAY), '"a"'),
        (Validator('W/"a"', MONDAY), ""),
        (Validator("unquoted", MONDAY), ""),
        (Validator("", MONDAY), MONDAY),
        (Validator("", "", 5), ""),
    ],
)
def test_if_range_takes_a_strong_etag_or_a_date_where_there_is_no_etag(validator: Validator, text: str) -> None:
    assert validator.if_range == text


@pytest.mark.parametrize(
    ("known", "part", "same"),
    [
        (Validator('"a"', size=5), Validator('"a"', size=5), True),
        (Validator('"a"', size=5), Validator('"a"', size=6), False),
        (Validator('"a"'), Validator("", MONDAY), False),
        (Validator("", MONDAY, 5), Validator("", "", 5), True),
        (Validator("", MONDAY, 5), Validator("", SECOND_LATER, 5), False),
    ],
)
def test_a_part_continues_only_its_own_version(known: Validator, part: Validator, same: bool) -> None:
    assert known.same_bytes(part) is same


def test_a_date_as_young_as_the_answer_is_not_kept_for_resuming() -> None:
    young = Validator("", MONDAY, 5)
    assert young.for_resuming(MONDAY) == Validator("", "", 5)
    assert young.for_resuming("") == Validator("", "", 5)
    assert young.for_resuming("yesterday") == Validator("", "", 5)
    assert young.for_resuming(SECOND_LATER) == young
    assert Validator('"a"').for_resuming("") == Validator('"a"')


def test_a_validator_comes_back_from_its_text() -> None:
    for validator in (Validator(), Validator('W/"ä"', MONDAY, 0), Validator("", MONDAY, 2**40)):
        assert Validator.decode(validator.encode()) == validator


@pytest.mark.parametrize("text", ["", "{", "[]", '{"size": "big"}', "null"])
def test_a_text_that_encodes_no_validator_gives_one_without_marks(text: str) -> None:
    assert Validator.decode(text) == Validator()


def test_marks_that_cannot_be_sent_back_are_left_out() -> None:
    assert Validator.of({"ETag": '"caf\udce9"', "Last-Modified": "a\x07"}, 3) == Validator("", "", 3)
