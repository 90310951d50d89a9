"""AIStore's own Python SDK at work on the node."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest
from aistore.sdk import Client
from aistore.sdk.errors import AISError, ErrBckAlreadyExists, ErrBckNotFound, ErrObjNotFound
from aistore.sdk.list_object_flag import ListObjectFlag

if TYPE_CHECKING:
    from aistore.sdk.bucket import Bucket

    from tests.support.nodes import NodeProcess


def test_the_cluster_is_ready_and_says_who_it_is(client: Client, node: NodeProcess) -> None:
    assert client.cluster().is_ready()
    info = client.cluster().get_info()
    assert len(info.uuid) >= 9
    assert [target.public_net.direct_url for target in info.tmap.values()] == [node.endpoint]
    assert client.cluster().get_primary_url() == node.endpoint


def test_without_the_token_it_is_not_ready_for_anything(node: NodeProcess) -> None:
    with pytest.raises(AISError, match="carries a token that is not the node's"):
        Client(node.endpoint, token="wrong").cluster().list_buckets()


def test_buckets_come_and_go(client: Client) -> None:
    bucket = client.bucket("sdk-comes-and-goes").create()
    assert "sdk-comes-and-goes" in [each.name for each in client.cluster().list_buckets()]
    with pytest.raises(ErrBckAlreadyExists):
        client.bucket("sdk-comes-and-goes").create(exist_ok=False)
    bucket.create(exist_ok=True)
    assert bucket.head()["Ais-Bucket-Props"]
    bucket.delete()
    with pytest.raises(ErrBckNotFound):
        bucket.delete(missing_ok=False)
    bucket.delete(missing_ok=True)
    with pytest.raises(AISError) as caught:
        bucket.head()
    assert caught.value.status_code == 404


def test_objects_are_put_and_got_in_full_and_in_part(shelf: Bucket) -> None:
    content = bytes(range(256)) * 4096
    thing = shelf.object("dir/a b#%1.txt")
    thing.get_writer().put_content(content)
    assert thing.get_reader().read_all() == content
    assert thing.get_reader(byte_range="bytes=10-19").read_all() == content[10:20]
    assert b"".join(thing.get_reader(chunk_size=100_000)) == content
    assert thing.get_reader(direct=True).read_all() == content


def test_an_object_tells_its_properties(shelf: Bucket) -> None:
    thing = shelf.object("o")
    thing.get_writer().put_content(b"hello world")
    assert thing.head().size == 11
    props = thing.props
    assert (props.checksum_type, props.checksum_value) == ("xxhash2", "45ab6734b21e6968")
    assert (props.obj_version, props.present) == ("1", True)
    thing.get_writer().set_custom_props({"colour": "green", "size": "large"})
    assert thing.props.custom_metadata == {"colour": "green", "size": "large"}
    thing.get_writer().set_custom_props({"colour": "red"}, replace_existing=True)
    assert thing.props.custom_metadata == {"colour": "red"}


def test_missing_objects_are_told_from_missing_buckets(client: Client, shelf: Bucket) -> None:
    with pytest.raises(ErrObjNotFound):
        shelf.object("missing").get_reader().read_all()
    with pytest.raises(ErrBckNotFound):
        client.bucket("missing").object("o").get_reader().read_all()
    with pytest.raises(ErrBckNotFound):
        client.bucket("missing").object("o").get_writer().put_content(b"x")
    with pytest.raises(ErrObjNotFound):
        shelf.object("missing").delete()


def test_a_deleted_object_is_gone(shelf: Bucket) -> None:
    shelf.object("o").get_writer().put_content(b"x")
    shelf.object("o").delete()
    assert shelf.list_all_objects() == []


def test_listings_are_paged_and_narrowed(shelf: Bucket) -> None:
    for number in range(25):
        shelf.object(f"s-{number:03d}").get_writer().put_content(b"x" * number)
    shelf.object("dir/inner").get_writer().put_content(b"")
    found = shelf.list_all_objects(page_size=7, props="name,size,checksum,version,atime,location")
    assert [entry.name for entry in found] == ["dir/inner", *(f"s-{number:03d}" for number in range(25))]
    assert [entry.size for entry in found] == [0, *range(25)]
    assert found[1].checksum == "ef46db3751d8e999"
    assert [entry.name for entry in shelf.list_objects_iter(page_size=4, prefix="s-00")] == [
        f"s-{number:03d}" for number in range(10)
    ]
    flat = shelf.list_all_objects(flags=[ListObjectFlag.NO_RECURSION, ListObjectFlag.NO_DIRS])
    assert len(flat) == 26  # the directory too: in ais:// buckets AIStore pays no heed to NO_DIRS


def test_a_bucket_is_summed_up(shelf: Bucket) -> None:
    for name, content in (("a/1", b"x"), ("a/2", b"xyz"), ("b", b"12345")):
        shelf.object(name).get_writer().put_content(content)
    assert shelf.summary(prefix="a/")["ObjCount"]["obj_count_present"] == "2"
    _, info = shelf.info(prefix="a/")
    assert info["TotalSize"]["size_all_present_objs"] == "4"


def test_many_objects_are_removed_by_a_job_that_ends(client: Client, shelf: Bucket) -> None:
    for number in range(5):
        shelf.object(f"s-{number:03d}").get_writer().put_content(b"x")
    job = shelf.objects(obj_template="s-{000..003}").delete()
    client.job(job).wait(timeout=20)
    assert [entry.name for entry in shelf.list_all_objects()] == ["s-004"]
    assert client.job(job).status().end_time
    started = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    assert [snapshot.id for snapshot in client.job(job).get_within_timeframe(start_time=started)] == [job]
