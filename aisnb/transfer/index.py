"""What a directory on the web holds: its index page read, and files asked for what the page does not say."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, bisect_right
from itertools import takewhile
from typing import TYPE_CHECKING

from aisnb.errors import NameInvalid, SourceError
from aisnb.transfer.download import Request
from aisnb.transfer.index_pages import http_seconds, parse_index
from aisnb.transfer.links import without_secret
from aisnb.transfer.retry import RetryPolicy
from aisnb.transfer.validator import Validator
from aisnb.uris import join_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aisnb.transfer.fetcher import Fetcher
    from aisnb.transfer.index_pages import IndexEntry

#: How patient to be for a listing, which somebody waits for.
FOR_LISTINGS = RetryPolicy(tries=2, patience=0.0, connect=5.0, stall=10.0)

#: Bytes of the longest index page that is read: a million files take about 100 MB.
MOST_BYTES = 128 << 20
#: Seconds that reading an index may take, however slowly it comes: clients of the node wait 60 for it and the sizes.
MOST_SECONDS = 30.0

#: Files that are asked for their size at once, at first and of a source that turns out to be far away. Python's
#: http.server queues no more than five connections; one that finds no place there waits a second.
_FEW = 4
AT_ONCE = 16
#: The first answers, and the seconds that one of them takes on average from where on their source is far away.
_FIRST = 16
_FAR = 0.03
#: Seconds that are spent on asking files one by one.
ASKING_SECONDS = 20.0
#: Questions that none was answered of, after which no more are asked.
_VAIN = 64

_ACCEPT = "application/json, text/html;q=0.9, */*;q=0.5"


class Index:
    """The files of a directory on the web, sorted by name as UTF-8 bytes.

    Attributes:
        place: link of the directory, with a slash at the end.
        entries: the files.
        directories: how many are beside them; what they hold is not among the files.
    """

    def __init__(self, place: str = "", entries: Iterable[IndexEntry] = (), directories: int = 0) -> None:
        self.place = place
        self.entries = list(entries)
        self.directories = directories

    def __len__(self) -> int:
        return len(self.entries)

    def link(self, entry: IndexEntry) -> str:
        """Return where a file is."""
        return self.place + entry.href if entry.href else join_link(self.place, entry.name)

    def select(self, prefix: str = "", after: str = "") -> Iterator[IndexEntry]:
        """Return the files whose names begin with `prefix` and come after `after`, without looking at all others."""
        first = bisect_left(self.entries, prefix, key=_name)
        if after:
            first = max(first, bisect_right(self.entries, after, key=_name))
        following = (self.entries[position] for position in range(first, len(self.entries)))
        return takewhile(lambda entry: entry.name.startswith(prefix), following)

    def size(self) -> int | None:
        """Return the bytes of all files together, None if that of one is not known."""
        sizes = [entry.size for entry in self.entries]
        return None if None in sizes else sum(size or 0 for size in sizes)


async def read_index(fetcher: Fetcher, directory: str, headers: Mapping[str, str] | None = None) -> Index:
    """Read the index page of a directory: our server's or nginx's JSON, or the HTML of most servers.

    Args:
        fetcher: brings the page.
        directory: link of the directory, with a slash at the end of its path.
        headers: for the source.

    Raises:
        SourceRefused: the source answered with a status that is no page.
        SourceError: it cannot be reached, or shows something else, or too much.
        NameInvalid: the link cannot be (SchemeMissing if it is none).

    Example:
        index = await read_index(fetcher, "http://localhost:8000/shards/")
    """
    page = _Page(without_secret(directory))
    request = Request(url=directory, headers={**(headers or {}), "Accept": _ACCEPT}, timeout=MOST_SECONDS, pages=True)
    try:
        async with asyncio.timeout(MOST_SECONDS):
            receipt = await fetcher.fetch(request, page)
    except TimeoutError as exc:
        raise SourceError(
            f"The index '{page.place}' was not read: it did not end within {MOST_SECONDS:g} s. Name the files by a "
            "template instead."
        ) from exc
    return Index(*await asyncio.to_thread(parse_index, page.body, receipt.url))


async def ask_sizes(
    fetcher: Fetcher,
    index: Index,
    entries: Iterable[IndexEntry],
    headers: Mapping[str, str] | None = None,
    *,
    at_once: int = AT_ONCE,
    seconds: float = ASKING_SECONDS,
) -> None:
    """Ask the source for the sizes and dates of files whose sizes its index does not say, and note them there.

    What is not known in the end stays None: the source does not say it, or there are too many files for the time.

    Args:
        fetcher: asks.
        index: where the files are.
        entries: some files of the index.
        headers: for the source.
        at_once: most questions at a time.
        seconds: when to stop asking.
    """
    left = (entry for entry in entries if entry.size is None)
    survey = _Survey(fetcher, headers or {})

    async def work(group: asyncio.TaskGroup) -> None:
        for entry in left:
            if survey.is_vain:
                return
            await survey.ask(index.link(entry), entry)
            if survey.asked == _FIRST and survey.seconds / _FIRST > _FAR:
                hire(group, at_once - _FEW)

    def hire(group: asyncio.TaskGroup, count: int) -> None:
        for _ in range(count):
            group.create_task(work(group))

    try:
        async with asyncio.timeout(max(seconds, 0.0)), asyncio.TaskGroup() as workers:
            hire(workers, min(_FEW, at_once))
    except TimeoutError:
        return


class _Survey:
    """Questions to one source, given up where it never answers them."""

    def __init__(self, fetcher: Fetcher, headers: Mapping[str, str]) -> None:
        self.asked = 0
        self.seconds = 0.0
        self._fetcher = fetcher
        self._headers = headers
        self._successes = 0

    @property
    def is_vain(self) -> bool:
        return not self._successes and self.asked >= _VAIN

    async def ask(self, link: str, entry: IndexEntry) -> None:
        begun = time.monotonic()
        try:
            status, found, _ = await self._fetcher.head(link, self._headers)
        except (SourceError, NameInvalid):
            status, found = 0, Validator()
        self.asked += 1
        self.seconds += time.monotonic() - begun
        if status != 200 or found.size is None:
            return
        self._successes += 1
        entry.size = found.size
        modified = http_seconds(found.last_modified)
        entry.modified = entry.modified if modified is None else modified


class _Page:
    """A sink that is a page in memory, of bounded size."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.body = bytearray()

    def resume_point(self) -> tuple[int, str]:
        return 0, ""

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        del validator
        del self.body[offset:]
        self._check(size or 0)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self._check(len(self.body) + len(chunk))
        self.body += chunk

    def digest(self) -> str:
        return ""

    def close(self) -> None:
        pass

    def discard(self) -> None:
        self.body.clear()

    def _check(self, size: int) -> None:
        if size > MOST_BYTES:
            raise SourceError(
                f"The index '{self.place}' was not read: it has more than {MOST_BYTES >> 20} MiB. Name the files by a "
                "template instead."
            )


def _name(entry: IndexEntry) -> str:
    return entry.name
