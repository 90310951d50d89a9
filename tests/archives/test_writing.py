"""Archives are written in one go, and added to."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from aisnb.archives import ArchiveWriter, Format, open_archive
from aisnb.errors import ArchiveInvalid, NameInvalid
from tests.archives.packing import PACKED, SHARD

if TYPE_CHECKING:
    from pathlib import Path

FRESH = {"new/" + "n" * 150: b"new", "é": b"\xff" * 3_000_000}


def written(kind: Format, existing: bytes | None = None) -> bytes:
    target = io.BytesIO()
    writer = ArchiveWriter(target.write, kind, io.BytesIO(existing) if existing is not None else None)
    for name, content in FRESH.items():
        writer.add(name, len(content), io.BytesIO(content))
    writer.close()
    return target.getvalue()


def unpacked(packed: bytes, kind: Format) -> dict[str, bytes]:
    return {member.name: content.read() for member, content in open_archive(io.BytesIO(packed), kind).walk()}


@pytest.mark.parametrize("kind", Format)
def test_what_is_written_is_read_again(kind: Format) -> None:
    assert unpacked(written(kind), kind) == FRESH


@pytest.mark.parametrize("kind", Format)
def test_what_was_there_stays_in_front(kind: Format) -> None:
    assert list(unpacked(written(kind, PACKED[kind]), kind).items()) == [*SHARD.items(), *FRESH.items()]


def test_other_programs_read_it(tmp_path: Path) -> None:
    (tmp_path / "s.tar").write_bytes(written(Format.TAR, PACKED[Format.TAR]))
    (tmp_path / "s.tgz").write_bytes(written(Format.TGZ, PACKED[Format.TGZ]))
    for name in ("s.tar", "s.tgz"):
        listed = subprocess.run(["tar", "-tf", tmp_path / name], capture_output=True, check=True).stdout
        assert b"a/1.jpg" in listed
        assert b"new/" in listed
    with zipfile.ZipFile(io.BytesIO(written(Format.ZIP, PACKED[Format.ZIP]))) as archive:
        assert archive.testzip() is None


def test_a_tar_that_is_added_to_keeps_its_bytes() -> None:
    packed = written(Format.TAR, PACKED[Format.TAR])
    with tarfile.open(fileobj=io.BytesIO(PACKED[Format.TAR])) as before:
        end = before.getmembers()[-1].offset
    assert packed[:end] == PACKED[Format.TAR][:end]


@pytest.mark.parametrize("name", ["", "../a", "/a", "a//b", "\udcff"])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        ArchiveWriter(io.BytesIO().write, Format.TAR).add(name, 0, io.BytesIO())


@pytest.mark.parametrize("kind", Format)
def test_content_that_ends_too_early_is_an_error(kind: Format) -> None:
    with pytest.raises(ArchiveInvalid, match="missing"):
        ArchiveWriter(io.BytesIO().write, kind).add("a", 10, io.BytesIO(b"short"))


@pytest.mark.parametrize("kind", Format)
def test_nothing_is_added_to_what_is_no_archive(kind: Format) -> None:
    with pytest.raises(ArchiveInvalid):
        written(kind, b"no archive" * 100)
