"""AIStore's own Python SDK at work on the node: objects, whole, in ranges, in parts."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest
import requests
from aistore.sdk.errors import AISError, ErrBckNotFound, ErrObjNotFound

from tests.sdk.using import contents, done, fill, names
from tests.support.nodes import NodeProcess, running_node

if TYPE_CHECKING:
    from pathlib import Path

    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket

CONTENT = bytes(range(256)) * 16384


def test_a_file_is_put_and_got_in_parallel_ranges(shelf: Bucket, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    thing = shelf.object("o")
    thing.get_writer().put_file(tmp_path / "f")
    reader = thing.get_reader(num_workers=3, chunk_size=1 << 20)
    assert b"".join(bytes(chunk) for chunk in reader) == CONTENT
    with thing.get_reader(num_workers=2).read_all() as buffer:
        assert bytes(buffer.buf) == CONTENT
    with thing.get_reader(chunk_size=100_000).as_file() as file:
        assert file.read(10) + file.read() == CONTENT
    sink = io.BytesIO()
    thing.get_reader(writer=sink)
    assert sink.getvalue() == CONTENT


def test_a_reader_goes_on_where_it_was_when_the_node_dies(tmp_path: Path) -> None:
    from aistore.sdk import Client

    content = CONTENT * 16
    with running_node(tmp_path / "home") as first:
        client = Client(first.endpoint, token=first.token)
        thing = client.bucket("b").create().object("o")
        thing.get_writer().put_content(content)
        with thing.get_reader(chunk_size=1 << 20).as_file() as file:
            start = file.read(1 << 20)
            first.kill()
            again = NodeProcess(tmp_path / "home").wait_until_it_listens()
            try:
                assert start + file.read() == content
            finally:
                again.stop()


def test_objects_are_appended_to_and_seen_once_they_are_flushed(shelf: Bucket) -> None:
    thing = shelf.object("log")
    thing.get_writer().put_content(b"before ")
    handle = thing.get_writer().append_content(b"first ")
    assert thing.get_writer().append_content(b"second", handle) == handle
    assert thing.get_reader().read_all() == b"before "
    assert thing.get_writer().append_content(b"", handle, flush=True) == ""
    assert thing.get_reader().read_all() == b"before first second"
    assert thing.props.obj_version == "2"
    with pytest.raises(AISError, match="does not exist"):
        thing.get_writer().append_content(b"late", handle)


def test_an_object_is_written_as_a_file(shelf: Bucket) -> None:
    thing = shelf.object("o")
    for mode, expected in (("a", b"12"), ("a", b"1212"), ("w", b"12")):
        with thing.get_writer().as_file(mode=mode) as file:
            file.write(b"1")
            file.write(b"2")
        assert thing.get_reader().read_all() == expected


def test_an_object_comes_in_parts_in_any_order_at_once(shelf: Bucket) -> None:
    thing = shelf.object("o")
    upload = thing.multipart_upload().create()
    parts = {number: bytes([number]) * (100_000 + number) for number in (3, 1, 2)}
    threads = [
        threading.Thread(target=upload.add_part(number).put_content, args=(content,))
        for number, content in parts.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(shelf) == []
    upload.complete()
    assert thing.get_reader().read_all() == parts[1] + parts[2] + parts[3]
    chunks = thing.head(props="chunked").chunks
    assert (chunks.chunk_count, chunks.max_chunk_size) == (3, 100_003)
    thing.get_writer().set_custom_props({"a": "b"}, replace_existing=True)
    assert thing.props.custom_metadata == {"a": "b"}
    assert thing.head(props="chunked").chunks.chunk_count == 3
    with thing.get_reader(num_workers=2).read_all() as buffer:
        assert bytes(buffer.buf) == parts[1] + parts[2] + parts[3]


def test_parts_that_make_no_sense_are_refused_and_nothing_is_stored(shelf: Bucket) -> None:
    thing = shelf.object("o")
    upload = thing.multipart_upload().create()
    with pytest.raises(AISError, match="no chunks"):
        upload.complete()
    with pytest.raises(AISError, match=r"invalid size \(0\)"):
        upload.add_part(1).put_content(b"")
    upload.add_part(1).put_content(b"one")
    with pytest.raises(AISError, match="partial completion"):
        upload.complete()
    upload.abort()
    with pytest.raises(AISError, match="does not exist"):
        upload.complete()
    assert names(shelf) == []


def test_an_object_is_copied_with_its_words(client: Client, shelf: Bucket) -> None:
    fill(shelf, {"o": b"bytes"})
    shelf.object("o").get_writer().set_custom_props({"colour": "green"})
    other = client.bucket(f"{shelf.name}-other").create()
    shelf.object("o").copy(other.object("dir/copy"))
    shelf.object("o").copy(shelf.object("p"))
    assert contents(other) == {"dir/copy": b"bytes"}
    assert other.object("dir/copy").props.custom_metadata == {"colour": "green"}
    assert names(shelf) == ["o", "p"]
    with pytest.raises(ErrBckNotFound):
        shelf.object("o").copy(client.bucket("missing").object("o"))
    with pytest.raises(ErrObjNotFound):
        shelf.object("missing").copy(other.object("o"))


def test_files_of_this_machine_are_promoted(client: Client, shelf: Bucket, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "inner/two").write_bytes(b"2")
    (tmp_path / "link").symlink_to("/etc/hostname")
    done(client, shelf.object("p/").promote(str(tmp_path)))
    assert contents(shelf) == {"p/one": b"1"}
    (tmp_path / "one").write_bytes(b"changed")
    done(client, shelf.object("p/").promote(str(tmp_path), recursive=True))
    assert contents(shelf) == {"p/inner/two": b"2", "p/one": b"1"}
    done(client, shelf.object("p/").promote(str(tmp_path), recursive=True, overwrite_dest=True, delete_source=True))
    assert contents(shelf) == {"p/inner/two": b"2", "p/one": b"changed"}
    assert [path.name for path in tmp_path.iterdir()] == ["inner"] or not (tmp_path / "one").exists()
    with pytest.raises(AISError, match="does not exist"):
        shelf.object("p/").promote("/nowhere/at/all")
    with pytest.raises(AISError, match="absolute"):
        shelf.object("p/").promote("relative")


def test_a_url_of_an_object_is_read_by_any_client(node: NodeProcess, shelf: Bucket) -> None:
    fill(shelf, {"a b": b"bytes"})
    headers = {"Authorization": f"Bearer {node.token}"}
    with requests.get(shelf.object("a b").get_url(), headers=headers, timeout=60) as response:
        assert response.content == b"bytes"
