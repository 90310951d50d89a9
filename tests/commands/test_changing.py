"""``cp``, ``mv``, ``set-custom``, ``concat`` and ``archive bucket``, as a front end runs them."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

import aisnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


@pytest.fixture
def other() -> str:
    """The name of a bucket that is not there yet."""
    return f"ais://commands-{uuid4().hex[:12]}"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("cp {b} {o}", [f"shard-{number}.tar" for number in range(1, 6)]),
        ("cp {b} {o} --all --prepend x-", [f"x-shard-{number}.tar" for number in range(1, 6)]),
        ("cp {b}/shard-{{1..2}}.tar {o}/in/", ["in/shard-1.tar", "in/shard-2.tar"]),
        ("cp {b} {o} --template shard-{{4..5}}.tar", ["shard-4.tar", "shard-5.tar"]),
        ("cp {b} {o} --list shard-1.tar,shard-3.tar", ["shard-1.tar", "shard-3.tar"]),
        ("cp {b} {o} --prefix shard-3", ["shard-3.tar"]),
    ],
)
def test_objects_are_copied_by_a_job(ais: Run, filled: str, other: str, words: str, names: list[str]) -> None:
    job = ais(words.format(b=filled, o=other) + " --wait")
    assert (job.state, job.failed) == ("finished", 0)
    assert ais(f"ls {other}")["name"].tolist() == names


def test_one_object_is_copied_at_once(ais: Run, filled: str, other: str) -> None:
    assert ais(f"cp {filled}/shard-2.tar {other}") == f"COPY {filled}/shard-2.tar => {other}/shard-2.tar"
    assert ais(f"cp {filled}/shard-2.tar {other}/a/b").value == f"{other}/a/b"
    assert ais(f"ls {other}")["size"].tolist() == [2000, 2000]
    with pytest.raises(aisnb.ObjectNotFound):
        ais(f"cp {filled}/nothing {other}")
    with pytest.raises(aisnb.UsageError, match="'--all'"):
        ais(f"cp {filled} {other} --all --prefix s")


def test_buckets_and_objects_take_new_names(ais: Run, filled: str, other: str) -> None:
    assert ais(f"object mv {filled}/shard-1.tar one") == '"shard-1.tar" moved to "one"'
    assert ais(f"object mv {filled}/one {filled}/two").value == f"{filled}/two"
    with pytest.raises(aisnb.UsageError, match="stays in its bucket"):
        ais(f"object mv {filled}/two {other}/two")
    assert ais(f"bucket mv {filled} {other} --wait").state == "finished"
    assert "two" in ais(f"ls {other}")["name"].tolist()
    with pytest.raises(aisnb.UsageError, match="called so already"):
        ais(f"bucket mv {other} {other}")


def test_words_are_noted_with_an_object(ais: Run, filled: str) -> None:
    ais(f"object set-custom {filled}/shard-1.tar split=train note=a=b")
    (custom,) = ais(f"ls {filled} --prefix shard-1 --props custom")["custom"]
    assert (custom["split"], custom["note"]) == ("train", "a=b")
    with pytest.raises(aisnb.UsageError, match="KEY=VALUE"):
        ais(f"object set-custom {filled}/shard-1.tar split")


def test_files_become_one_object_and_objects_one_shard(ais: Run, filled: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello ")
    (tmp_path / "b").write_text("world")
    assert "size 11B" in ais(f"object concat {tmp_path}/a {tmp_path}/b {filled}/ab")
    assert ais(f"cat {filled}/ab") == b"hello world"
    assert ais(f"archive bucket {filled}/shard-{{1..2}}.tar {other}/all.tar --wait").state == "finished"
    ais(f"archive bucket {filled} {other}/all.tar --list ab --append --wait")
    with tarfile.open(fileobj=io.BytesIO(ais(f"cat {other}/all.tar"))) as shard:
        assert shard.getnames() == ["shard-1.tar", "shard-2.tar", "ab"]


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("alias", "%config"),
        ("config cli show", "%config"),
        ("auth whoami", "TOKEN_FILE"),
    ],
)
def test_what_has_another_name_here_is_pointed_to(ais: Run, words: str, advice: str) -> None:
    with pytest.raises(aisnb.Unsupported, match=advice):
        ais(words)
