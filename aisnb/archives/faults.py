"""The one border where errors of the standard library's archive modules become ours."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError, ArchiveInvalid, ObjectNotFound, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.archives.limits import Limits

_FAULTS = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, struct.error, OSError,
)  # fmt: skip


@contextmanager
def archive_faults() -> Iterator[None]:
    """Turn what the standard library says about archives into our errors. For whoever reads a member's bytes, too.

    Raises:
        ArchiveInvalid: the archive is damaged.
        Unsupported: it is encrypted, or compressed in a way that is not known here; or its file cannot go back.
    """
    try:
        yield
    except AisnbError:
        raise
    except RuntimeError as exc:  # a compression that is not there (NotImplementedError); a password
        raise Unsupported(f"The archive cannot be read here: {exc}. Pack it anew, stored or deflated.") from exc
    except io.UnsupportedOperation as exc:
        raise Unsupported(f"The archive cannot be read from where it is: {exc}. Bring it here first.") from exc
    except _FAULTS as exc:
        raise ArchiveInvalid(f"The archive is damaged, or is none: {exc}. Pack it anew.") from exc


def no_member(name: str) -> ObjectNotFound:
    """Return the error for a member that is not there."""
    return ObjectNotFound(f"'{name}' is not in the archive")


def too_many(limits: Limits) -> ArchiveInvalid:
    """Return the error for an archive with more members than are looked at."""
    return ArchiveInvalid(
        f"The archive has more than {limits.members:,} members, which is the limit. Pack it as several."
    )
