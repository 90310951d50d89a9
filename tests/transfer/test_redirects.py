from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import SourceError
from aisnb.transfer import Fetcher, Request
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.exchange import _next_hop
from tests.support.faulty import Fault, FaultySource
from tests.support.sinks import MemorySink
from tests.transfer.conftest import QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = {"Authorization": "Bearer secret", "X-Key": "secret"}


@pytest.fixture
def other() -> Iterator[FaultySource]:
    with FaultySource() as other:
        yield other


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(source: FaultySource, fetcher: Fetcher, status: int) -> None:
    source.add("/dir/b c".replace(" ", "%20"), b"abc")
    link = source.add("/dir/a", then=Fault(status=status, location="b c"))
    receipt = await fetcher.fetch(Request(url=link, headers=SECRET), sink := MemorySink())
    assert sink.body == b"abc"
    assert receipt.url == source.url("/dir/b%20c")
    assert source.requests[1].headers["authorization"] == "Bearer secret"
    assert source.connections == 1


async def test_the_users_headers_stay_with_their_origin(
    source: FaultySource, other: FaultySource, fetcher: Fetcher
) -> None:
    link = source.add("/a", then=Fault(location=other.add("/b", b"", then=Fault(location=source.url("/c")))))
    source.add("/c", b"abc")
    await fetcher.fetch(Request(url=link, headers=SECRET), sink := MemorySink())
    assert sink.body == b"abc"
    assert source.requests[0].headers["x-key"] == "secret"
    for request in (other.requests[0], source.requests[1]):
        assert "authorization" not in request.headers
        assert "x-key" not in request.headers


async def test_a_resume_goes_through_a_redirect(source: FaultySource, other: FaultySource, fetcher: Fetcher) -> None:
    target = other.add("/b", b"0123456789", etag='"1"', faults=[Fault(cut=4)])
    link = source.add("/a", then=Fault(location=target))
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.body == b"0123456789"
    assert receipt.received == 10


async def test_a_circle_is_an_error_that_names_the_link(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", then=Fault(location="/b"))
    source.add("/b", then=Fault(location="/a"))
    with pytest.raises(SourceError, match="circle") as raised:
        await fetcher.fetch(Request(url=link), MemorySink())
    assert link in str(raised.value)
    assert raised.value.tries == 1


async def test_an_endless_chain_is_an_error(source: FaultySource, fetcher: Fetcher) -> None:
    for number in range(20):
        source.add(f"/{number}", then=Fault(location=f"/{number + 1}"))
    with pytest.raises(SourceError, match="10 times"):
        await fetcher.fetch(Request(url=source.url("/0")), MemorySink())
    assert len(source.requests) == 11


@pytest.mark.parametrize("location", ["ftp://host/a", "file:///etc/passwd", "http://", "http://[/"])
async def test_a_redirect_out_of_the_web_is_an_error(source: FaultySource, fetcher: Fetcher, location: str) -> None:
    with pytest.raises(SourceError, match="redirects"):
        await fetcher.fetch(Request(url=source.add("/a", then=Fault(location=location))), MemorySink())


def test_a_redirect_from_https_to_http_is_refused() -> None:
    with pytest.raises(AttemptFailed, match="https"):
        _next_hop("https://host/a", "http://host/a")
    assert _next_hop("http://host/a", "https://host/a") == "https://host/a"


async def test_a_redirect_to_a_source_that_is_gone_is_given_up(source: FaultySource, other: FaultySource) -> None:
    link = source.add("/a", then=Fault(location=other.url("/b")))
    other.refuse()
    async with Fetcher(policy=replace(QUICK, patience=0.05, attempts=100_000)) as fetcher:
        with pytest.raises(SourceError, match="nobody answers"):
            await fetcher.fetch(Request(url=link), MemorySink())
