"""What is seen of a file before any of it is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.transfer import Validator
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from aisnb.transfer import Fetcher
    from tests.support.faulty import FaultySource

DATE = "Tue, 24 Nov 2026 00:16:08 GMT"


async def test_one_head_tells_all(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"abc", etag='"1"', last_modified=DATE)
    found = await fetcher.head(link)
    assert (found.status, found.validator) == (200, Validator('"1"', DATE, 3))
    assert [request.method for request in source.requests] == ["HEAD"]


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_a_source_without_head_is_asked_for_the_first_byte(
    source: FaultySource, fetcher: Fetcher, status: int
) -> None:
    link = source.add("/a", b"abc", etag='"1"', last_modified=DATE, faults=[Fault(status=status)])
    found = await fetcher.head(link)
    assert (found.status, found.validator) == (200, Validator('"1"', DATE, 3))
    assert [request.method for request in source.requests] == ["HEAD", "GET"]
    assert source.requests[1].sent == 1


async def test_a_head_without_a_size_is_not_enough(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"abc", faults=[Fault(framing="close")])
    assert (await fetcher.head(link)).validator.size == 3


@pytest.mark.parametrize("body", [b"", b"abc"])
async def test_a_source_without_ranges_says_the_size_of_the_whole(
    source: FaultySource, fetcher: Fetcher, body: bytes
) -> None:
    link = source.add("/a", body, faults=[Fault(status=405)], then=Fault(ignore_range=True))
    found = await fetcher.head(link)
    assert (found.status, found.validator.size) == (200, len(body))


async def test_an_empty_file_is_there_though_it_has_no_first_byte(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"", faults=[Fault(status=405)])
    found = await fetcher.head(link)
    assert (found.status, found.validator.size) == (200, 0)


async def test_a_size_that_nobody_knows_stays_unknown(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", b"abc", then=Fault(framing="chunked", ignore_range=True))
    found = await fetcher.head(link)
    assert (found.status, found.validator.size) == (200, None)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 503])
async def test_a_refusal_is_told_and_no_error(source: FaultySource, fetcher: Fetcher, status: int) -> None:
    link = source.add("/a", then=Fault(status=status))
    assert (await fetcher.head(link)).status == status
