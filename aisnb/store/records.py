"""What the store hands out and takes in: plain records, without behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct, field

from aisnb.store.ledger import Ledger

if TYPE_CHECKING:
    from typing import TypeAlias

    from aisnb.uris import Bucket

Outcome: TypeAlias = Literal["done", "skipped", "failed"]

#: A job in one of these states goes on some day; in any other it has ended.
ACTIVE_STATES = ("pending", "running", "paused")


class BucketRecord(Struct, frozen=True):
    """A bucket that is here.

    Attributes:
        bucket: its identity.
        created_ns: when it was made, Unix nanoseconds.
        extra: what the node notes with it, such as the link of an ``ht://`` bucket.
    """

    bucket: Bucket
    created_ns: int
    extra: dict[str, str]


class ObjectRecord(Struct, frozen=True, gc=False):
    """An object that is here.

    Attributes:
        name: its name in the bucket.
        size: bytes.
        checksum: XXH64 of its bytes, 16 hex digits (AIStore's type ``xxhash2``); "" if nobody has made one.
        atime: when it was stored, Unix nanoseconds.
        version: 1, and one more with every overwrite.
        custom: free words with it; downloads note ``source``, ``orig_url``, ``ETag``, ``Last-Modified``.
        modified_ns: modification time of its file, Unix nanoseconds.
        inode: inode of its file; with size and time it tells whether record and file belong together.
    """

    name: str
    size: int
    checksum: str
    atime: int
    version: int
    custom: dict[str, str]
    modified_ns: int
    inode: int


class Row(NamedTuple):
    """The columns of one object in a `Page`; what a page really holds are plain tuples in this order.

    Attributes:
        name: the object's name.
        size: bytes.
        checksum: XXH64, 16 hex digits.
        atime: Unix nanoseconds.
        version: 1 and up.
        custom: JSON text of the custom words, "" if there are none.
    """

    name: str
    size: int
    checksum: str
    atime: int
    version: int
    custom: str


class Page(Struct, frozen=True):
    """A stretch of a bucket's listing.

    Attributes:
        records: tuples as `Row` names their columns, sorted by name as UTF-8 bytes.
        more: whether objects follow after the last one.
    """

    records: list[tuple[str, int, str, int, int, str]]
    more: bool


class BriefPage(Struct, frozen=True):
    """A stretch of a bucket's listing that tells names and sizes only, as SQLite makes columns: no object for a row.

    Attributes:
        names: a list of texts as JSON, sorted as UTF-8 bytes.
        sizes: a list of numbers as JSON, bytes of each.
        last: the last name if objects follow after it, else "".
    """

    names: bytes
    sizes: bytes
    last: str

    @property
    def more(self) -> bool:
        """Whether objects follow."""
        return bool(self.last)


class Summary(Struct, frozen=True):
    """What a bucket, or the part of it under a prefix, adds up to.

    Attributes:
        count: number of objects.
        size: bytes in all.
        smallest: bytes of the smallest object, 0 if there is none.
        largest: bytes of the largest object, 0 if there is none.
    """

    count: int
    size: int
    smallest: int
    largest: int


class ErrorRecord(Struct, frozen=True, gc=False):
    """A file of a job that failed.

    Attributes:
        index: its place in the job's list, from 0.
        name: the object it should have become.
        url: where it was to come from.
        status: the source's last HTTP status, 0 if it never answered.
        tries: how often it was tried.
        reason: a sentence.
    """

    index: int
    name: str
    url: str
    status: int
    tries: int
    reason: str


class Completion(Struct, frozen=True, gc=False):
    """The end of one file of a job.

    Attributes:
        job: the job's id.
        index: the file's place in the job's list, from 0.
        outcome: ``done``, ``skipped`` (was here, unchanged) or ``failed``.
        bytes: how many were moved.
        error: what went wrong, for ``failed``.
    """

    job: str
    index: int
    outcome: Outcome
    bytes: int = 0
    error: ErrorRecord | None = None


class JobRecord(Struct):
    """A job, as it is kept.

    Attributes:
        id: ``dnl-…`` for downloads.
        kind: ``download``, ``prefetch`` and the like.
        state: ``pending``, ``running``, ``paused``, ``finished``, ``aborted`` or ``failed``.
        description: one line for people.
        request: what was asked, in the node's own encoding.
        created_ns: Unix nanoseconds.
        started_ns: Unix nanoseconds, 0 if it never ran.
        ended_ns: Unix nanoseconds, 0 if it has not ended.
        total: number of files, -1 if unknown.
        total_bytes: bytes of all files, None if unknown.
        done: files that are here now, with the skipped.
        skipped: files that were here, unchanged.
        failed: files that could not be had.
        bytes: bytes moved.
        ledger: the indices of all files that were tried to the end.
        reason: why it is in its state, "" if that needs no words.
    """

    id: str
    kind: str
    state: str = "pending"
    description: str = ""
    request: bytes = b""
    created_ns: int = 0
    started_ns: int = 0
    ended_ns: int = 0
    total: int = -1
    total_bytes: int | None = None
    done: int = 0
    skipped: int = 0
    failed: int = 0
    bytes: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    reason: str = ""


class ServerRecord(Struct, frozen=True):
    """A directory that is served, or was.

    Attributes:
        directory: its absolute path.
        port: where it listens; used again at the next start.
        bind: the address it listens on.
        secret: path element in front of everything, "" for none.
        hosts: names it answers to beside the usual ones.
        serving: whether it should be running.
    """

    directory: str
    port: int
    bind: str = "127.0.0.1"
    secret: str = ""
    hosts: list[str] = field(default_factory=list)
    serving: bool = True
