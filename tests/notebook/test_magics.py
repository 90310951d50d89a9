"""``%ais`` and ``%%ais`` in a real IPython shell."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import aisnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from aisnb.client import FileServer

    Cell = Callable[[str], Any]


@pytest.fixture
def bucket() -> str:
    """A bucket of its own for each test."""
    return f"ais://b-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def server(tmp_path: Path) -> FileServer:
    """Twelve shards, served."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(1, 13):
        (folder / f"shard-{number:03d}.tar").write_bytes(b"x" * number * 1000)
    return aisnb.serve(folder)


def test_a_line_returns_its_value(cell: Cell, bucket: str) -> None:
    cell(f"made = %ais create {bucket}")
    df = cell(f"df = %ais ls {bucket}\ndf")
    assert isinstance(df, pd.DataFrame)
    assert list(df.columns) == ["name", "size"]


def test_variables_are_replaced_and_templates_are_not(cell: Cell, server: FileServer, bucket: str) -> None:
    cell(f"url, bucket, stem, n = {server.url!r}, {bucket!r}, 'shard', 3")
    job = cell("%ais start download {url}{stem}-{001..003}.tar $bucket --wait")
    assert (job.total, job.done) == (3, 3)
    job = cell("%ais start download ${url}$stem-00{4,5}.tar $bucket --wait")
    assert (job.total, job.done) == (2, 2)


def test_a_job_and_a_server_stand_for_their_id_and_url(cell: Cell, server: FileServer, bucket: str) -> None:
    cell("import aisnb")
    cell(f"server = %ais serve '{server.directory}'")
    cell(f"job = %ais start download {{server}}shard-{{001..002}}.tar {bucket}")
    assert cell("%ais wait {job}").id == cell("job.id")


def test_a_function_sees_its_own_variables(cell: Cell, bucket: str) -> None:
    cell(f"def listing():\n    inner = {bucket!r}\n    df = %ais ls $inner\n    return df")
    cell(f"%ais create {bucket}")
    assert cell("listing()").attrs["bucket"] == bucket


def test_an_unknown_variable_is_an_error_that_names_it(cell: Cell) -> None:
    with pytest.raises(aisnb.UsageError, match=r"\$nobody"):
        cell("%ais ls ais://$nobody")


def test_a_cell_runs_line_by_line_and_returns_the_last_value(
    cell: Cell, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    last = cell(f"%%ais\n# first make it\ncreate {bucket}\n\nls \\\n  {bucket}")
    assert isinstance(last, pd.DataFrame)
    assert "created" in capsys.readouterr().out


def test_words_beside_the_cell_magic_run_first(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    last = cell("%%ais help wait\nhelp stop")
    assert "%ais stop" in str(last)
    assert "%ais wait" in capsys.readouterr().out


def test_an_error_in_a_cell_stops_it_there(cell: Cell, bucket: str) -> None:
    with pytest.raises(aisnb.BucketNotFound):
        cell(f"%%ais\nls {bucket}\ncreate {bucket}")
    with pytest.raises(aisnb.BucketNotFound):
        cell(f"%ais ls {bucket}")


def test_an_empty_cell_or_line_gives_help(cell: Cell) -> None:
    assert "COMMAND" in str(cell("%ais"))
    assert "COMMAND" in str(cell("%%ais\n# nothing here"))


def test_an_error_in_a_cell_says_its_line_and_what_did_not_run(cell: Cell, bucket: str) -> None:
    body = f"%%ais\n# first make it\ncreate {bucket}\n\nls \\\n  {bucket}/none\nrmb {bucket}\nls"
    with pytest.raises(aisnb.ObjectNotFound, match=r"^Line 5: .* 2 commands after it did not run\.$"):
        cell(body)
    assert cell(f"%ais ls {bucket}").empty
    with pytest.raises(aisnb.ObjectNotFound, match=r"^Line 1: .* 1 command after it did not run\.$"):
        cell(f"%%ais ls {bucket}/none\nls")
    with pytest.raises(aisnb.ObjectNotFound, match=r"^'none' not found"):
        cell(f"%%ais\nls {bucket}/none")


def test_a_semicolon_keeps_the_value_from_being_shown(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    assert cell("%ais help;") is None
    assert cell("%%ais\nhelp wait;\nhelp stop;") is None
    assert capsys.readouterr().out == ""


def test_a_template_with_a_semicolon_is_understood(cell: Cell, server: FileServer, bucket: str) -> None:
    assert cell(f"%ais start download {server.url}shard-{{001..002}}.tar {bucket} --wait;") is None
    assert len(cell(f"%ais ls {bucket}")) == 2


def test_an_error_is_one_short_line(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("%ais ls ais://there-is-no-such-bucket")
    shown = capsys.readouterr()
    assert shown.err == ""
    (line,) = shown.out.strip().splitlines()
    assert line.startswith("BucketNotFound: ")


def test_an_error_is_an_exception_of_ours_that_a_cell_can_catch(cell: Cell) -> None:
    caught = cell(
        "import aisnb\ntry:\n    %ais serch\nexcept aisnb.UsageError as error:\n    caught = str(error)\ncaught"
    )
    assert "Did you mean 'search'" in caught


def test_the_question_mark_lists_the_commands(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("%ais?").raise_error()
    shown = capsys.readouterr().out
    assert "start download" in shown
    assert "serve" in shown
