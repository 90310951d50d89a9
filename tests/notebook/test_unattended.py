"""The notebook that nobody watches, run by papermill: against a source that fails first, and one that never mends."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

import aisnb
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "03-unattended.ipynb"


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """Four files."""
    with FaultySource() as source:
        for number in range(1, 5):
            source.add(f"/part-{number}", b"x" * 1000 * number)
        yield source


@pytest.fixture
def bucket() -> str:
    """A bucket of its own for each test."""
    return f"ais://u-{uuid.uuid4().hex[:12]}"


def run(folder: Path, source: FaultySource, bucket: str) -> tuple[int, nbformat.NotebookNode]:
    """Run the notebook as a scheduler does; return the exit status and the record."""
    record = folder / "record.ipynb"
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), str(record), "--no-progress-bar", "-k", "python3"]
    command += [
        "-p",
        "source",
        source.url("/part-{1..4}"),
        "-p",
        "bucket",
        bucket,
        "-p",
        "tries",
        "3",
        "-p",
        "pause",
        "0",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    return done.returncode, nbformat.read(record, as_version=4)


def read(record: nbformat.NotebookNode) -> str:
    """Return what a reader of the record sees, as text."""
    said = []
    for cell in record.cells:
        for output in cell.get("outputs", []):
            text = (
                output.get("text") or output.get("data", {}).get("text/plain") or "\n".join(output.get("traceback", []))
            )
            said.append(text)
    return "\n".join(said)


def test_what_failed_is_tried_again_and_the_record_tells(tmp_path: Path, source: FaultySource, bucket: str) -> None:
    source.add("/part-3", b"x" * 3000, faults=[Fault(status=404)])
    status, record = run(tmp_path, source, bucket)
    text = read(record)
    assert status == 0, text
    assert re.search(r"dnl-[\w-]+: 3 files, 6\.84KiB in \d:\d\d \(1 failed\)", text)
    assert re.search(r"part-3 .* 404 ", text)
    assert re.search(r"dnl-[\w-]+: 1 file, 2\.93KiB in \d:\d\d\n", text)
    assert "4 objects, 9.77KiB" in text
    assert "0%" not in text
    assert aisnb.connect().ls(bucket)["size"].tolist() == [1000, 2000, 3000, 4000]


def test_what_never_comes_fails_the_run_and_the_record_says_why(
    tmp_path: Path, source: FaultySource, bucket: str
) -> None:
    source.add("/part-3", then=Fault(status=410))
    status, record = run(tmp_path, source, bucket)
    text = read(record)
    assert status != 0
    assert len(re.findall(r"part-3 .* 410 ", text)) == 3
    assert "JobFailed" in text
    assert "1 of 1 file failed: part-3 (the source answered 410)" in text
    assert aisnb.connect().ls(bucket)["name"].tolist() == ["part-1", "part-2", "part-4"]
