from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import xxhash

from aisnb.errors import AisnbError
from aisnb.store import Store
from tests.store.writing import ABC, content, leftovers

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.store import Partial

LARGE = 2 << 20
HALF = bytes(range(256)) * 4096


def begin_large(store: Store, key: str = "job:1", validator: str = "v1") -> Partial:
    partial = store.begin(ABC, "x", key=key)
    partial.start(offset=0, validator=validator, size=LARGE)
    partial.write(HALF)
    return partial


def reopened(store: Store) -> Store:
    store.close()
    return Store(store.root)


def finish(store: Store, partial: Partial) -> None:
    partial.start(offset=len(HALF), validator="v1", size=LARGE)
    partial.write(HALF)
    assert partial.digest() == xxhash.xxh64(HALF * 2).hexdigest()
    store.commit(partial).result(30)
    assert content(store, "x") == HALF * 2
    assert leftovers(store) == []


def test_a_fresh_partial_has_nothing_to_resume(store: Store) -> None:
    partial = store.begin(ABC, "x", key="job:1")
    assert (partial.position, partial.resume_point()) == (0, (0, ""))
    partial.discard()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_it_takes_bytes_of_any_kind_and_hashes_them(store: Store, kind: type) -> None:
    partial = store.begin(ABC, "x")
    partial.start(offset=0, validator="", size=11)
    partial.write(kind(b"hello "))
    partial.write(kind(b""))
    partial.write(kind(b"world"))
    assert (partial.position, partial.digest()) == (11, "45ab6734b21e6968")
    partial.discard()


def test_a_broken_transfer_goes_on_in_the_same_partial(store: Store) -> None:
    partial = begin_large(store)
    assert partial.resume_point() == (len(HALF), "v1")
    finish(store, partial)


def test_a_paused_partial_is_found_by_its_key(store: Store) -> None:
    partial = begin_large(store)
    partial.close()
    partial.close()
    again = store.begin(ABC, "x", key="job:1")
    assert again.resume_point() == (len(HALF), "v1")
    finish(store, again)
    assert store.begin(ABC, "x", key="job:1").resume_point() == (0, "")


def test_a_paused_partial_is_found_after_reopening(store: Store) -> None:
    begin_large(store).close()
    again = reopened(store)
    finish(again, again.begin(ABC, "x", key="job:1"))
    again.close()


def test_a_small_partial_that_was_paused_is_found_after_reopening(store: Store) -> None:
    partial = store.begin(ABC, "x", key="job:1")
    partial.start(offset=0, validator="v1", size=10)
    partial.write(b"12345")
    partial.close()
    again = reopened(store)
    assert again.begin(ABC, "x", key="job:1").resume_point() == (5, "v1")
    again.close()


@pytest.mark.parametrize("size", [LARGE, None])
def test_a_large_or_endless_partial_that_was_never_paused_is_found_after_reopening(
    store: Store, size: int | None
) -> None:
    partial = store.begin(ABC, "x", key="job:1")
    partial.start(offset=0, validator="v1", size=size)
    partial.write(b"12345")
    again = reopened(store)
    assert again.begin(ABC, "x", key="job:1").resume_point() == (5, "v1")
    again.close()


@pytest.mark.parametrize(("key", "validator"), [("", "v1"), ("job:1", "")])
def test_bytes_that_nobody_could_ask_for_again_are_not_kept(store: Store, key: str, validator: str) -> None:
    begin_large(store, key, validator).close()
    assert leftovers(store) == []


def test_a_complete_partial_can_be_committed_as_it_is(store: Store) -> None:
    begin_large(store).close()
    again = store.begin(ABC, "x", key="job:1")
    assert store.commit(again).result(30).checksum == xxhash.xxh64(HALF).hexdigest()
    assert content(store, "x") == HALF
    assert leftovers(store) == []


def test_starting_over_forgets_the_old_bytes_and_their_validator(store: Store) -> None:
    partial = begin_large(store)
    partial.start(offset=0, validator="v2", size=LARGE)
    assert (partial.position, partial.resume_point()) == (0, (0, ""))
    partial.write(b"new")
    partial.close()
    again = reopened(store)
    assert again.begin(ABC, "x", key="job:1").resume_point() == (3, "v2")
    assert len(leftovers(again)) == 1
    again.close()


def test_going_back_cuts_the_bytes_and_the_hash(store: Store) -> None:
    partial = begin_large(store)
    partial.start(offset=5, validator="v1", size=LARGE)
    partial.write(b"end")
    assert partial.digest() == xxhash.xxh64(HALF[:5] + b"end").hexdigest()
    store.commit(partial).result(30)
    assert content(store, "x") == HALF[:5] + b"end"


def test_two_writers_under_one_key_do_not_share_a_file(store: Store) -> None:
    first, second = begin_large(store), store.begin(ABC, "x", key="job:1")
    assert second.resume_point() == (0, "")
    second.start(offset=0, validator="v1", size=3)
    second.write(b"two")
    store.commit(second).result(30)
    finish(store, first)


def test_a_discarded_partial_leaves_nothing_also_not_after_reopening(store: Store) -> None:
    partial = begin_large(store)
    partial.discard()
    store.discard(partial)
    assert leftovers(store) == []
    again = reopened(store)
    assert again.begin(ABC, "x", key="job:1").resume_point() == (0, "")
    again.close()


def test_what_a_job_left_behind_can_be_removed_at_its_end(store: Store) -> None:
    for key in ("job/1", "job/2", "other/1"):
        begin_large(store, key).close()
    writing = store.begin(ABC, "x", key="job/2")
    store.discard_kept("job/")
    assert writing.resume_point() == (len(HALF), "v1")
    writing.close()
    again = reopened(store)
    points = [again.begin(ABC, "x", key=key).resume_point()[0] for key in ("job/1", "job/2", "other/1")]
    assert points == [0, len(HALF), len(HALF)]
    assert len(leftovers(again)) == 2
    again.close()


def test_discarding_after_the_commit_is_harmless(store: Store) -> None:
    partial = store.begin(ABC, "x")
    partial.write(b"data")
    future = store.commit(partial)
    partial.discard()
    partial.close()
    future.result(30)
    assert content(store, "x") == b"data"


def test_reopening_removes_the_partials_that_nobody_will_ask_for(store: Store) -> None:
    partial = store.begin(ABC, "x")
    partial.write(b"half" * 100_000)  # a small one has no file before it is whole
    assert len(leftovers(store)) == 1
    again = reopened(store)
    assert leftovers(again) == []
    again.close()


def test_a_partial_whose_file_was_removed_by_hand_begins_anew(store: Store, tmp_path: Path) -> None:
    begin_large(store).close()
    for name in leftovers(store):
        (store.root / "partial" / name).unlink()
    partial = store.begin(ABC, "x", key="job:1")
    assert partial.resume_point() == (0, "")
    partial.write(b"new")
    store.commit(partial).result(30)
    assert content(store, "x") == b"new"


def test_a_directory_of_partial_files_that_fails_is_told_in_words_and_discarding_is_harmless(store: Store) -> None:
    directory = store.root / "partial"
    directory.rmdir()
    directory.write_text("not a directory")
    partial = store.begin(ABC, "x")
    partial.start(offset=0, validator="", size=None)
    with pytest.raises(AisnbError, match="ais://abc/x"):
        partial.write(HALF)
    partial.discard()
    directory.unlink()
    directory.mkdir()


def test_room_that_is_held_for_a_large_object_makes_it_no_longer_and_is_given_back_at_a_pause(store: Store) -> None:
    partial = store.begin(ABC, "large", key="job/1")
    partial.start(offset=0, validator="v", size=8 << 20)
    partial.write(bytes(1 << 20))
    (file,) = store.partials.directory.iterdir()
    assert file.stat().st_size == 1 << 20
    if store.partials.reserves:
        assert file.stat().st_blocks * 512 >= 8 << 20
    partial.close()
    assert file.stat().st_size == 1 << 20
    assert file.stat().st_blocks * 512 < 2 << 20
    again = store.begin(ABC, "large", key="job/1")
    assert again.resume_point() == (1 << 20, "v")
    again.start(offset=1 << 20, validator="v", size=8 << 20)
    again.write(b"x" * (7 << 20))
    record = store.commit(again).result()
    assert (record.size, record.checksum) == (8 << 20, xxhash.xxh64(bytes(1 << 20) + b"x" * (7 << 20)).hexdigest())
