"""One shard, read by a parser in a thread, wherever its bytes are."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, cast

from aisnb.archives import archive_format, open_archive
from aisnb.errors import AisnbError, ArchiveInvalid, Unsupported
from aisnb.transfer import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor
    from typing import BinaryIO

    from aisnb.archives import ArchiveReader
    from aisnb.transfer import Parts

T = TypeVar("T")


async def parse_shard(name: str, parts: Parts, executor: Executor, work: Callable[[ArchiveReader], T]) -> T:
    """Return what `work` makes of a shard, in a thread of `executor`.

    Args:
        name: of the shard; its ending says the format, or else its first bytes do.
        parts: where its bytes are.
        executor: has threads that may wait for the network.
        work: does the reading. When this is cancelled, its next read raises.

    Raises:
        ArchiveInvalid: it is damaged, or no archive.
        Unsupported: it cannot be read here.
        AisnbError: its bytes cannot be had; what `work` raises.
    """
    file = RemoteFile(parts, asyncio.get_running_loop())

    def read() -> T:
        with _faults(name, file):
            stream = cast("BinaryIO", file)
            return work(open_archive(stream, archive_format(name, file=stream)))

    try:
        return await asyncio.get_running_loop().run_in_executor(executor, read)
    finally:
        file.give_up()


@contextmanager
def _faults(name: str, file: RemoteFile) -> Iterator[None]:
    """Say which shard it was; and if its bytes could not be had, say that: a parser makes another error of it."""
    try:
        yield
    except (ArchiveInvalid, Unsupported) as exc:
        raise file.fault or type(exc)(f"'{name}' cannot be read as an archive: {exc}") from exc
    except AisnbError as exc:
        raise file.fault or exc from exc
