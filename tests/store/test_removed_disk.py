"""The disk of a data root is taken away under an open store, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.errors import AisnbError, NodeError, ObjectNotFound
from aisnb.store.fsck import fsck
from tests.store.writing import ABC, content, names, put

if TYPE_CHECKING:
    from aisnb.store import Store


def test_nothing_is_taken_out_of_the_index_nor_put_in_the_empty_place(store: Store) -> None:
    put(store, "x", b"data")
    away = store.root.with_name("away")
    store.root.rename(away)
    store.root.mkdir()
    with pytest.raises(ObjectNotFound):
        store.open(ABC, "x")
    with pytest.raises(AisnbError):
        put(store, "y", b"more")
    with store.database.reading(), pytest.raises(NodeError, match="unable to open"), store.database.reading():
        pytest.fail("a second reader was given a database")
    with pytest.raises(NodeError, match="Put it back"):
        fsck(store)
    assert list(store.root.iterdir()) == []
    store.root.rmdir()
    away.rename(store.root)
    assert content(store, "x") == b"data"
    put(store, "y", b"more")
    assert names(store) == ["x", "y"]
    assert fsck(store).clean
