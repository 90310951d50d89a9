"""What is inside shards, wherever they are: held against Python's own tarfile and zipfile."""

from __future__ import annotations

import asyncio
import gzip
import io
import tarfile
import threading
import time
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aisnb
from aisnb.client import portal
from aisnb.client.connection import open_connection
from aisnb.client.object_parts import ObjectParts
from aisnb.client.objects import Target
from aisnb.uris import parse_object
from tests.archives.packing import SHARD, tar, tgz, zipped
from tests.support.faulty import Fault
from tests.support.sources import nginx_server, python_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from pandas import DataFrame

    from tests.support.faulty import FaultySource

COLUMNS = ["shard", "member", "size", "offset"]
HOSTILE = {
    "<script>alert(1)</script>.txt": b"a",
    "line\nbreak.txt": b"bc",
    "\u202etxt.evil.jpg": b"d",
    "😀/🐈.jpg": b"efg",
}
LONG = {f"{'long/' * 30}{'name' * 30}.txt": b"far below", "short": b""}
ALL = {
    "bad.tar": b"no archive" * 100,
    "hostile.tar": tar(HOSTILE),
    "long-gnu.tar": tar(LONG, kind=tarfile.GNU_FORMAT),
    "long-pax.tar": tar(LONG),
    "notes.txt": b"not looked into",
    "one.tar": tar(),
    "stored.zip": zipped(compression=zipfile.ZIP_STORED),
    "three.zip": zipped(),
    "truncated.tar": tar()[:4000],
    "two.tar.gz": tgz(),
}
BROKEN = ["bad.tar", "truncated.tar"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    for name, content in ALL.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(params=["node", "file server", "nginx", "http.server"])
def place(
    request: pytest.FixtureRequest, folder: Path, tmp_path: Path, client: aisnb.Client, bucket: str
) -> Iterator[str]:
    """Where the shards are: a bucket of the node, or a directory on the web; the last of them sends no parts."""
    if request.param == "node":
        client.put(folder, bucket)
        yield f"{bucket}/"
        return
    if request.param == "file server":
        with aisnb.serve(folder) as server:
            yield server.url
        return
    with python_server(folder) if request.param == "http.server" else nginx_server(folder, tmp_path) as address:
        yield address


def rows(listing: DataFrame) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for shard, member, size in zip(listing["shard"], listing["member"], listing["size"], strict=True):
        found.setdefault(shard, []).append((member, size))
    return found


def expected(files: dict[str, bytes]) -> list[tuple[str, int]]:
    return [(name, len(content)) for name, content in files.items()]


def unpacked(name: str) -> bytes:
    return gzip.decompress(ALL[name]) if name.endswith("gz") else ALL[name]


def test_each_shard_is_read_wherever_it_is_and_a_broken_one_loses_no_other(place: str, client: aisnb.Client) -> None:
    listing = client.members(place)
    assert list(listing.columns) == COLUMNS
    assert [str(kind) in ("str", "string") for kind in listing.dtypes[:2]] == [True, True]
    assert [str(kind) for kind in listing.dtypes[2:]] == ["int64", "int64"]
    assert rows(listing) == {
        "hostile.tar": expected(HOSTILE),
        "long-gnu.tar": expected(LONG),
        "long-pax.tar": expected(LONG),
        **{name: expected(dict(SHARD)) for name in ("one.tar", "stored.zip", "three.zip", "two.tar.gz")},
    }
    assert [error["shard"] for error in listing.attrs["errors"]] == BROKEN
    assert listing.attrs["shards"] == 7


def test_a_members_bytes_lie_at_its_offset(place: str, client: aisnb.Client) -> None:
    contents = {**SHARD, **HOSTILE, **LONG}
    for shard, member, size, offset in client.members(place).itertuples(index=False):
        if shard != "three.zip":
            assert unpacked(shard)[offset : offset + size] == contents[member]


def test_one_shard_some_by_a_template_and_some_by_a_prefix(place: str, client: aisnb.Client) -> None:
    assert set(rows(client.members(f"{place}one.tar"))) == {"one.tar"}
    assert set(rows(client.members(f"{place}long-{{gnu,pax}}.tar"))) == {"long-gnu.tar", "long-pax.tar"}
    assert set(rows(client.members(place, prefix="t"))) == {"three.zip", "two.tar.gz"}


def test_the_one_shard_that_was_named_must_be_there_and_be_one(place: str, client: aisnb.Client) -> None:
    with pytest.raises(aisnb.ArchiveInvalid, match=r"bad\.tar"):
        client.members(f"{place}bad.tar")
    with pytest.raises(aisnb.ArchiveInvalid, match=r"not an archive"):
        client.members(f"{place}notes.txt")
    with pytest.raises((aisnb.ObjectNotFound, aisnb.SourceRefused)):
        client.members(f"{place}missing.tar")


def test_what_a_template_names_and_nobody_has_is_told_beside_the_rest(place: str, client: aisnb.Client) -> None:
    listing = client.members(f"{place}{{one,nowhere}}.tar")
    assert set(rows(listing)) == {"one.tar"}
    assert [error["shard"] for error in listing.attrs["errors"]] == ["nowhere.tar"]


def test_strictly_a_broken_shard_is_an_error(place: str, client: aisnb.Client) -> None:
    with pytest.raises(aisnb.CheckFailed, match="2 of 9 shards") as caught:
        client.members(place, strict=True)
    assert caught.value.problems["name"].tolist() == BROKEN


def test_a_limit_is_kept_and_reads_no_more_shards_than_fill_it(place: str, client: aisnb.Client) -> None:
    listing = client.members(place, limit=5)
    assert rows(listing) == {"hostile.tar": expected(HOSTILE), "long-gnu.tar": expected(LONG)[:1]}


def test_a_warning_says_once_what_was_left_out(
    place: str, client: aisnb.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.members(place)
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if line.startswith("Warning: 2 of 9 shards could not be read")]) == 1
    assert len([line for line in said if "left out: links" in line]) == 1


def test_one_member_is_read_alone(place: str, client: aisnb.Client, tmp_path: Path) -> None:
    for shard in ("one.tar", "two.tar.gz", "three.zip", "stored.zip"):
        assert client.member(f"{place}{shard}", "a/2.jpg") == SHARD["a/2.jpg"]
        assert client.member(f"{place}{shard}", "a/2.jpg", tmp_path) == tmp_path / "2.jpg"
        assert (tmp_path / "2.jpg").read_bytes() == SHARD["a/2.jpg"]
        with pytest.raises(aisnb.ObjectNotFound, match="nobody"):
            client.member(f"{place}{shard}", "nobody")


def test_members_are_extracted_below_a_directory(place: str, client: aisnb.Client, tmp_path: Path) -> None:
    for shard in ("one.tar", "two.tar.gz", "three.zip"):
        written = client.extract(f"{place}{shard}", tmp_path / shard)
        assert {str(path.relative_to(tmp_path / shard)): path.read_bytes() for path in written} == SHARD
        [one] = client.extract(f"{place}{shard}", tmp_path / "some", pattern=".cls", mode="suffix")
        assert one.read_bytes() == b"7"
    with pytest.raises(aisnb.AlreadyExists):
        client.extract(f"{place}one.tar", tmp_path / "one.tar", clobber=False)
    assert not list(tmp_path.rglob("*.part"))


def test_part_of_a_shard_of_a_bucket_is_named_like_a_directory(client: aisnb.Client, bucket: str, folder: Path) -> None:
    client.put(folder, bucket)
    assert rows(client.members(f"{bucket}/one.tar/a/1")) == {"one.tar": expected(dict(SHARD))[:2]}
    assert rows(client.members(bucket, prefix="one.tar/b")) == {"one.tar": expected(dict(SHARD))[3:]}


def test_a_bucket_without_shards_has_an_empty_table(client: aisnb.Client, bucket: str) -> None:
    listing = client.members(bucket)
    assert list(listing.columns) == COLUMNS
    assert listing.empty
    assert listing.attrs["errors"] == []
    with pytest.raises(aisnb.BucketNotFound):
        client.members("ais://nowhere-at-all")


def test_what_an_ht_bucket_has_not_is_read_from_its_source_and_not_kept(client: aisnb.Client, folder: Path) -> None:
    with aisnb.serve(folder) as server:
        client.get(f"{server.url}notes.txt")
        bucket = next(row.name for row in client.buckets("ht").itertuples(index=False) if row.url == server.url)
        listing = client.members(str(bucket))
        assert rows(listing)["one.tar"] == expected(dict(SHARD))
        here = client.ls(str(bucket), cached=True)["name"].tolist()
        assert here == ["notes.txt"]


def test_of_large_members_only_the_headers_come(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/large.tar", tar({f"{number}.bin": bytes(2 << 20) for number in range(8)}), etag='"1"')
    listing = client.members(source.url("/large.tar"))
    assert len(listing) == 8
    assert sum(asked.sent for asked in source.requests) < 400_000


def test_many_small_members_do_not_take_a_question_each(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/small.tar", tar({f"{number}.txt": bytes(100) for number in range(3000)}), etag='"1"')
    assert len(client.members(source.url("/small.tar"))) == 3000
    assert len(source.requests) < 10


def test_a_zip_is_read_from_its_end(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/large.zip", zipped({"a": bytes(4 << 20)}, compression=zipfile.ZIP_STORED), etag='"1"')
    assert len(client.members(source.url("/large.zip"))) == 1
    assert sum(asked.sent for asked in source.requests) < 400_000


def test_a_shard_that_changes_while_it_is_read_is_not_mixed(client: aisnb.Client, source: FaultySource) -> None:
    packed = tar({f"{number}.bin": bytes(1 << 20) for number in range(4)})
    source.add("/s.tar", packed, etag='"1"', faults=[Fault(), Fault(etag='"2"')])
    with pytest.raises(aisnb.SourceError, match="changed while it was read"):
        client.members(source.url("/s.tar"))


@pytest.mark.parametrize("status", [403, 404])
def test_a_source_that_refuses_is_told_by_its_status(client: aisnb.Client, source: FaultySource, status: int) -> None:
    source.add("/good.tar", tar())
    source.add("/refused.tar", then=Fault(status=status))
    listing = client.members(source.url("/{good,refused}.tar"))
    assert set(listing["shard"]) == {"good.tar"}
    assert str(status) in listing.attrs["errors"][0]["reason"]


def test_a_password_in_a_link_opens_the_shard_and_is_not_shown(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/s.tar", tar())
    listing = client.members(source.url("/s.tar").replace("://", "://me:secret@"))
    assert rows(listing)["s.tar"] == expected(dict(SHARD))
    assert {asked.headers["authorization"] for asked in source.requests} == {"Basic bWU6c2VjcmV0"}
    assert "secret" not in str(listing.attrs)


def test_a_cut_off_answer_is_asked_for_again(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/s.tar", tar(), faults=[Fault(cut=10), Fault(status=503)])
    assert len(client.members(source.url("/s.tar"))) == len(SHARD)


def test_a_source_that_sends_the_wrong_part_is_not_believed(client: aisnb.Client, source: FaultySource) -> None:
    packed = tar({f"{number}.bin": bytes(1 << 20) for number in range(4)})
    source.add("/s.tar", packed, faults=[Fault()], then=Fault(shift=512))
    with pytest.raises(aisnb.SourceError, match="another part"):
        client.members(source.url("/s.tar"))


async def test_an_object_that_is_deleted_or_replaced_in_between_is_noticed(
    client: aisnb.Client, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "a.tar").write_bytes(tar())
    await client.put_async(tmp_path / "a.tar", bucket)
    target = Target(*parse_object(f"{bucket}/a.tar"))

    async def read(change: Callable[[], Coroutine[Any, Any, object]]) -> bytes:
        parts = ObjectParts(open_connection(), target, len(tar()))
        await portal.arun(parts.part(0, 512))
        await change()
        return await portal.arun(parts.part(512, 512))

    async def replace() -> None:
        (tmp_path / "a.tar").write_bytes(tar({"other": b"content"}))
        await client.put_async(tmp_path / "a.tar", bucket)

    with pytest.raises(aisnb.EndpointRefused, match="replaced while it was read"):
        await read(replace)
    with pytest.raises(aisnb.ObjectNotFound):
        await read(partial(client.remove_async, f"{bucket}/a.tar"))


async def test_a_look_that_is_cut_off_leaves_no_thread_behind(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/s.tar", tar(), then=Fault(silent=True))
    looking = asyncio.create_task(client.members_async(source.url("/s.tar")))
    while not source.requests:
        await asyncio.sleep(0.01)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    deadline = time.monotonic() + 30
    while (left := _threads()) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert left == []


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("aisnb-shards")]


async def test_a_loop_of_ones_own_awaits_the_members(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/s.tar", tar())
    assert len(await client.members_async(source.url("/s.tar"))) == len(SHARD)
    assert await client.member_async(source.url("/s.tar"), "a/1.cls") == b"7"


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40)
FILES = st.dictionaries(
    NAMES.filter(lambda name: name not in (".", "..")), st.binary(max_size=3000), min_size=1, max_size=12
)
WRITERS = {
    "tar": partial(tar, kind=tarfile.PAX_FORMAT),
    "gnu.tar": partial(tar, kind=tarfile.GNU_FORMAT),
    "tgz": tgz,
    "zip": zipped,
}


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES)
def test_any_shard_is_listed_as_pythons_modules_list_it(
    client: aisnb.Client, source: FaultySource, ending: str, files: dict[str, bytes]
) -> None:
    packed = WRITERS[ending](files)
    source.add(f"/s.{ending}", packed)
    listing = client.members(source.url(f"/s.{ending}"))
    members = list(zip(listing["member"], listing["size"], listing["offset"], strict=True))
    if ending == "zip":
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        assert [(name, size) for name, size, _ in members] == [(each.filename, each.file_size) for each in entries]
        return
    plain = gzip.decompress(packed) if ending == "tgz" else packed
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        regular = [each for each in archive.getmembers() if each.isreg()]
    assert members == [(each.name, each.size, each.offset_data) for each in regular]
    assert {name: plain[offset : offset + size] for name, size, offset in members} == files
