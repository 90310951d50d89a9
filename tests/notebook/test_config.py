"""``%config AisMagics``: what a user likes holds at once, for displays and commands."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb.settings import PREFERENCES, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    Cell = Callable[[str], Any]


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    """A bucket with one object of 2,000 bytes."""
    (tmp_path / "a.tar").write_bytes(b"x" * 2000)
    name = f"ais://b-{uuid.uuid4().hex[:12]}"
    client = aisnb.connect()
    client.create(name)
    client.put(tmp_path / "a.tar", name)
    return name


def test_all_settings_are_listed_with_their_help(cell: Cell, capsys: pytest.CaptureFixture[str]) -> None:
    cell("%config AisMagics")
    shown = capsys.readouterr().out
    for text in ("AisMagics.provider", "AisMagics.units", "AisMagics.progress", "AisMagics.connections", "--max-conns"):
        assert text in shown


def test_units_hold_at_once_also_for_what_was_listed_before(
    cell: Cell, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cell(f"%ais ls {bucket}")
    assert "1.95KiB" in capsys.readouterr().out
    cell("%config AisMagics.units = 'si'")
    cell(f"import aisnb\nlisting = aisnb.connect().ls({bucket!r})\nlisting")
    assert "2.00KB" in capsys.readouterr().out
    cell(f"%ais ls {bucket}")
    assert "2.00KB" in capsys.readouterr().out
    cell(f"%ais get {bucket}/a.tar")
    assert "(2.00KB)" in capsys.readouterr().out
    cell(f"%ais ls {bucket} --units raw")
    assert "2000" in capsys.readouterr().out
    cell("%config AisMagics.units = 'raw'\nlisting")
    assert "2000" in capsys.readouterr().out


def test_a_bare_name_is_a_bucket_of_the_preferred_provider(cell: Cell, bucket: str) -> None:
    bare = bucket.removeprefix("ais://")
    assert len(cell(f"%ais ls {bare}")) == 1
    cell("%config AisMagics.provider = 'ht'")
    with pytest.raises(aisnb.BucketNotFound, match=f"ht://{bare}"):
        cell(f"%ais ls {bare}")
    assert len(cell(f"%ais ls {bucket}")) == 1
    assert bucket in set(cell("%ais ls ais")["name"])
    with pytest.raises(aisnb.SchemeMissing):
        cell("%ais start download localhost/a ais://abc")


def test_connections_and_progress_reach_the_commands(cell: Cell) -> None:
    cell("%config AisMagics.connections = 3\n%config AisMagics.progress = 'off'")
    assert "(default 3)" in str(cell("%ais help start download"))
    assert read_settings().progress == "off"
    cell("%config AisMagics.progress = 'auto'")
    assert read_settings({"AISNB_PROGRESS": "text"}).progress == "text"


def test_notes_leave_the_stream_of_errors_where_somebody_likes_that_and_warnings_do_not(
    cell: Cell, bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".hidden").write_text("x")
    lines = f"import aisnb\n%ais create {bucket}-empty\n%ais ls {bucket}-empty\naisnb.serve({str(tmp_path)!r}).stop()"
    cell(lines)
    shown = capsys.readouterr()
    assert "No objects" in shown.err
    assert "1 hidden file" in shown.err
    cell(f"%config AisMagics.notes = 'stdout'\n{lines}\njob = %ais start download http://localhost:1/x {bucket}-new")
    cell("job.stop()")
    shown = capsys.readouterr()
    assert "Note: No objects" in shown.out
    assert "1 hidden file" in shown.out
    assert shown.err.startswith(f"Warning: destination bucket {bucket}-new doesn't exist.")
    assert "Note: " not in shown.err


@pytest.mark.parametrize("setting", ["units = 'kib'", "provider = 'nowhere'", "progress = 1", "connections = -1"])
def test_a_value_that_makes_no_sense_changes_nothing_and_is_said(
    cell: Cell, setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    cell(f"%config AisMagics.{setting}")
    assert f"'{setting.split()[0]}'" in caplog.text
    assert (PREFERENCES.units, PREFERENCES.provider, PREFERENCES.progress) == ("iec", "ais", "auto")
    assert PREFERENCES.connections == 0


def test_unloading_forgets_what_was_set(bare_shell: InteractiveShell) -> None:
    for code in ("%load_ext aisnb", "%config AisMagics.units = 'raw'", "%unload_ext aisnb"):
        bare_shell.run_cell(code).raise_error()
    assert PREFERENCES.units == "iec"


def test_a_configuration_file_is_heeded(bare_shell: InteractiveShell) -> None:
    bare_shell.config.AisMagics.units = "si"
    bare_shell.run_cell("%load_ext aisnb").raise_error()
    assert PREFERENCES.units == "si"
    bare_shell.run_cell("%unload_ext aisnb").raise_error()
