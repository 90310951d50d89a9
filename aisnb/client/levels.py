"""What lies at one level: buckets, or the folders and objects right below a prefix; a page at a time.

Buckets have no folders. Names with slashes in them are shown as if they had, as AIStore's listings without recursion
do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from aisnb.client.buckets import summaries
from aisnb.client.listing import Wanted, ask_page, entries_of, request_for
from aisnb.client.web_buckets import buckets_there, resolve
from aisnb.errors import UsageError
from aisnb.protocol import listing as wire
from aisnb.uris import is_link, parse_provider, parse_uri

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aisnb.client.connection import Connection
    from aisnb.uris import Bucket

#: Names that are asked for at once, and so many times that are kept to go back to.
_STRETCH = 100
_MOST_KEPT = 4

#: A search ends when it has found so many.
MOST_FOUND = 1_000


class Place(NamedTuple):
    """Where one looks: at all buckets, or those of a provider; at a bucket; at a folder of it.

    Attributes:
        bucket: None for a list of buckets.
        folder: what names begin with, with a slash at its end; "" for the bucket itself.
        provider: of the buckets, "" for all.
    """

    bucket: Bucket | None = None
    folder: str = ""
    provider: str = ""

    def __str__(self) -> str:
        if self.bucket is None:
            return f"{self.provider}://" if self.provider else ""
        return self.bucket / self.folder

    @property
    def parent(self) -> Place | None:
        """The level above; None above all buckets."""
        if self.bucket is None:
            return Place() if self.provider else None
        if not self.folder:
            return Place()
        return Place(self.bucket, "".join(f"{step}/" for step in self.folder.split("/")[:-2]))

    def holds(self, entry: Entry) -> bool:
        """Return whether an entry of this level is a place itself: a bucket or a folder."""
        return self.bucket is None or entry.name.endswith("/")

    def below(self, entry: Entry) -> Place:
        """Return the place that a bucket or a folder of this level is."""
        return Place(self.bucket, entry.name) if self.bucket is not None else Place(parse_uri(entry.name)[0])


class Entry(NamedTuple):
    """What lies at a level.

    Attributes:
        name: of an object; of a folder, with a slash at its end; of a bucket (``ais://abc``).
        size: of an object, in bytes; None if it is not known.
        here: whether it is in the cluster: of ``ht://`` and clouds' buckets some may only be elsewhere.
    """

    name: str
    size: int | None = None
    here: bool = True


class Stretch(NamedTuple):
    """Some of the names.

    Attributes:
        offset: the number of the first, from 0.
        entries: in the order of their names; folders may stand before objects.
        known: how many names are known by now.
        more: whether there are more than those.
    """

    offset: int
    entries: list[Entry]
    known: int
    more: bool


class Names(Protocol):
    """Names, from page to page."""

    async def page(self, offset: int, count: int) -> Stretch:
        """Return `count` names from number `offset` on; where there are none any more, the last ones.

        Raises:
            AisnbError: they cannot be had.
        """


class Sum(NamedTuple):
    """What is here of a bucket, or below a folder of it: how many objects, and their bytes."""

    objects: int
    size: int


class Level:
    """The names of one level of a bucket, any number of them: few are kept. Of each hundred, folders come first.

    Args:
        connection: to the endpoint.
        bucket: which.
        folder: what names begin with, with a slash at its end.
        begins: what they go on with.

    Attributes:
        note: what the endpoint had to say besides, "" for nothing.
    """

    def __init__(self, connection: Connection, bucket: Bucket, folder: str = "", begins: str = "") -> None:
        self.note = ""
        self._connection = connection
        self._bucket = bucket
        self._folder = folder
        self._begins = begins
        self._listing = ""
        self._tokens = [""]  # where each stretch that was met begins
        self._kept: dict[int, list[Entry]] = {}
        self._known = 0

    async def page(self, offset: int, count: int) -> Stretch:
        """Return `count` names (a divisor of 100) from number `offset` on: of a page that was met, or the next."""
        number, start = divmod(offset, _STRETCH)
        stretch = await self._stretch(number)
        if not stretch and number:  # a listing may say that it goes on, and then it does not
            return await self.page(offset - count, count)
        more = 0 < self._known <= (len(self._tokens) - 1) * _STRETCH
        return Stretch(offset, stretch[start : start + count], self._known, more)

    async def _stretch(self, number: int) -> list[Entry]:
        if number in self._kept:
            return self._kept[number]
        bucket = await resolve(self._connection, self._bucket)
        request = await self._request(bucket, self._tokens[number])
        prefix = self._folder + self._begins
        entries = list[Entry]()
        while len(entries) < _STRETCH:
            request.page_size = _STRETCH - len(entries)
            page = await ask_page(self._connection, bucket, request, on_note=self._hear)
            found = [_entry(each, bucket) for each in entries_of(page, bucket)]
            is_past = bool(found) and found[-1].name > prefix and not found[-1].name.startswith(prefix)
            request.uuid, request.token, request.start_after = page.uuid, "" if is_past else page.token, ""
            entries += [entry for entry in found if entry.name.startswith(prefix)]
            if not request.token:
                break
        entries.sort(key=lambda entry: not entry.name.endswith("/"))
        self._note(number, entries, request)
        return entries

    async def _request(self, bucket: Bucket, token: str) -> wire.ListRequest:
        """Return what asks for the names from a token on; it may bring others, too.

        AIStore lists nothing without recursion below a prefix that ends within a name, unless that is at the top
        (``cmn/objlist_utils.go``). There all of the folder is asked for, from where such names can begin.
        """
        wanted = Wanted(self._folder + self._begins, flat=True)
        if self._folder and self._begins and not await self._connection.has_extension():
            after = self._folder + self._begins[:-1] if bucket.provider == "ais" and not token else ""
            wanted = Wanted(self._folder, flat=True, start_after=after)
        request = request_for(bucket, wanted)
        request.uuid, request.token = self._listing, token
        return request

    def _note(self, number: int, entries: list[Entry], request: wire.ListRequest) -> None:
        """Keep a stretch, and where the next one begins; without one, this is the last, whatever was known before."""
        self._listing = request.uuid
        known = number * _STRETCH + len(entries)
        if request.token:
            self._tokens[number + 1 : number + 2] = [request.token]
            self._known = max(self._known, known)
        else:
            del self._tokens[max(1, number + bool(entries)) :]
            self._known = known
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        if entries:
            self._kept[number] = entries

    def _hear(self, text: str) -> None:
        self.note = text


class Buckets:
    """The buckets of the endpoint.

    Args:
        connection: to the endpoint.
        provider: whose; "" for all.
        contains: what is in their names.
    """

    note = ""

    def __init__(self, connection: Connection, provider: str = "", contains: str = "") -> None:
        self._connection = connection
        self._provider = provider
        self._contains = contains.casefold()
        self._entries: list[Entry] | None = None

    async def page(self, offset: int, count: int) -> Stretch:
        """Return `count` buckets from number `offset` on."""
        if self._entries is None:
            names = map(str, await buckets_there(self._connection, self._provider))
            self._entries = [Entry(name) for name in names if self._contains in name.casefold()]
        return _cut(self._entries, offset, count)


class Search:
    """Names with a text in them, whatever the case of its letters; at a place and below.

    Args:
        connection: to the endpoint.
        bucket: where.
        folder: what names begin with, with a slash at its end.
        text: what is searched for, in what follows the folder.

    Attributes:
        looked_at: names that were looked at by now.
        is_over: whether all were, or enough was found.
        found: what was found by now.
    """

    note = ""

    def __init__(self, connection: Connection, bucket: Bucket, folder: str, text: str) -> None:
        self.looked_at = 0
        self.is_over = False
        self.found: list[Entry] = []
        self._connection = connection
        self._bucket = bucket
        self._folder = folder
        self._text = text.casefold()

    async def page(self, offset: int, count: int) -> Stretch:
        """Return `count` of what was found by now, from number `offset` on."""
        return _cut(self.found, offset, count)

    async def run(self) -> AsyncIterator[None]:
        """Search to the end, step by step.

        Raises:
            AisnbError: the endpoint does not answer, or the bucket is gone.
        """
        bucket = await resolve(self._connection, self._bucket)
        request = request_for(bucket, Wanted(self._folder))
        request.page_size = wire.MAX_PAGE
        while not self.is_over:
            page = await ask_page(self._connection, bucket, request)
            entries = entries_of(page, bucket)
            fitting = (each for each in entries if self._text in each.name[len(self._folder) :].casefold())
            self.found += [_entry(each, bucket) for each in fitting]
            del self.found[MOST_FOUND:]
            self.looked_at += len(entries)
            self.is_over = not page.token or len(self.found) == MOST_FOUND
            request.uuid, request.token = page.uuid, page.token
            yield


async def sum_up(connection: Connection, bucket: Bucket, folder: str = "") -> Sum:
    """Return what is here of a bucket, or of what begins with `folder`.

    Raises:
        BucketNotFound: there is no such bucket.
    """
    rows = await summaries(connection, await resolve(connection, bucket), prefix=folder)
    return Sum(sum(int(row.count.present) for row in rows), sum(int(row.total.present) for row in rows))


def parse_place(text: str) -> tuple[Place, str]:
    """Return the place that ``ais://abc/train/``, a provider or "" names, and what names begin with there.

    Raises:
        NameInvalid: it names no bucket.
        UsageError: it is a web link.

    Example:
        parse_place("ais://abc/train/shard-0")  # (Place(Bucket("ais", "abc"), "train/"), "shard-0")
    """
    provider = parse_provider(text) if text else ""
    if provider is not None:
        return Place(provider=provider), ""
    if is_link(text):
        raise UsageError(f"'{text}' is no bucket. '%ais ls {text}' lists a directory of a web server.")
    bucket, rest = parse_uri(text)
    folder, slash, begins = rest.rpartition("/")
    return Place(bucket, folder + slash), begins


def _entry(entry: wire.NameSize, bucket: Bucket) -> Entry:
    if entry.flags & wire.ENTRY_DIRECTORY:
        return Entry(f"{entry.name.rstrip('/')}/")
    here = bucket.provider == "ais" or bool(entry.flags & wire.ENTRY_CACHED)
    return Entry(entry.name, None if entry.flags & wire.ENTRY_UNKNOWN else entry.size, here)


def _cut(entries: list[Entry], offset: int, count: int) -> Stretch:
    if offset >= len(entries):
        offset = max(0, len(entries) - 1) // count * count
    return Stretch(offset, entries[offset : offset + count], len(entries), more=False)
