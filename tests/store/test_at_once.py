"""Several writers of one name at the same time."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.store.writing import ABC, content, names, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.store import Store

ROUNDS = 600


@pytest.fixture
def restless() -> Iterator[None]:
    """Let threads take turns as often as can be."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_an_object_that_comes_and_goes_is_in_nobodys_way(store: Store) -> None:
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            put(store, "x", b"others")
            store.remove(ABC, ["x"])

    others = [threading.Thread(target=come_and_go) for _ in range(2)]
    for other in others:
        other.start()
    try:
        for _ in range(ROUNDS):
            store.begin(ABC, "x").discard()
    finally:
        over.set()
        for other in others:
            other.join()
    put(store, "x", b"ours")
    assert (names(store), content(store, "x")) == (["x"], b"ours")
