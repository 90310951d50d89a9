from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import NodeError
from aisnb.store import open_store
from aisnb.store.fsck import fsck
from tests.store.writing import ABC, content, names, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aisnb.store import Store


def remove(index: Path) -> None:
    index.unlink()


def empty(index: Path) -> None:
    index.write_bytes(b"")


def overwrite(index: Path) -> None:
    index.write_bytes(b"this is not a database, and long enough to be looked at" * 100)


def overwrite_first_tables(index: Path) -> None:
    whole = index.read_bytes()
    index.write_bytes(whole[:100] + b"\xff" * 4000 + whole[4100:])


def cut(index: Path) -> None:
    index.write_bytes(index.read_bytes()[:5000])


@pytest.mark.parametrize("harm", [remove, empty, overwrite, overwrite_first_tables, cut])
def test_an_index_that_is_lost_or_damaged_is_made_anew_from_the_files_and_that_is_said(
    store: Store, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    put(store, "a", b"1")
    put(store, "dir/b", b"22")
    store.close()
    harm(store.root / "index.db")
    with caplog.at_level(logging.WARNING, "aisnb.store"):
        again = open_store(store.root)
    assert names(again) == ["a", "dir/b"]
    assert [content(again, name) for name in names(again)] == [b"1", b"22"]
    assert fsck(again).clean
    assert "2 objects" in caplog.text
    again.close()


def test_a_damaged_index_is_set_aside_not_deleted(store: Store) -> None:
    store.close()
    overwrite(store.root / "index.db")
    before = (store.root / "index.db").read_bytes()
    open_store(store.root).close()
    (aside,) = store.root.glob("index.db.damaged-*")
    assert aside.read_bytes() == before


def test_a_sound_index_is_opened_without_a_word(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    put(store, "a", b"1")
    (store.root / "buckets/ais/abc/by-hand").write_text("not an object yet")
    store.close()
    again = open_store(store.root)
    assert names(again) == ["a"]
    assert caplog.text == ""
    again.close()


def test_a_new_root_is_opened_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_store(tmp_path / "new").close()
    assert caplog.text == ""


def test_an_index_that_is_merely_in_use_or_newer_is_left_alone(store: Store) -> None:
    import sqlite3

    store.create_bucket(ABC, exist_ok=True)
    store.close()
    with sqlite3.connect(store.root / "index.db") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(NodeError, match="newer aisnb"):
        open_store(store.root)
    assert list(store.root.glob("index.db.damaged-*")) == []
