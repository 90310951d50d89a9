"""AIStore's own Python SDK at work on the node: several objects at once, and archives."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from aistore.sdk.archive_config import ArchiveConfig, ArchiveMode
from aistore.sdk.errors import AISError, ErrBckNotFound, ErrObjNotFound
from aistore.sdk.multiobj import ObjectRange

from tests.archives.packing import PACKED, SHARD
from tests.sdk.using import WAIT, contents, done, fill, names

if TYPE_CHECKING:
    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket

    from tests.support.nodes import NodeProcess

SHARDS = {f"s-{number:03d}.tar": b"x" * number for number in range(6)}


def test_groups_are_deleted_by_names_range_and_template(client: Client, shelf: Bucket) -> None:
    fill(shelf, SHARDS)
    done(client, shelf.objects(obj_names=["s-000.tar", "missing"]).delete())
    done(client, shelf.objects(obj_range=ObjectRange("s-", 1, 2, pad_width=3, suffix=".tar")).delete())
    assert names(shelf) == ["s-003.tar", "s-004.tar", "s-005.tar"]
    done(client, shelf.objects(obj_template="s-{003..004}.tar").delete())
    assert names(shelf) == ["s-005.tar"]


def test_groups_are_copied(client: Client, shelf: Bucket) -> None:
    fill(shelf, SHARDS)
    target = client.bucket(f"{shelf.name}-copy")
    done(client, shelf.objects(obj_template="s-{000..001}.tar").copy(target, prepend="new/", num_workers=3))
    done(client, shelf.objects(obj_names=["s-005.tar"]).copy(target))
    assert contents(target) == {"new/s-000.tar": b"", "new/s-001.tar": b"x", "s-005.tar": b"xxxxx"}


def test_what_is_not_there_fails_if_it_was_named_and_is_passed_over_in_a_range(client: Client, shelf: Bucket) -> None:
    fill(shelf, SHARDS)
    target = client.bucket(f"{shelf.name}-copy")
    done(client, shelf.objects(obj_template="s-{004..009}.tar").copy(target))
    assert names(target) == ["s-004.tar", "s-005.tar"]
    (job,) = shelf.objects(obj_names=["s-000.tar", "missing"]).copy(target)
    client.job(job).wait(timeout=WAIT)
    assert client.job(job).status().err == "1 of 2 failed"
    assert "s-000.tar" in names(target)


def test_groups_are_packed_into_archives_and_added(client: Client, shelf: Bucket) -> None:
    fill(shelf, SHARDS)
    target = client.bucket(f"{shelf.name}-packed")
    done(client, shelf.objects(obj_template="s-{000..002}.tar").archive("all.tgz", to_bck=target))
    done(client, shelf.objects(obj_names=["s-005.tar"]).archive("all.tgz", to_bck=target, allow_append=True))
    with tarfile.open(fileobj=io.BytesIO(target.object("all.tgz").get_reader().read_all())) as archive:
        assert archive.getnames() == ["s-000.tar", "s-001.tar", "s-002.tar", "s-005.tar"]
        assert archive.extractfile("s-005.tar").read() == b"xxxxx"
    done(client, shelf.objects(obj_names=["s-003.tar"]).archive("all.tgz", to_bck=target, include_source_name=True))
    assert [entry.name for entry in target.list_archive("all.tgz")] == [f"all.tgz/{shelf.name}/s-003.tar"]


def test_an_archive_of_what_is_not_there_is_not_made_unless_that_may_be(client: Client, shelf: Bucket) -> None:
    fill(shelf, SHARDS)
    (job,) = shelf.objects(obj_names=["s-000.tar", "missing"]).archive("a.tar")
    assert "missing does not exist" in str(client.job(job).wait(timeout=WAIT).error)
    (job,) = shelf.objects(obj_template="s-{006..007}.tar").archive("a.tar")
    assert "was not made" in str(client.job(job).wait(timeout=WAIT).error)
    assert "a.tar" not in names(shelf)
    (job,) = shelf.objects(obj_names=["s-000.tar", "missing"]).archive("a.tar", continue_on_err=True)
    client.job(job).wait(timeout=WAIT)
    assert [entry.name for entry in shelf.list_archive("a.tar")] == ["a.tar/s-000.tar"]
    with pytest.raises(AISError, match="not an archive"):
        shelf.objects(obj_names=["s-000.tar"]).archive("a.rar")


def test_a_group_of_a_missing_bucket_is_an_error_of_the_bucket(client: Client) -> None:
    group = client.bucket("missing").objects(obj_names=["a"])
    with pytest.raises(ErrBckNotFound):
        group.delete()
    with pytest.raises(ErrBckNotFound):
        group.copy(client.bucket("other"))
    with pytest.raises(ErrBckNotFound):
        group.archive("a.tar")


@pytest.mark.parametrize("kind", PACKED)
def test_one_member_of_an_archive_is_read(shelf: Bucket, kind: str) -> None:
    fill(shelf, {f"s.{kind}": PACKED[kind]})
    shard = shelf.object(f"s.{kind}")
    for name, content in SHARD.items():
        assert shard.get_reader(archive_config=ArchiveConfig(archpath=name)).read_all() == content
    with pytest.raises(ErrObjNotFound):
        shard.get_reader(archive_config=ArchiveConfig(archpath="missing")).read_all()


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize(
    ("mode", "pattern", "expected"),
    [
        (ArchiveMode.REGEXP, r"\.jpg$", ["a/1.jpg", "a/2.jpg"]),
        (ArchiveMode.PREFIX, "a/1", ["a/1.jpg", "a/1.cls"]),
        (ArchiveMode.SUFFIX, ".txt", ["b.txt"]),
        (ArchiveMode.SUBSTR, "/2", ["a/2.jpg"]),
        (ArchiveMode.WDSKEY, "a/1", ["a/1.jpg", "a/1.cls"]),
    ],
)
def test_members_that_match_come_as_a_tar(
    shelf: Bucket, kind: str, mode: ArchiveMode, pattern: str, expected: list[str]
) -> None:
    fill(shelf, {f"s.{kind}": PACKED[kind]})
    chosen = shelf.object(f"s.{kind}").get_reader(archive_config=ArchiveConfig(regex=pattern, mode=mode)).read_all()
    with tarfile.open(fileobj=io.BytesIO(chosen), mode="r:") as archive:
        assert {name: archive.extractfile(name).read() for name in archive.getnames()} == {
            name: SHARD[name] for name in expected
        }


def test_members_that_cannot_be_had_are_errors(shelf: Bucket) -> None:
    fill(shelf, {"s.tar": PACKED["tar"], "damaged.tar": b"no archive", "plain": b"bytes"})
    for name, config, status in (
        ("s.tar", ArchiveConfig(regex="nothing", mode=ArchiveMode.PREFIX), 404),
        ("s.tar", ArchiveConfig(regex="(", mode=ArchiveMode.REGEXP), 400),
        ("damaged.tar", ArchiveConfig(archpath="a"), 400),
        ("plain", ArchiveConfig(archpath="a"), 400),
    ):
        with pytest.raises(AISError) as caught:
            shelf.object(name).get_reader(archive_config=config).read_all()
        assert caught.value.status_code == status


def test_members_are_appended_as_the_go_client_does(node: NodeProcess, shelf: Bucket) -> None:
    path = f"/v1/objects/{shelf.name}/s.tar?provider=ais"
    assert node.ask("PUT", f"{path}&archpath=a", b"1", {"Ais-Pine": "1"}).status == 404
    assert node.ask("PUT", f"{path}&archpath=a", b"1", {"Ais-Pine": "2"}).status == 200
    assert node.ask("PUT", f"{path}&archpath=dir/b", b"22", {"Ais-Pine": "1"}).status == 200
    assert [entry.name for entry in shelf.list_archive("s.tar")] == ["s.tar/a", "s.tar/dir/b"]
    for query, body in (("archpath=", b"1"), ("archpath=../evil", b"1"), ("archpath=c", b"")):
        assert node.ask("PUT", f"{path}&{query}", body, {"Ais-Pine": "1"}).status == 400
    assert node.ask("PUT", f"{path}&archpath=c", b"3").status == 200
    assert [entry.name for entry in shelf.list_archive("s.tar")] == ["s.tar/c"]
