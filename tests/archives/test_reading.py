"""Archives are listed and read without unpacking, and hostile ones do no harm."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from aisnb.archives import Format, Limits, archive_format, inner_name, is_archive, member_matcher, open_archive
from aisnb.errors import AisnbError, ArchiveInvalid, ObjectNotFound, Unsupported, UsageError
from tests.archives.packing import PACKED, SHARD, tar, tgz, zipped

if TYPE_CHECKING:
    from aisnb.archives import Member


NO_OTHER_LIMITS = Limits()


def members(packed: bytes, kind: Format, limits: Limits = NO_OTHER_LIMITS) -> list[Member]:
    return list(open_archive(io.BytesIO(packed), kind, limits).members())


def read(packed: bytes, kind: Format, name: str) -> bytes:
    _, content = open_archive(io.BytesIO(packed), kind).open(name)
    with content:
        return content.read()


@pytest.mark.parametrize("kind", Format)
def test_the_files_are_listed_in_their_order_without_directories_and_links(kind: Format) -> None:
    found = members(PACKED[kind], kind)
    assert [(member.name, member.size) for member in found] == [(name, len(body)) for name, body in SHARD.items()]


@pytest.mark.parametrize("kind", Format)
@pytest.mark.parametrize("name", SHARD)
def test_any_file_is_read(kind: Format, name: str) -> None:
    assert read(PACKED[kind], kind, name) == SHARD[name]
    assert read(PACKED[kind], kind, f"./{name}") == SHARD[name]


@pytest.mark.parametrize("kind", Format)
def test_a_walk_gives_each_file_with_its_bytes(kind: Format) -> None:
    reader = open_archive(io.BytesIO(PACKED[kind]), kind)
    assert {member.name: content.read() for member, content in reader.walk()} == SHARD


@pytest.mark.parametrize("kind", Format)
def test_a_file_that_is_not_there_is_not_found(kind: Format) -> None:
    with pytest.raises(ObjectNotFound, match="missing"):
        open_archive(io.BytesIO(PACKED[kind]), kind).open("missing")


@pytest.mark.parametrize("packed", [tar(), tar(kind=tarfile.GNU_FORMAT), zipped(compression=zipfile.ZIP_STORED)])
def test_offsets_are_where_the_bytes_lie(packed: bytes) -> None:
    kind = archive_format("thing", file=io.BytesIO(packed))
    for member in members(packed, kind):
        assert member.offset is not None
        assert packed[member.offset : member.offset + member.size] == SHARD[member.name]


def test_offsets_in_a_tgz_are_those_of_what_it_unpacks_to() -> None:
    unpacked = gzip.decompress(PACKED[Format.TGZ])
    for member in members(PACKED[Format.TGZ], Format.TGZ):
        assert member.offset is not None
        assert unpacked[member.offset : member.offset + member.size] == SHARD[member.name]


def test_offsets_in_a_zip_are_where_deflated_data_begins() -> None:
    packed = PACKED[Format.ZIP]
    for member in members(packed, Format.ZIP):
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        assert inflate.decompress(packed[member.offset :]) == SHARD[member.name]


def test_sparse_files_have_no_one_place() -> None:
    packed = tar({"sparse": b"data"}, kind=tarfile.GNU_FORMAT)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        at = archive.getmember("sparse").offset
    header = bytearray(packed[at : at + 512])
    header[156:157] = b"S"
    header[386:410] = b"%011o\0%011o\0" % (4096, 4)  # four bytes of data, behind a hole
    header[483:495] = b"%011o\0" % 4100
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    [found] = members(packed[:at] + bytes(header) + packed[at + 512 :], Format.TAR)
    assert found == ("sparse", 4100, None)


@pytest.mark.parametrize("shift", [-1, 1, 1 << 20])
def test_a_zip_whose_list_points_beside_its_members_is_damaged(shift: int) -> None:
    packed = bytearray(zipped({"a": b"abc", "b": b"def"}, compression=zipfile.ZIP_STORED))
    at = packed.rindex(b"PK\x01\x02") + 42
    packed[at : at + 4] = struct.pack("<L", struct.unpack("<L", packed[at : at + 4])[0] + shift)
    with pytest.raises(ArchiveInvalid, match="damaged"):
        members(bytes(packed), Format.ZIP)


def test_a_zip_whose_list_says_more_bytes_than_there_are_is_damaged() -> None:
    packed = bytearray(zipped({"a": b"abc"}, compression=zipfile.ZIP_STORED))
    at = packed.rindex(b"PK\x01\x02") + 20
    packed[at : at + 8] = struct.pack("<LL", 1 << 30, 1 << 30)
    with pytest.raises(ArchiveInvalid, match="not where the list"):
        members(bytes(packed), Format.ZIP)


@pytest.mark.parametrize(
    ("name", "mime", "expected"),
    [
        ("s.tar", "", Format.TAR),
        ("s.tar.gz", "", Format.TGZ),
        ("s.tgz", "", Format.TGZ),
        ("s.zip", "", Format.ZIP),
        ("s", "application/x-tar", Format.TAR),
        ("s.tar", "application/x-tgz", Format.TGZ),
        ("s", ".tar.gz", Format.TGZ),
        ("s", "application/gzip", Format.TGZ),
    ],
)
def test_the_format_is_what_is_said_or_what_the_name_says(name: str, mime: str, expected: Format) -> None:
    assert archive_format(name, mime) is expected


@pytest.mark.parametrize("kind", Format)
def test_the_first_bytes_decide_where_nothing_else_does(kind: Format) -> None:
    assert archive_format("thing", file=io.BytesIO(PACKED[kind])) is kind


def test_what_is_no_archive_is_said_to_be_none() -> None:
    assert not is_archive("cat.jpg")
    with pytest.raises(ArchiveInvalid, match="tar"):
        archive_format("cat.jpg", file=io.BytesIO(b"picture"))
    with pytest.raises(ArchiveInvalid, match="image/png"):
        archive_format("s.tar", "image/png")
    with pytest.raises(Unsupported, match="LZ4"):
        archive_format("s.tar.lz4")


@pytest.mark.parametrize("kind", Format)
@pytest.mark.parametrize("name", ["../evil", "/../evil", "a/../../evil", "a//b", ".", "\udcff", "a/./b"])
def test_names_that_leave_the_archive_are_passed_over(kind: Format, name: str) -> None:
    pack = {Format.TAR: lambda files: tar(files, kind=tarfile.GNU_FORMAT), Format.TGZ: tgz, Format.ZIP: zipped}[kind]
    if kind is not Format.TAR and not name.isascii():
        pytest.skip("these formats hold no such name")
    reader = open_archive(io.BytesIO(pack({name: b"evil", "good": b"good"})), kind)
    assert [member.name for member in reader.members()] == ["good"]
    assert reader.passed_over >= 1
    with pytest.raises(ObjectNotFound):
        reader.open(name)


@pytest.mark.parametrize(("raw", "shown"), [("/etc/x", "etc/x"), ("./a", "a"), (".//./a", "a"), ("a\0", ""), ("", "")])
def test_names_are_shown_relative_to_the_archive(raw: str, shown: str) -> None:
    assert inner_name(raw) == shown


def test_a_name_that_is_empty_is_passed_over() -> None:
    reader = open_archive(
        io.BytesIO(zipped({"name.txt": b"x", "b": b"y"}).replace(b"name.txt", b"\0ame.txt")), Format.ZIP
    )
    assert [member.name for member in reader.members()] == ["b"]
    assert reader.passed_over == 1


@pytest.mark.parametrize("kind", Format)
def test_more_members_than_the_limit_are_refused(kind: Format) -> None:
    with pytest.raises(ArchiveInvalid, match="members"):
        members(PACKED[kind], kind, Limits(members=2))


def test_a_bomb_is_noticed_before_it_is_unpacked() -> None:
    bomb = tgz({"zeros": bytes(64 << 20), "last": b""})
    with pytest.raises(ArchiveInvalid, match="bomb"):
        members(bomb, Format.TGZ, Limits(unpacked_bytes=8 << 20))
    assert len(members(bomb, Format.TGZ)) == 2


def test_a_list_of_members_that_is_too_long_is_refused() -> None:
    with pytest.raises(ArchiveInvalid, match="list of members"):
        members(PACKED[Format.ZIP], Format.ZIP, Limits(index_bytes=10))


def test_a_header_that_is_too_long_is_refused() -> None:
    packed = tar({"n" * 20_000: b""})
    assert members(packed, Format.TAR)
    with pytest.raises(ArchiveInvalid, match="at once"):
        members(packed, Format.TAR, Limits(header_bytes=10_000))


def test_a_size_below_nothing_does_not_turn_in_circles() -> None:
    entry = tarfile.TarInfo("evil")
    block = bytearray(entry.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = struct.pack(">4sq", b"\xff\xff\xff\xff", -1024)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    with pytest.raises(ArchiveInvalid):
        members(tar({"good": b""})[:1024] + bytes(block) + bytes(1024), Format.TAR)


def test_a_damaged_header_is_not_taken_for_the_end() -> None:
    packed = bytearray(tar({"one": b"1", "two": b"2"}))
    second = packed.index(b"two")
    packed[second : second + 3] = b"xyz"
    with pytest.raises(ArchiveInvalid, match="damaged"):
        members(bytes(packed), Format.TAR)


@pytest.mark.parametrize("kind", Format)
def test_what_is_cut_short_is_an_error(kind: Format) -> None:
    with pytest.raises(ArchiveInvalid):
        members(PACKED[kind][:200], kind)
    with pytest.raises(ArchiveInvalid):
        members(b"", kind)


def test_an_encrypted_zip_is_listed_and_not_read() -> None:
    packed = bytearray(zipped({"secret": b"x"}))
    central = packed.rindex(b"PK\x01\x02")
    packed[central + 8] |= 1
    local = packed.rindex(b"PK\x03\x04")
    packed[local + 6] |= 1
    assert [member.name for member in members(bytes(packed), Format.ZIP)] == ["secret"]
    with pytest.raises(Unsupported, match="encrypted"):
        read(bytes(packed), Format.ZIP, "secret")


@pytest.mark.parametrize("kind", Format)
def test_any_damage_is_an_error_of_ours_or_harmless(kind: Format) -> None:
    random.seed(kind)
    for _ in range(300):
        packed = bytearray(PACKED[kind])
        for _ in range(random.randint(1, 4)):
            packed[random.randrange(len(packed))] = random.randrange(256)
        with contextlib.suppress(AisnbError):
            members(bytes(packed), kind)


@pytest.mark.parametrize(
    ("pattern", "mode", "expected"),
    [
        (r"\.jpg$", "regexp", ["a/1.jpg", "a/2.jpg"]),
        ("a/", "prefix", ["a/1.jpg", "a/1.cls", "a/2.jpg"]),
        (".txt", "suffix", ["b.txt"]),
        ("/1", "substr", ["a/1.jpg", "a/1.cls"]),
        ("a/1", "wdskey", ["a/1.jpg", "a/1.cls"]),
        ("", "regexp", list(SHARD)),
        ("*", "suffix", list(SHARD)),
    ],
)
def test_members_are_chosen_in_five_ways(pattern: str, mode: str, expected: list[str]) -> None:
    assert list(filter(member_matcher(pattern, mode), SHARD)) == expected


@pytest.mark.parametrize(("pattern", "mode"), [("(", "regexp"), ("a", "glob"), ("a" * 2_000, "regexp")])
def test_a_choice_that_cannot_be_is_an_error(pattern: str, mode: str) -> None:
    with pytest.raises(UsageError):
        member_matcher(pattern, mode)


def test_a_reader_asks_only_for_what_it_needs() -> None:
    class Counted(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.asked += len(data)
            return data

    file = Counted(tar({f"{number}": bytes(1 << 20) for number in range(8)}))
    assert len(list(open_archive(file, Format.TAR).members())) == 8
    assert file.asked < 100_000
