"""Files elsewhere, read here and there: by parts, in passing, and as a file object."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING, TypeVar

import pytest

from aisnb.archives import Format, open_archive
from aisnb.errors import NameInvalid, SourceError, SourceRefused
from aisnb.transfer import RemoteFile
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.passing import Passing
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from aisnb.transfer import Fetcher
    from tests.support.faulty import FaultySource

    T = TypeVar("T")

BODY = bytes(range(256)) * 4096


async def test_a_part_is_just_that(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a", BODY, etag='"1"')
    parts = fetcher.parts(source.url("/a"))
    assert await parts.part(100, 50) == BODY[100:150]
    assert await parts.part(len(BODY) - 5, 50) == BODY[-5:]
    assert await parts.part(len(BODY), 50) == b""
    assert await parts.size() == len(BODY)
    assert parts.received == 55
    assert not parts.comes_whole


async def test_an_empty_file_has_no_part(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a", b"")
    parts = fetcher.parts(source.url("/a"))
    assert await parts.part(0, 50) == b""
    assert await parts.size() == 0


async def test_a_source_without_ranges_is_read_on_in_passing(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a", BODY, then=Fault(ignore_range=True))
    parts = fetcher.parts(source.url("/a"))
    assert await parts.part(1000, 50) == BODY[1000:1050]
    assert await parts.part(500_000, 50) == BODY[500_000:500_050]
    assert await parts.part(400_000, 50) == BODY[400_000:400_050]
    assert await parts.size() == len(BODY)
    assert parts.comes_whole
    assert len(source.requests) == 1
    parts.close()
    parts.close()


@pytest.mark.parametrize("framing", ["chunked", "close"])
async def test_a_body_of_unknown_length_is_measured_by_its_end(
    source: FaultySource, fetcher: Fetcher, framing: str
) -> None:
    source.add("/a", BODY, then=Fault(ignore_range=True, framing=framing))  # type: ignore[arg-type]  # it is one of them
    parts = fetcher.parts(source.url("/a"))
    assert await parts.part(0, 4) == BODY[:4]
    assert await parts.size() == len(BODY)
    assert await parts.part(len(BODY) - 4, 10) == BODY[-4:]


async def test_a_body_that_breaks_off_in_passing_is_an_error(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a", BODY, then=Fault(ignore_range=True, cut=1000))
    parts = fetcher.parts(source.url("/a"))
    assert await parts.part(0, 500) == BODY[:500]
    with pytest.raises(SourceError, match="early"):
        await parts.part(0, len(BODY))
    parts.close()


async def test_what_is_compressed_on_the_way_is_not_the_file(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a", BODY, then=Fault(headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceError, match="gzip"):
        await fetcher.parts(source.url("/a")).part(0, 10)


async def test_a_part_is_asked_for_again_when_it_does_not_come(source: FaultySource, fetcher: Fetcher) -> None:
    source.add("/a", BODY, faults=[Fault(status=503), Fault(cut=3), Fault(cut=2, by="reset")])
    assert await fetcher.parts(source.url("/a")).part(7, 10) == BODY[7:17]


async def test_a_refusal_and_a_link_that_cannot_be_are_told(source: FaultySource, fetcher: Fetcher) -> None:
    with pytest.raises(SourceRefused, match="404"):
        await fetcher.parts(source.url("/missing")).part(0, 10)
    with pytest.raises(NameInvalid):
        fetcher.parts("http://")


class Body:
    """An answer with a body."""

    status = 200
    headers: Mapping[str, str] = {}

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def move(self, write: Callable[[bytes], object], most: int) -> int:
        piece, self._body = self._body[:1000], self._body[1000:]
        write(piece)
        return len(piece)

    def close(self) -> None:
        pass


async def test_in_passing_only_the_last_bytes_are_kept() -> None:
    passing = Passing(Body(BODY), kept=4000)
    assert await passing.part(20_000, 10) == BODY[20_000:20_010]
    assert await passing.part(18_000, 10) == BODY[18_000:18_010]
    with pytest.raises(io.UnsupportedOperation, match="went by"):
        await passing.part(1_000, 10)
    assert await passing.part(len(BODY), 10) == b""


async def test_in_passing_no_more_is_read_than_the_limit() -> None:
    passing = Passing(Body(BODY), most=10_000)
    assert len(await passing.part(0, 9_000)) == 9_000
    with pytest.raises(AttemptFailed, match="larger than"):
        await passing.size()


class Memory:
    """A file of which parts are had, and counted."""

    def __init__(self, body: bytes, kept: int | None = None) -> None:
        self.asked: list[tuple[int, int]] = []
        self._body = body
        self._passing = Passing(Body(body), kept) if kept else None

    async def part(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return await self._passing.part(offset, length) if self._passing else self._body[offset : offset + length]

    async def size(self) -> int:
        return await self._passing.size() if self._passing else len(self._body)


async def in_thread(parts: Memory, work: Callable[[RemoteFile], T]) -> T:
    file = RemoteFile(parts, asyncio.get_running_loop())
    try:
        return await asyncio.to_thread(work, file)
    finally:
        file.give_up()


async def test_a_file_elsewhere_reads_like_a_file() -> None:
    def compare(file: RemoteFile) -> None:
        known = io.BytesIO(BODY)
        for offset, whence, length in [
            (0, 0, 10),
            (5, 1, 100_000),
            (-30, 2, 100),
            (700_000, 0, 7),
            (3, 0, -1),
            (9**9, 0, 4),
        ]:
            assert file.seek(offset, whence) == known.seek(offset, whence)
            assert file.read(length) == known.read(length)
            assert file.tell() == known.tell()
        with pytest.raises(ValueError, match="no byte"):
            file.seek(-1)

    await in_thread(Memory(BODY), compare)


async def test_who_reads_on_is_given_more_at_once_and_who_jumps_less() -> None:
    parts = Memory(bytes(64 << 20))

    def read(file: RemoteFile) -> None:
        while file.tell() < 32 << 20:
            file.read(512)
        for _ in range(4):
            file.seek(5 << 20, io.SEEK_CUR)
            file.read(512)

    await in_thread(parts, read)
    lengths = [length for _, length in parts.asked]
    assert max(lengths) == 4 << 20
    assert lengths[-3:] == [16 << 10] * 3
    assert len(lengths) < 24


async def test_a_zip_that_went_by_is_listed_without_the_offsets_that_are_gone() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(10):
            archive.writestr(f"{number}", bytes(100_000))

    def listed(file: RemoteFile) -> list[tuple[str, bool]]:
        reader = open_archive(stream(file), Format.ZIP)
        return [(member.name, member.offset is not None) for member in reader.members()]

    found = await in_thread(Memory(target.getvalue(), kept=150_000), listed)
    assert [name for name, _ in found] == [str(number) for number in range(10)]
    assert found[0] == ("0", False)
    assert found[-1] == ("9", True)


async def test_a_reader_that_nobody_waits_for_ends() -> None:
    class Never(Memory):
        async def part(self, offset: int, length: int) -> bytes:
            await asyncio.sleep(3600)
            return b""

    file = RemoteFile(Never(b""), asyncio.get_running_loop())
    reading = asyncio.ensure_future(asyncio.to_thread(file.read, 1))
    await asyncio.sleep(0.05)
    file.give_up()
    with pytest.raises(BaseException):  # noqa: B017, PT011  # whatever: it ends
        await asyncio.wait_for(reading, 30)
    with pytest.raises(InterruptedError):
        await asyncio.to_thread(file.read, 1)


def stream(file: RemoteFile) -> BinaryIO:
    return file  # type: ignore[return-value]  # what a parser asks of a file, it has
