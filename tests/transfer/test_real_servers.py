"""The same from servers that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.errors import SourceRefused
from aisnb.transfer import Request
from tests.support.sinks import MemorySink
from tests.support.sources import go_server, nginx_server, python_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.transfer import Fetcher

BODY = bytes(range(256)) * 4000
NAME = "a b{1}ä#?.tar"
LINK_NAME = "a%20b{1}ä%23%3F.tar"


@pytest.fixture(scope="module", params=["python", "nginx", "go"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root, folder = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("folder")
    (root / NAME).write_bytes(BODY)
    if request.param == "python":
        server = python_server(root)
    else:
        server = (nginx_server if request.param == "nginx" else go_server)(root, folder)
    with server as address:
        yield address


async def test_a_file_arrives_and_is_skipped_the_next_time(address: str, fetcher: Fetcher) -> None:
    receipt = await fetcher.fetch(Request(url=address + LINK_NAME), sink := MemorySink())
    assert sink.body == BODY
    again = await fetcher.fetch(Request(url=address + LINK_NAME, known=receipt.validator), MemorySink())
    assert again.skipped
    assert again.size == len(BODY)


async def test_a_beginning_is_continued_or_fetched_anew(address: str, fetcher: Fetcher) -> None:
    _, validator, headers = await fetcher.head(address + LINK_NAME)
    assert validator.size == len(BODY)
    sink = MemorySink(BODY[:1000], validator.encode())
    receipt = await fetcher.fetch(Request(url=address + LINK_NAME), sink)
    assert sink.body == BODY
    assert receipt.received == len(BODY) - (1000 if "Accept-Ranges" in headers else 0)


async def test_a_beginning_that_is_the_whole_file_is_enough(address: str, fetcher: Fetcher) -> None:
    _, validator, headers = await fetcher.head(address + LINK_NAME)
    sink = MemorySink(BODY, validator.encode())
    receipt = await fetcher.fetch(Request(url=address + LINK_NAME), sink)
    assert sink.body == BODY
    assert receipt.received == (0 if "Accept-Ranges" in headers else len(BODY))


async def test_a_missing_file_is_refused(address: str, fetcher: Fetcher) -> None:
    with pytest.raises(SourceRefused, match="404"):
        await fetcher.fetch(Request(url=address + "missing.tar"), MemorySink())
