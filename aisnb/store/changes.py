"""What is asked of the writer thread in passing: many of these become one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from aisnb.errors import AisnbError
    from aisnb.store.records import Completion, ObjectRecord
    from aisnb.uris import Bucket

    #: Told, in the writer thread, what came of it: the object's record if one was made, or the error.
    Then = Callable[[ObjectRecord | None, BaseException | None], None]


class Commit(Struct, eq=False):
    """A finished partial file that becomes an object.

    Attributes:
        bucket: where to.
        bucket_id: the row that `bucket` had when the writing began.
        name: the object.
        file: path of the finished partial file.
        body: what is still to be written there; None if the file is there.
        key: the partial's resume key, "" if no resume row was written.
        size: bytes.
        checksum: XXH64.
        custom: words to keep with the object.
        custom_text: the same, encoded; a text that cannot be must not spoil the transaction of others.
        completion: what this means to a job.
        completion_text: the same, encoded.
        durable: it is to be on the disk itself before anybody is told.
        then: told the object's record, or the error.
        identity: modification time (Unix nanoseconds) and inode of the file; None if nobody has looked yet.
        record: the object's record, once it is known.
        error: why it cannot be, once that is known.
        placed: whether the file is in the object's place.
    """

    bucket: Bucket
    bucket_id: int
    name: str
    file: str
    body: bytes | None
    key: str
    size: int
    checksum: str
    custom: dict[str, str]
    custom_text: str
    completion: Completion | None
    completion_text: str
    durable: bool
    then: Then
    identity: tuple[int, int] | None = None
    record: ObjectRecord | None = None
    error: AisnbError | None = None
    placed: bool = False

    @property
    def awaited(self) -> bool:
        """Somebody waits for it: only a job goes on meanwhile."""
        return self.completion is None


class Complete(Struct, eq=False):
    """A file of a job that ended without an object: skipped or failed.

    Attributes:
        completion: what to count.
        then: told once it is counted, or the error.
        durable: the count, and all that was asked before, is to be on the disk itself then.
    """

    awaited: ClassVar[bool] = False

    completion: Completion
    then: Then
    durable: bool = False


class Keep(Struct, eq=False):
    """A partial file that may be taken up again after a crash.

    Attributes:
        key: what it will be asked for by.
        file: path of the file.
        validator: what the source's answer was known by when the bytes came.
    """

    awaited: ClassVar[bool] = False

    key: str
    file: str
    validator: str


class Forget(Struct, eq=False):
    """A partial file that is no more.

    Attributes:
        key: what it was kept under.
        file: its path; a younger file under the same key stays.
    """

    awaited: ClassVar[bool] = False

    key: str
    file: str


Change: TypeAlias = Commit | Complete | Keep | Forget


def telling(future: Future[Any]) -> Then:
    """Return what tells a future how the change ended that it stands for."""
    future.set_running_or_notify_cancel()  # from here on it happens, whoever stops waiting

    def then(record: ObjectRecord | None, error: BaseException | None) -> None:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(record)

    return then
