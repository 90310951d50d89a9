"""Small files that become objects: each made by one call, here or in another process, and handed over in bundles."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import xxhash

from aisnb.store.changes import Commit
from aisnb.store.encoding import encode_completion, encode_custom
from aisnb.store.faults import file_fault
from aisnb.store.newcomers import write_new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.store.changes import Then
    from aisnb.store.records import Completion
    from aisnb.store.store import Store
    from aisnb.uris import Bucket

#: Up to here the bytes are read once, hashed and written; beyond, the kernel copies faster than it lends them out.
MOST_BYTES = 256 << 10


class MadeFile(NamedTuple):
    """A whole file: its bytes, their XXH64 ("" for none), its modification time (Unix nanoseconds) and inode."""

    size: int
    checksum: str
    identity: tuple[int, int]


class SmallFiles:
    """Takes small files into a bucket. What was taken becomes objects with the next `hand_in`. For one thread.

    Args:
        store: where to.
        bucket: which bucket of it.
        checksum: have checksums.

    Example:
        small = SmallFiles(store, bucket, checksum=True)
        with open("a.txt", "rb") as file:
            small.take(file.fileno(), 5, "a.txt", {}, None, lambda record, error: print(record, error))
        small.hand_in()
    """

    def __init__(self, store: Store, bucket: Bucket, *, checksum: bool) -> None:
        self._store = store
        self._bucket = bucket
        self._checksum = checksum
        self._buffer = memoryview(b"")
        self._taken: list[Commit] = []
        self._number: int | None = None

    def take(
        self,
        source: int,
        size: int,
        name: str,
        custom: Mapping[str, str],
        completion: Completion | None,
        then: Then,
    ) -> bool:
        """Copy a file, if it is small; return whether it was.

        Args:
            source: descriptor of the file, left at its first byte.
            size: its bytes, as far as is known.
            name: the object; a valid name.
            custom: words to keep with it.
            completion: what it means to a job.
            then: told, in the writer thread, what came of it; see `Store.commit` for the errors.

        Raises:
            BucketNotFound: the bucket is not here.
            DiskFull: no room is left.
            NodeError: the disk failed.
        """
        if size > MOST_BYTES:
            return False
        file = self.lend()
        self._buffer = self._buffer or memoryview(bytearray(MOST_BYTES + 1))
        try:
            if os.preadv(source, [self._buffer[: size + 1]], 0) != size:
                return False  # it changed since it was measured
            made = make_file(file, self._buffer[:size], checksum=self._checksum)
        except OSError as exc:
            with suppress(OSError):  # it was not made, or it is left for the next start to remove
                os.unlink(file)  # noqa: PTH108  # for each object: a Path costs more than the call
            raise file_fault(exc, self._bucket / name) from exc
        self.adopt(file, made, name, custom, completion, then)
        return True

    def lend(self) -> str:
        """Return a path at which another process may make a file; `adopt` takes it.

        Raises:
            BucketNotFound: the bucket is not here.
        """
        if self._number is None:
            self._number = self._store.table.number(self._bucket)
        return self._store.partials.fresh_path()

    def adopt(
        self,
        file: str,
        made: MadeFile,
        name: str,
        custom: Mapping[str, str],
        completion: Completion | None,
        then: Then,
    ) -> None:
        """Take a file that was made at a path of `lend`.

        Args:
            file: the path.
            made: what was made there.
            name: the object; a valid name.
            custom: words to keep with it.
            completion: what it means to a job.
            then: told, in the writer thread, what came of it; see `Store.commit` for the errors.

        Raises:
            NameInvalid: the words are not valid text.
        """
        assert self._number is not None, "adopted what was not lent"
        self._taken.append(
            Commit(
                bucket=self._bucket,
                bucket_id=self._number,
                name=name,
                file=file,
                body=None,
                key="",
                size=made.size,
                checksum=made.checksum,
                custom=dict(custom),
                custom_text=encode_custom(custom),
                completion=completion,
                completion_text=encode_completion(completion),
                durable=False,
                then=then,
                identity=made.identity,
            )
        )

    def hand_in(self) -> None:
        """Have what was taken made objects."""
        taken, self._taken, self._number = self._taken, [], None
        self._store.writer.submit(*taken)


def make_file(path: str | bytes, body: bytes | bytearray | memoryview, *, checksum: bool = True) -> MadeFile:
    """Make a file of these bytes.

    Args:
        path: where nothing is yet.
        body: the bytes.
        checksum: have one.

    Raises:
        OSError: no room is left, or the disk failed; what is there of the file stays.
    """
    identity = write_new(path, body)
    return MadeFile(len(body), xxhash.xxh64_hexdigest(body) if checksum else "", identity)
