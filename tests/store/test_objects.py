from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import xxhash

from aisnb.errors import AlreadyExists, NameInvalid, NodeError, ObjectNotFound
from tests.store.writing import ABC, XYZ, content, leftovers, names, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from aisnb.store import Store


def test_a_stored_object_is_a_plain_file_with_a_record(store: Store) -> None:
    before = time.time_ns()
    record = put(store, "train/shard-001.tar", b"hello world", source="web", ETag='"a1"')
    assert (store.root / "buckets/ais/abc/train/shard-001.tar").read_bytes() == b"hello world"
    assert (record.name, record.size, record.checksum) == ("train/shard-001.tar", 11, "45ab6734b21e6968")
    assert before <= record.atime <= time.time_ns()
    assert (record.version, record.custom) == (1, {"source": "web", "ETag": '"a1"'})
    assert store.stat(ABC, "train/shard-001.tar") == record


def test_an_empty_object_is_an_object(store: Store) -> None:
    assert put(store, "empty", b"").checksum == "ef46db3751d8e999"
    assert content(store, "empty") == b""


def test_an_overwrite_raises_the_version_and_forgets_the_old_words(store: Store) -> None:
    put(store, "x", b"one", ETag="1")
    record = put(store, "x", b"three")
    assert (record.version, record.size, record.custom) == (2, 5, {})
    assert store.stat(ABC, "x") == record
    assert content(store, "x") == b"three"


def test_many_overwrites_in_one_group_end_with_the_last(store: Store) -> None:
    futures = []
    for number in range(200):
        partial = store.begin(ABC, "x")
        partial.start(offset=0, validator="", size=None)
        partial.write(b"%d" % number)
        futures.append(store.commit(partial))
    assert [future.result(30).version for future in futures] == list(range(1, 201))
    assert content(store, "x") == b"199"
    assert leftovers(store) == []


def test_objects_survive_reopening(store: Store) -> None:
    record = put(store, "x", b"data", a="b")
    store.close()
    again = type(store)(store.root)
    assert again.stat(ABC, "x") == record
    assert content(again, "x") == b"data"
    again.close()


def test_a_missing_object_is_answered_in_aistores_words(store: Store) -> None:
    for ask in (store.stat, store.open):
        with pytest.raises(ObjectNotFound, match=r"^ais://abc/x does not exist$"):
            ask(ABC, "x")
    with pytest.raises(ObjectNotFound):
        store.set_custom(ABC, "x", {"a": "b"})


def test_custom_words_are_added_or_replaced(store: Store) -> None:
    put(store, "x", b"data", a="1", b="2")
    assert store.set_custom(ABC, "x", {"b": "3"}).custom == {"a": "1", "b": "3"}
    assert store.set_custom(ABC, "x", {"c": "4"}, replace=True).custom == {"c": "4"}
    assert store.stat(ABC, "x").custom == {"c": "4"}
    assert store.stat(ABC, "x").version == 1


def test_removing_counts_what_was_there_and_prunes_empty_directories(store: Store) -> None:
    for name in ("a/b/c/1", "a/b/2", "d/3"):
        put(store, name, b"x")
    assert store.remove(ABC, ["a/b/c/1", "d/3", "missing", "a/missing/too", "../../escape"]) == 2
    assert names(store) == ["a/b/2"]
    top = store.root / "buckets/ais/abc"
    assert sorted(str(path.relative_to(top)) for path in top.rglob("*")) == ["a", "a/b", "a/b/2"]
    assert store.remove(ABC, ["a/b/2"]) == 1
    assert list(top.iterdir()) == []


def test_more_names_than_one_batch_can_be_removed(store: Store) -> None:
    wanted = [f"{number:05d}" for number in range(2_500)]
    for future in [store.commit(store.begin(ABC, name)) for name in wanted]:
        future.result(30)
    assert store.remove(ABC, wanted) == 2_500
    assert names(store) == []


def test_a_removed_directory_can_become_an_object_and_back(store: Store) -> None:
    put(store, "a/b", b"1")
    store.remove(ABC, ["a/b"])
    put(store, "a", b"2")
    store.remove(ABC, ["a"])
    put(store, "a/b", b"3")
    assert content(store, "a/b") == b"3"


def test_a_file_removed_by_hand_is_noticed_and_can_be_stored_again(store: Store) -> None:
    put(store, "x", b"data")
    (store.root / "buckets/ais/abc/x").unlink()
    with pytest.raises(ObjectNotFound, match="node fsck"):
        store.open(ABC, "x")
    assert put(store, "x", b"again").version == 2
    assert content(store, "x") == b"again"


def test_an_object_whose_file_was_removed_by_hand_can_be_removed(store: Store) -> None:
    put(store, "d/x", b"data")
    (store.root / "buckets/ais/abc/d/x").unlink()
    assert store.remove(ABC, ["d/x"]) == 1
    assert names(store) == []


def test_a_file_changed_by_hand_is_noticed(store: Store) -> None:
    put(store, "x", b"data")
    (store.root / "buckets/ais/abc/x").write_bytes(b"other bytes")
    with pytest.raises(NodeError, match=r"changed by hand.*node fsck"):
        store.open(ABC, "x")


def test_a_data_root_copied_with_its_times_opens(store: Store) -> None:
    put(store, "x", b"data")
    path = store.root / "buckets/ais/abc/x"
    times = path.stat()
    copy = path.with_name("copy")
    copy.write_bytes(b"data")
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
    copy.rename(path)
    assert content(store, "x") == b"data"


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../x",
        "/x",
        "x/",
        "a//b",
        ".",
        "",
        "a\0b",
        "a/" + "x" * 256,
        "é" * 128,
        "x/" * 520 + "x",
        "\ud800",
    ],
)
def test_a_name_that_a_file_tree_cannot_hold_is_refused(store: Store, name: str) -> None:
    with pytest.raises(NameInvalid):
        store.begin(ABC, name)
    assert leftovers(store) == []


@pytest.mark.parametrize(
    "name", ["a b", "😀/🎉.tar", "new\nline", "%20@{1..3}$x", "x" * 255, "-rf", "~", "a\\b", "ÿ\u0301"]
)
def test_a_name_with_any_other_character_is_kept(store: Store, name: str) -> None:
    put(store, name, name.encode())
    assert names(store) == [name]
    assert content(store, name) == name.encode()
    assert store.remove(ABC, [name]) == 1


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a"), ("a", "a/b/c"), ("a/b/c", "a/b")])
def test_a_name_beside_one_that_it_would_be_inside_of_is_refused(store: Store, first: str, second: str) -> None:
    put(store, first, b"kept")
    with pytest.raises(AlreadyExists, match=f"ais://abc/{second}' cannot be stored: a file cannot be a directory too"):
        store.begin(ABC, second)
    assert content(store, first) == b"kept"


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a")])
def test_the_same_is_noticed_when_both_are_on_their_way(store: Store, first: str, second: str) -> None:
    early, late = store.begin(ABC, first), store.begin(ABC, second)
    futures = store.commit(early), store.commit(late)
    futures[0].result(30)
    with pytest.raises(AlreadyExists, match="cannot be a directory too"):
        futures[1].result(30)
    assert names(store) == [first]
    assert leftovers(store) == []


def test_a_file_that_is_no_object_is_never_overwritten(store: Store) -> None:
    path = store.root / "buckets/ais/abc/notes.txt"
    partial = store.begin(ABC, "notes.txt")
    path.write_text("precious")
    with pytest.raises(AlreadyExists, match="belongs to no object of exactly this name"):
        store.begin(ABC, "notes.txt")
    with pytest.raises(AlreadyExists, match="belongs to no object of exactly this name"):
        store.commit(partial).result(30)
    assert path.read_text() == "precious"
    assert names(store) == []
    assert leftovers(store) == []


def test_readers_see_whole_objects_only_while_they_are_overwritten(store: Store) -> None:
    put(store, "x", b"\0" * 65_536)
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            content(store, "x")  # compares bytes and record

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for number in range(300):
                put(store, "x", bytes([number % 251]) * 65_536)
        finally:
            done.set()
        for reader in readers:
            reader.result(30)


def test_an_object_is_read_again_as_long_as_nothing_is_written(store: Store) -> None:
    put(store, "x", b"hello")
    found = store.read(ABC, "x", 5)
    assert found is not None
    seen, body = found
    assert (seen.record, body) == (store.stat(ABC, "x"), b"hello")
    assert store.read_again(seen) == store.read_again(seen) == b"hello"
    assert store.read(ABC, "x", 4) is None, "more than was wanted"


@pytest.mark.parametrize(
    "change",
    [
        lambda store: put(store, "x", b"other"),
        lambda store: put(store, "y", b"hello"),
        lambda store: store.remove(ABC, ["x"]),
        lambda store: store.set_custom(ABC, "x", {"a": "b"}),
        lambda store: store.set_extra(ABC, {"access": "0"}),
        lambda store: store.rename_bucket(ABC, XYZ),
        lambda store: store.remove_bucket(ABC),
        lambda store: (store.root / "buckets/ais/abc/x").write_bytes(b"longer"),
        lambda store: (store.root / "buckets/ais/abc/x").unlink(),
    ],
)
def test_an_object_is_looked_for_anew_once_anything_was_changed(
    store: Store, change: Callable[[Store], object]
) -> None:
    put(store, "x", b"hello")
    found = store.read(ABC, "x", 5)
    assert found is not None
    change(store)
    assert store.read_again(found[0]) is None


def test_what_is_read_again_is_whole_while_it_is_overwritten(store: Store) -> None:
    put(store, "x", b"\0" * 4096)
    done = threading.Event()

    def read() -> int:
        count = 0
        while not done.is_set():
            found = store.read(ABC, "x", 4096)
            assert found is not None
            while (body := store.read_again(found[0])) is not None and not done.is_set():
                assert xxhash.xxh64(body).hexdigest() == found[0].record.checksum
                count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for number in range(300):
                put(store, "x", bytes([number % 251]) * 4096)
        finally:
            done.set()
        assert sum(reader.result(30) for reader in readers)


def test_threads_can_write_at_once(store: Store) -> None:
    def write(thread: int) -> None:
        for number in range(100):
            put(store, f"{thread}/{number}", b"%d %d" % (thread, number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(names(store)) == 400
    assert content(store, "3/99") == b"3 99"


def test_the_caller_that_stops_waiting_does_not_stop_a_commit(store: Store) -> None:
    partial = store.begin(ABC, "x")
    partial.write(b"data")
    future = store.commit(partial)
    assert not future.cancel()
    assert future.result(30).checksum == xxhash.xxh64(b"data").hexdigest()


def test_a_closed_store_says_so(store: Store) -> None:
    partial = store.begin(ABC, "x")
    store.close()
    store.close()
    with pytest.raises(NodeError, match="closed"):
        store.stat(ABC, "x")
    with pytest.raises(NodeError, match="closed"):
        store.remove_bucket(ABC)
    partial.discard()


def test_words_that_are_no_text_are_refused_and_spoil_nothing_else(store: Store) -> None:
    partial = store.begin(ABC, "x")
    partial.write(b"data")
    with pytest.raises(NameInvalid, match="not valid text"):
        store.commit(partial, custom={"ETag": "\udc80"})
    assert store.commit(partial, custom={"ETag": "é"}).result(30).custom == {"ETag": "é"}


def test_closing_finishes_what_was_asked(store: Store) -> None:
    futures = [store.commit(store.begin(ABC, f"{number}")) for number in range(700)]
    store.close()
    assert all(future.done() for future in futures)
    again = type(store)(store.root)
    assert len(names(again)) == 700
    again.close()


def test_free_bytes_is_a_number(store: Store) -> None:
    assert store.free_bytes() > 0
