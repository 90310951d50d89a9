from __future__ import annotations

import pytest

from aisnb.fileserver.conditions import RangeNotSatisfiable, failed_precondition, requested_range

TAG = b'"5-1"'
MODIFIED = 784111777  # the date of RFC 9110's examples
SAME = b"Sun, 06 Nov 1994 08:49:37 GMT"
EARLIER = b"Sun, 06 Nov 1994 08:49:36 GMT"
LATER = b"Sun, 06 Nov 1994 08:49:38 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 0),
        ({b"if-none-match": TAG}, 304),
        ({b"if-none-match": b"W/" + TAG}, 304),
        ({b"if-none-match": b'"x", ' + TAG}, 304),
        ({b"if-none-match": b'"x,",W/' + TAG + b' , "y"'}, 304),
        ({b"if-none-match": b"*"}, 304),
        ({b"if-none-match": b'"x"'}, 0),
        ({b"if-none-match": b""}, 0),
        ({b"if-none-match": TAG.strip(b'"')}, 0),
        # If-Modified-Since is ignored beside If-None-Match, whichever way that one goes (section 13.1.3).
        ({b"if-none-match": b'"x"', b"if-modified-since": SAME}, 0),
        ({b"if-none-match": TAG, b"if-modified-since": EARLIER}, 304),
        ({b"if-modified-since": SAME}, 304),
        ({b"if-modified-since": LATER}, 304),
        ({b"if-modified-since": EARLIER}, 0),
        ({b"if-modified-since": b"Sunday, 06-Nov-94 08:49:37 GMT"}, 304),
        ({b"if-modified-since": b"Sun Nov  6 08:49:37 1994"}, 304),
        ({b"if-modified-since": b"yesterday"}, 0),
        ({b"if-modified-since": b""}, 0),
        ({b"if-modified-since": b"Sun, 99 Nov 999999999999 08:49:37 GMT"}, 0),
        ({b"if-match": TAG}, 0),
        ({b"if-match": b"*"}, 0),
        ({b"if-match": b'"x", ' + TAG}, 0),
        ({b"if-match": b'"x"'}, 412),
        ({b"if-match": b"W/" + TAG}, 412),
        ({b"if-unmodified-since": SAME}, 0),
        ({b"if-unmodified-since": LATER}, 0),
        ({b"if-unmodified-since": EARLIER}, 412),
        ({b"if-unmodified-since": b"nonsense"}, 0),
        ({b"if-match": TAG, b"if-unmodified-since": EARLIER}, 0),
        ({b"if-match": TAG, b"if-none-match": TAG}, 304),
        ({b"if-match": b'"x"', b"if-none-match": TAG}, 412),
    ],
)
def test_preconditions_are_judged_in_the_order_of_the_rfc(headers: dict[bytes, bytes], status: int) -> None:
    assert failed_precondition(headers, TAG, MODIFIED) == status


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (b"bytes=0-0", (0, 1)),
        (b"bytes=0-99", (0, 100)),
        (b"bytes=10-19", (10, 20)),
        (b"bytes=10-", (10, 100)),
        (b"bytes=99-1000", (99, 100)),
        (b"bytes=-1", (99, 100)),
        (b"bytes=-1000", (0, 100)),
        (b"Bytes= 1-2 ", (1, 3)),
        (b"bytes=0-" + b"9" * 100, (0, 100)),
    ],
)
def test_a_single_range_is_understood(value: bytes, part: tuple[int, int]) -> None:
    assert requested_range({b"range": value}, TAG, MODIFIED, 100) == part


@pytest.mark.parametrize(
    "value",
    [
        b"bytes=0-1,5-6",
        b"bytes=5-4",
        b"bytes=-",
        b"bytes=a-b",
        b"bytes=--1",
        b"bytes=1",
        b"bytes",
        b"",
        b"lines=1-2",
        b"bytes=+1-2",
        b"bytes=1_0-20",
        "bytes=١-٢".encode(),
        b"bytes=" + b"9" * 5000 + b"-",
    ],
)
def test_several_ranges_and_nonsense_are_ignored(value: bytes) -> None:
    assert requested_range({b"range": value}, TAG, MODIFIED, 100) is None


@pytest.mark.parametrize("value", [b"bytes=100-", b"bytes=100-200", b"bytes=-0", b"bytes=" + b"9" * 50 + b"-"])
def test_a_range_behind_the_end_cannot_be_satisfied(value: bytes) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range({b"range": value}, TAG, MODIFIED, 100)


def test_the_end_of_an_empty_file_is_the_whole_file() -> None:
    assert requested_range({b"range": b"bytes=-5"}, TAG, MODIFIED, 0) is None
    with pytest.raises(RangeNotSatisfiable):
        requested_range({b"range": b"bytes=0-"}, TAG, MODIFIED, 0)


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        (TAG, True),
        (SAME, True),
        (b"W/" + TAG, False),
        (b'"x"', False),
        (EARLIER, False),
        (LATER, False),
        (b"nonsense", False),
        (b"", False),
    ],
)
def test_a_range_counts_only_for_the_state_that_if_range_names(state: bytes, holds: bool) -> None:
    headers = {b"range": b"bytes=1-2", b"if-range": state}
    assert requested_range(headers, TAG, MODIFIED, 100) == ((1, 3) if holds else None)


def test_a_stale_if_range_also_hides_a_range_that_cannot_be_satisfied() -> None:
    headers = {b"range": b"bytes=500-", b"if-range": b'"x"'}
    assert requested_range(headers, TAG, MODIFIED, 100) is None
