from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import AlreadyExists, BucketNotFound, NameInvalid, Unsupported
from aisnb.store import Store, Summary
from aisnb.uris import Bucket
from tests.store.writing import ABC, XYZ, content, leftovers, names, put

if TYPE_CHECKING:
    from collections.abc import Callable

WEB = Bucket("ht", "MzU3MTg4YTc1M2VlZTJhZA")


def test_a_created_bucket_is_found_also_after_reopening(store: Store) -> None:
    before = time.time_ns()
    record = store.create_bucket(WEB, extra={"orig_url": "http://localhost/abc/"})
    assert before <= record.created_ns <= time.time_ns()
    store.close()
    again = Store(store.root)
    assert again.bucket(WEB) == record
    assert again.bucket(WEB).extra == {"orig_url": "http://localhost/abc/"}
    again.close()


def test_buckets_are_sorted_and_can_be_asked_for_by_provider(store: Store) -> None:
    for bucket in (WEB, Bucket("ais", "zzz"), Bucket("ais", "aaa")):
        store.create_bucket(bucket)
    assert [str(record.bucket) for record in store.buckets()] == [
        "ais://aaa",
        "ais://abc",
        "ais://zzz",
        str(WEB),
    ]
    assert [record.bucket for record in store.buckets("ht")] == [WEB]


def test_creating_a_bucket_twice_is_refused_in_aistores_words(store: Store) -> None:
    with pytest.raises(AlreadyExists, match=r'^bucket "ais://abc" already exists$'):
        store.create_bucket(ABC)


def test_with_exist_ok_the_bucket_that_is_here_is_returned_unchanged(store: Store) -> None:
    assert store.create_bucket(ABC, extra={"a": "b"}, exist_ok=True) == store.bucket(ABC)
    assert store.bucket(ABC).extra == {}


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a b", "x" * 65])
def test_a_name_that_no_bucket_can_have_is_refused(store: Store, name: str) -> None:
    with pytest.raises(NameInvalid):
        store.create_bucket(Bucket("ais", name))
    assert len(store.buckets()) == 1


def test_namespaces_are_refused(store: Store) -> None:
    with pytest.raises(Unsupported, match="namespace"):
        store.create_bucket(Bucket("ais", "abc", "@cluster"))


def test_extra_words_can_be_replaced(store: Store) -> None:
    store.set_extra(ABC, {"promised": "yes"})
    assert store.bucket(ABC).extra == {"promised": "yes"}
    store.set_extra(ABC, {})
    assert store.bucket(ABC).extra == {}


NOWHERE = Bucket("ais", "nowhere")


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.bucket(NOWHERE),
        lambda store: store.remove_bucket(NOWHERE),
        lambda store: store.set_extra(NOWHERE, {}),
        lambda store: store.summary(NOWHERE),
        lambda store: store.page(NOWHERE),
        lambda store: store.stat(NOWHERE, "x"),
        lambda store: store.open(NOWHERE, "x"),
        lambda store: store.begin(NOWHERE, "x"),
        lambda store: store.remove(NOWHERE, ["x"]),
        lambda store: store.set_custom(NOWHERE, "x", {}),
        lambda store: store.bucket(Bucket("ais", "abc", "@namespace")),
    ],
)
def test_whatever_is_asked_of_a_missing_bucket_is_answered_in_aistores_words(
    store: Store, ask: Callable[[Store], object]
) -> None:
    with pytest.raises(BucketNotFound, match=r'^bucket "ais://\S+" does not exist$'):
        ask(store)


def test_a_removed_bucket_is_gone_with_its_objects_and_files(store: Store) -> None:
    put(store, "a/b", b"x")
    store.remove_bucket(ABC)
    assert store.buckets() == []
    assert not (store.root / "buckets/ais/abc").exists()
    assert leftovers(store) == []
    store.create_bucket(ABC)
    assert names(store) == []


def test_a_bucket_whose_directory_was_removed_by_hand_can_be_removed(store: Store) -> None:
    (store.root / "buckets/ais/abc").rmdir()
    store.remove_bucket(ABC)
    assert store.buckets() == []


def test_objects_can_be_stored_after_the_directory_was_removed_by_hand(store: Store) -> None:
    put(store, "d/one", b"1")
    (store.root / "buckets/ais/abc/d/one").unlink()
    (store.root / "buckets/ais/abc/d").rmdir()
    put(store, "d/two", b"2")
    assert content(store, "d/two") == b"2"


@pytest.mark.parametrize("made_anew", [False, True])
def test_a_commit_into_a_bucket_that_was_removed_meanwhile_fails_and_leaves_nothing(
    store: Store, made_anew: bool
) -> None:
    partial = store.begin(ABC, "x", key="k")
    partial.start(offset=0, validator="v", size=2 << 20)
    partial.write(b"bytes of the old bucket")
    store.remove_bucket(ABC)
    if made_anew:
        store.create_bucket(ABC)
    with pytest.raises(BucketNotFound):
        store.commit(partial).result(30)
    assert leftovers(store) == []
    assert not (store.root / "buckets/ais/abc/x").exists()


def test_the_summary_counts_what_lies_under_a_prefix(store: Store) -> None:
    for name, size in {"a/1": 10, "a/2": 30, "b": 5}.items():
        put(store, name, b"x" * size)
    assert store.summary(ABC) == Summary(count=3, size=45, smallest=5, largest=30)
    assert store.summary(ABC, "a/") == Summary(count=2, size=40, smallest=10, largest=30)
    assert store.summary(ABC, "zzz") == Summary(count=0, size=0, smallest=0, largest=0)


def test_a_renamed_bucket_keeps_its_objects_and_its_record(store: Store) -> None:
    put(store, "d/x", b"bytes")
    before = store.bucket(ABC)
    store.rename_bucket(ABC, XYZ)
    with pytest.raises(BucketNotFound):
        store.stat(ABC, "d/x")
    record, file = store.open(XYZ, "d/x")
    with file:
        assert (record.version, file.read()) == (1, b"bytes")
    store.close()
    again = Store(store.root)
    assert [(record.bucket, record.created_ns) for record in again.buckets()] == [(XYZ, before.created_ns)]
    again.close()


def test_what_is_on_its_way_into_a_renamed_bucket_fails(store: Store) -> None:
    partial = store.begin(ABC, "x")
    partial.start(offset=0, validator="", size=None)
    store.rename_bucket(ABC, XYZ)
    with pytest.raises(BucketNotFound):
        store.commit(partial).result(30)
    assert leftovers(store) == []


def test_a_bucket_takes_no_name_that_is_taken(store: Store) -> None:
    store.create_bucket(XYZ)
    with pytest.raises(AlreadyExists):
        store.rename_bucket(ABC, XYZ)
    stray = store.root / "buckets/ais/stray"
    stray.mkdir()
    (stray / "precious").write_text("here")
    with pytest.raises(AlreadyExists, match="belongs to no bucket"):
        store.rename_bucket(ABC, Bucket("ais", "stray"))
    with pytest.raises(NameInvalid):
        store.rename_bucket(ABC, Bucket("ais", "a b"))
    with pytest.raises(BucketNotFound):
        store.rename_bucket(Bucket("ais", "missing"), Bucket("ais", "other"))
    put(store, "x", b"still here")
    assert content(store, "x") == b"still here"
