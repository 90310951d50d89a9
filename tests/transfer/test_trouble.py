"""One file, from a source that does not behave."""

from __future__ import annotations

import asyncio
import errno
import gzip
from contextlib import suppress
from dataclasses import replace

import pytest
import xxhash

from aisnb.errors import DiskFull, SourceError, SourceRefused
from aisnb.transfer import Fetcher, Request
from tests.support.faulty import Fault, FaultySource
from tests.support.sinks import MemorySink
from tests.transfer.conftest import QUICK

BODY = b"0123456789" * 100


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_trouble_that_may_pass_is_tried_again(source: FaultySource, fetcher: Fetcher, status: int) -> None:
    link = source.add("/a", BODY, faults=[Fault(status=status), Fault(status=503)])
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.body == BODY
    assert receipt.tries == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 406, 407, 410, 416, 418, 451])
async def test_a_refusal_is_final(source: FaultySource, fetcher: Fetcher, status: int) -> None:
    link = source.add("/a", BODY, faults=[Fault(status=status)])
    with pytest.raises(SourceRefused, match=str(status)) as raised:
        await fetcher.fetch(Request(url=link), MemorySink())
    assert (raised.value.status, raised.value.tries) == (status, 1)
    assert link in str(raised.value)


@pytest.mark.parametrize("status", [304, 300, 305, 206, 201])
async def test_an_answer_that_is_no_file_is_not_taken_for_one(
    source: FaultySource, fetcher: Fetcher, status: int
) -> None:
    link = source.add("/a", BODY, then=Fault(status=status))
    with pytest.raises(SourceError, match=str(status)):
        await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.starts == []


async def test_trouble_that_does_not_pass_ends_the_fetch(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", BODY, then=Fault(status=500))
    with pytest.raises(SourceRefused, match=r"500.*6 times") as raised:
        await fetcher.fetch(Request(url=link), MemorySink())
    assert (raised.value.status, raised.value.tries) == (500, 6)
    assert len(source.requests) == 6


async def test_the_source_is_left_alone_for_as_long_as_it_asks(source: FaultySource) -> None:
    policy = replace(QUICK, longest_retry_after=0.01)
    link = source.add("/a", BODY, faults=[Fault(status=429, headers={"Retry-After": "3600"})])
    async with Fetcher(policy=policy) as fetcher:
        assert (await fetcher.fetch(Request(url=link), MemorySink())).tries == 2
    source.add("/a", BODY, faults=[Fault(status=429, headers={"Retry-After": "3600"})])
    async with Fetcher(policy=QUICK) as fetcher:
        waiting = asyncio.create_task(fetcher.fetch(Request(url=link), MemorySink()))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        waiting.cancel()


@pytest.mark.parametrize("by", ["close", "reset"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_a_broken_connection_is_made_up_for(
    source: FaultySource, fetcher: Fetcher, by: str, framing: str
) -> None:
    fault = Fault(cut=300, by=by, framing=framing)  # type: ignore[arg-type]  # parametrized literals
    link = source.add("/a", BODY, etag='"1"', faults=[fault])
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.body == BODY
    assert receipt.tries == 2


async def test_a_reset_is_not_the_end_of_a_file_of_unknown_length(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", BODY, faults=[Fault(cut=300, by="reset", framing="close")])
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.body == BODY
    assert receipt.tries == 2


async def test_a_source_that_always_closes_early_fails(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", BODY, then=Fault(cut=300, by="close"))
    with pytest.raises(SourceError, match="early") as raised:
        await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert raised.value.status == 0
    assert raised.value.tries == 6
    assert sink.body == BODY[:300]


async def test_more_announced_than_sent_is_an_error(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", BODY, then=Fault(claim=1001, cut=1000))
    with pytest.raises(SourceError, match="early"):
        await fetcher.fetch(Request(url=link), MemorySink())


async def test_less_announced_than_sent_never_brings_more_than_announced(
    source: FaultySource, fetcher: Fetcher
) -> None:
    link = source.add("/a", BODY, then=Fault(claim=500))
    sink = MemorySink()
    with suppress(SourceError):  # whether the rest is seen at all depends on how the network cuts it
        await fetcher.fetch(Request(url=link), sink)
    assert len(sink.body) <= 500


@pytest.mark.parametrize("fault", [Fault(cut=300, by="stall"), Fault(silent=True)])
async def test_a_stall_ends_an_attempt(source: FaultySource, fault: Fault) -> None:
    async with Fetcher(policy=replace(QUICK, stall=0.2)) as fetcher:
        link = source.add("/a", BODY, etag='"1"', faults=[fault])
        receipt = await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.body == BODY
    assert receipt.tries >= 2


async def test_an_endless_stall_fails(source: FaultySource) -> None:
    async with Fetcher(policy=replace(QUICK, stall=0.05, tries=2)) as fetcher:
        link = source.add("/a", BODY, then=Fault(silent=True))
        with pytest.raises(SourceError, match=r"stalled.*0\.05 s"):
            await fetcher.fetch(Request(url=link), MemorySink())


async def test_an_attempt_that_takes_too_long_in_all_fails(source: FaultySource) -> None:
    async with Fetcher(policy=replace(QUICK, tries=1)) as fetcher:
        link = source.add("/a", BODY, then=Fault(silent=True))
        with pytest.raises(SourceError, match=r"0\.05 s"):
            await fetcher.fetch(Request(url=link, timeout=0.05), MemorySink())


async def test_a_source_that_restarts_is_waited_for(source: FaultySource) -> None:
    async with Fetcher(policy=replace(QUICK, patience=60, patience_nearby=60, attempts=100_000)) as fetcher:
        link = source.add("/a", BODY)
        source.refuse()
        fetch = asyncio.create_task(fetcher.fetch(Request(url=link), sink := MemorySink()))
        await asyncio.sleep(0.1)
        source.accept()
        receipt = await fetch
    assert sink.body == BODY
    assert receipt.tries > 1


async def test_a_source_that_is_gone_is_given_up_for_all_its_files(source: FaultySource) -> None:
    links = [source.add(f"/{number}", BODY) for number in range(5)]
    source.refuse()
    async with Fetcher(policy=replace(QUICK, patience=0.05, attempts=100_000)) as fetcher:
        with pytest.raises(SourceError, match="nobody answers") as raised:
            await fetcher.fetch(Request(url=links[0]), MemorySink())
        assert raised.value.status == 0
        outcomes = await asyncio.gather(
            *(fetcher.fetch(Request(url=link), MemorySink()) for link in links[1:]), return_exceptions=True
        )
        assert all(isinstance(outcome, SourceError) for outcome in outcomes)


async def test_an_unknown_host_is_told() -> None:
    async with Fetcher(policy=replace(QUICK, patience=0)) as impatient:
        with pytest.raises(SourceError, match=r"nowhere\.invalid"):
            await impatient.fetch(Request(url="http://nowhere.invalid/a"), MemorySink())


@pytest.mark.parametrize(("scheme", "told"), [("http", "not HTTP|lost"), ("https", "secure")])
async def test_something_that_speaks_another_language_is_told(scheme: str, told: str) -> None:
    with FaultySource(greeting=b"220 smtp.example.org ready\r\n") as smtp:
        link = smtp.url("/a").replace("http", scheme)
        async with Fetcher(policy=replace(QUICK, tries=2)) as fetcher:
            with pytest.raises(SourceError, match=told):
                await fetcher.fetch(Request(url=link), MemorySink())


async def test_https_of_a_server_that_speaks_http_is_told(fetcher: Fetcher) -> None:
    with (
        FaultySource(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as plain,
        pytest.raises(SourceError, match="may speak http: write http://"),
    ):
        await fetcher.fetch(Request(url=plain.url("/a").replace("http", "https")), MemorySink())


async def test_a_compressed_body_is_refused(source: FaultySource, fetcher: Fetcher) -> None:
    fault = Fault(body=gzip.compress(BODY), headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="gzip") as raised:
        await fetcher.fetch(Request(url=source.add("/a", BODY, then=fault)), sink := MemorySink())
    assert sink.starts == []
    assert raised.value.tries == 1


async def test_a_body_encoded_as_it_is_is_fine(source: FaultySource, fetcher: Fetcher) -> None:
    fault = Fault(headers={"Content-Encoding": "identity"})
    await fetcher.fetch(Request(url=source.add("/a", BODY, then=fault)), sink := MemorySink())
    assert sink.body == BODY


async def test_aistores_checksum_is_verified(source: FaultySource, fetcher: Fetcher) -> None:
    marked = {"ais-checksum-type": "xxhash2", "ais-checksum-value": xxhash.xxh64_hexdigest(BODY)}
    damaged = Fault(body=BODY[:-1] + b"x", headers=marked)
    link = source.add("/a", BODY, etag='"1"', faults=[damaged], then=Fault(headers=marked))
    told: list[int] = []
    receipt = await fetcher.fetch(Request(url=link), sink := MemorySink(), on_bytes=told.append)
    assert sink.body == BODY
    assert receipt.tries == 2
    assert sum(told) == 1000


async def test_bytes_with_a_wrong_checksum_are_not_kept(source: FaultySource, fetcher: Fetcher) -> None:
    wrong = Fault(headers={"ais-checksum-type": "xxhash2", "ais-checksum-value": "00"})
    link = source.add("/a", BODY, etag='"1"', then=wrong)
    with pytest.raises(SourceError, match="checksum"):
        await fetcher.fetch(Request(url=link), sink := MemorySink())
    assert sink.resume_point() == (0, "")


async def test_another_kind_of_checksum_is_left_alone(source: FaultySource, fetcher: Fetcher) -> None:
    other = Fault(headers={"ais-checksum-type": "md5", "ais-checksum-value": "00"})
    await fetcher.fetch(Request(url=source.add("/a", BODY, then=other)), sink := MemorySink())
    assert sink.body == BODY


async def test_a_slow_drip_arrives(source: FaultySource, fetcher: Fetcher) -> None:
    await fetcher.fetch(Request(url=source.add("/a", BODY, then=Fault(drip=50))), sink := MemorySink())
    assert sink.body == BODY


@pytest.mark.parametrize("error", [DiskFull("no room"), OSError(errno.EIO, "broken disk")])
async def test_an_error_of_the_sink_passes_through(source: FaultySource, fetcher: Fetcher, error: OSError) -> None:
    class BrokenSink(MemorySink):
        def write(self, chunk: bytes | bytearray | memoryview) -> None:
            raise error

    with pytest.raises(type(error)) as raised:
        await fetcher.fetch(Request(url=source.add("/a", BODY)), BrokenSink())
    assert raised.value is error
    assert len(source.requests) == 1


async def test_a_cancelled_fetch_leaves_what_came_for_the_next(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.add("/a", BODY, etag='"1"', faults=[Fault(cut=300, by="stall")])
    sink, some = MemorySink(), asyncio.Event()
    fetch = asyncio.create_task(fetcher.fetch(Request(url=link), sink, on_bytes=lambda _: some.set()))
    async with asyncio.timeout(30):
        await some.wait()
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    came = len(sink.body)
    assert sink.body == BODY[:came]
    receipt = await fetcher.fetch(Request(url=link), sink)
    assert sink.body == BODY
    assert receipt.received == 1000 - came


async def test_headers_that_cannot_be_sent_are_told(source: FaultySource, fetcher: Fetcher) -> None:
    request = Request(url=source.add("/a", BODY), headers={"X": "a\r\nHost: b"})
    with pytest.raises(SourceError, match="headers"):
        await fetcher.fetch(request, MemorySink())
    assert source.requests == []


async def test_a_password_in_a_link_is_not_told(source: FaultySource, fetcher: Fetcher) -> None:
    link = source.url("/missing").replace("http://", "http://me:secret@")
    with pytest.raises(SourceRefused) as raised:
        await fetcher.fetch(Request(url=link), MemorySink())
    assert "secret" not in str(raised.value)
    assert source.requests[0].headers["authorization"].startswith("Basic ")
