from __future__ import annotations

import sqlite3
import stat
from typing import TYPE_CHECKING, Any

import pytest

from aisnb.errors import NodeError
from aisnb.store import Completion, JobRecord, Store
from tests.store.writing import ABC, content, names, put

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_root_is_for_its_owner_only(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "root"
    Store(root).close()
    assert [mode(path) for path in (root, root / "buckets", root / "partial")] == [0o700] * 3


def test_in_a_root_that_was_there_the_parts_are_for_their_owner_only(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    store = Store(root)
    store.create_bucket(ABC)
    assert mode(root) == 0o755  # it may be someone's home: it is not ours to close
    assert [mode(path) for path in sorted(root.glob("*")) if path.is_dir()] == [0o700] * 2
    assert {mode(path) for path in root.glob("index.db*")} == {0o600}
    store.close()


def test_an_index_of_a_newer_version_is_left_alone(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.root / "index.db") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(NodeError, match=r"newer aisnb \(format 99.*Upgrade aisnb"):
        Store(store.root)


def test_a_damaged_index_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "index.db").write_bytes(b"this is not a database, and long enough to be looked at" * 100)
    with pytest.raises(NodeError, match="node fsck"):
        Store(tmp_path)


def test_a_root_that_is_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "root").write_text("")
    with pytest.raises(NodeError, match="AISNB_HOME"):
        Store(tmp_path / "root")


@pytest.fixture
def no_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite use its dot-file locks, which like network file systems give no shared memory: it refuses WAL."""
    connect = sqlite3.connect

    def with_dot_files(place: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(f"{place}&vfs=unix-dotfile", **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", with_dot_files)


@pytest.mark.usefixtures("no_shared_memory")
def test_where_write_ahead_logs_are_refused_one_connection_does_it_all(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.database.shared
    store.create_bucket(ABC)
    store.jobs.insert(JobRecord("j", "download"))
    for number in range(20):
        put(store, f"{number}", b"%d" % number, Completion("j", number, "done", 1))
    assert store.set_custom(ABC, "7", {"a": "b"}).custom == {"a": "b"}
    assert content(store, "7") == b"7"
    assert store.remove(ABC, ["8"]) == 1
    store.close()
    again = Store(tmp_path)
    assert len(names(again)) == 19
    assert again.jobs.load("j").done == 20
    again.close()


def test_a_root_that_moved_to_a_disk_without_shared_memory_still_opens(
    store: Store, request: pytest.FixtureRequest
) -> None:
    put(store, "x", b"data")
    store.close()
    request.getfixturevalue("no_shared_memory")
    again = Store(store.root)
    assert not again.database.shared
    assert content(again, "x") == b"data"
    again.close()
