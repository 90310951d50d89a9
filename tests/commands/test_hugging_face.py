"""Downloads of Hugging Face repositories, from a hub of our own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import aisnb

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]


@pytest.fixture
def hub(source: FaultySource, monkeypatch: pytest.MonkeyPatch) -> FaultySource:
    """A hub with a model of three files and a dataset of three parquet files."""
    monkeypatch.setenv("HF_ENDPOINT", source.url("").rstrip("/"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    files = ("config.json", "deep/weights.bin", ".gitattributes")
    told = {"siblings": [{"rfilename": name} for name in files]}
    for revision in ("main", "v1"):
        source.add(f"/api/models/org/net/revision/{revision}", json.dumps(told).encode())
        for name in files:
            source.add(f"/org/net/resolve/{revision}/{name}", f"{revision} {name}".encode())
    links = [source.add(f"/p/{name}.parquet", name.encode()) for name in ("a", "b", "c")]
    splits = {"default": {"train": links[:2], "test": links[2:]}}
    source.add("/api/datasets/org/data/parquet", json.dumps(splits).encode())
    return source


def test_all_files_of_a_model_come(ais: Run, hub: FaultySource, bucket: str) -> None:
    job = ais(f"start download --hf-model org/net {bucket}/net/ --wait")
    assert (job.done, job.failed) == (2, 0)
    assert ais(f"ls {bucket}")["name"].tolist() == ["net/config.json", "net/deep/weights.bin"]


def test_one_file_of_a_revision_comes_with_a_token(
    ais: Run, hub: FaultySource, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "sesame")
    ais(f"start download --hf-model org/net --hf-file config.json --hf-revision v1 {bucket} --wait")
    assert ais(f"cat {bucket}/config.json") == b"v1 config.json"
    assert {request.headers.get("authorization") for request in hub.requests} == {"Bearer sesame"}


def test_parquet_files_of_a_dataset_come(ais: Run, hub: FaultySource, bucket: str) -> None:
    plan = ais(f"start download --hf-dataset org/data {bucket} --dry-run")
    assert sorted(plan["name"]) == ["default/train/0.parquet", "default/train/1.parquet", "test/0.parquet"]
    ais(f"start download --hf-dataset org/data {bucket} --wait")
    assert ais(f"cat {bucket}/default/train/1.parquet") == b"b"


def test_what_is_no_repository_is_said(ais: Run, hub: FaultySource, bucket: str) -> None:
    with pytest.raises(aisnb.SourceError, match="404"):
        ais(f"start download --hf-model org/nothing {bucket}")
    hub.add("/api/datasets/org/empty/parquet", b"{}")
    with pytest.raises(aisnb.SourceError, match="names no files"):
        ais(f"start download --hf-dataset org/empty {bucket}")
    hub.add("/api/datasets/org/page/parquet", b"<html>")
    with pytest.raises(aisnb.SourceError, match="HF_ENDPOINT"):
        ais(f"start download --hf-dataset org/page {bucket}")


@pytest.mark.parametrize(
    "words",
    ["--hf-model a/b http://h/x ais://b", "--hf-model a/b --hf-dataset c/d ais://b", "http://127.0.0.1:1/x"],
)
def test_a_source_is_said_once_and_a_destination_always(ais: Run, hub: FaultySource, words: str) -> None:
    with pytest.raises(aisnb.UsageError):
        ais(f"start download {words}")


def test_an_answer_that_is_no_text_is_said(ais: Run, hub: FaultySource, bucket: str) -> None:
    hub.add("/api/models/org/odd/revision/main", b'{"siblings": [{"rfilename": "\xa3"}]}')
    with pytest.raises(aisnb.SourceError, match="does not answer as a hub does"):
        ais(f"start download --hf-model org/odd {bucket}")
