"""``aisnb`` in a terminal, as a process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 60


def aisnb_command(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # options as subprocess takes them
        [sys.executable, "-m", "aisnb.cli", *words], capture_output=True, text=True, timeout=_PATIENCE, **options
    )


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Three small files in a directory."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(1, 4):
        (folder / f"shard-{number}.tar").write_bytes(bytes([number]) * 1000)
    return folder


def test_help_and_version_need_nothing() -> None:
    for words in ((), ("help",), ("--help",)):
        done = aisnb_command(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Usage: aisnb COMMAND" in done.stdout
        assert "%ais" not in done.stdout
    assert aisnb_command("--version").stdout == f"aisnb {aisnb.__version__}\n"


def test_the_two_easy_steps_work(shards: Path) -> None:
    with aisnb.serve(shards) as server:
        done = aisnb_command("start", "download", f"{server.url}shard-{{1..3}}.tar", "ais://terminal", "--wait")
        assert done.returncode == 0
        assert done.stderr.startswith("Warning: destination bucket ais://terminal doesn't exist.")
        assert "aisnb show job" in done.stdout
    done = aisnb_command("ls", "ais://terminal")
    assert done.stdout.splitlines() == [
        "NAME           SIZE",
        "shard-1.tar    1000B",
        "shard-2.tar    1000B",
        "shard-3.tar    1000B",
        "3 objects, 2.93KiB",
    ]
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        [sys.executable, "-m", "aisnb.cli", "cat", "ais://terminal/shard-2.tar"], capture_output=True, check=True
    )
    assert done.stdout == b"\2" * 1000
    assert aisnb_command("rmb", "ais://terminal", "-y").stdout == '"ais://terminal" destroyed\n'


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["ls", "ais://no-such-bucket"], 1, "To make it: aisnb create ais://no-such-bucket\n"),
        (["show", "job", "dnl-nothing"], 1, "dnl-nothing"),
        (["etl", "ls"], 1, "official ais CLI"),
        (["prefech"], 2, "Did you mean 'prefetch'? Try 'aisnb help'"),
        (["ls", "--prefx", "x"], 2, "did you mean '--prefix'"),
        (["start", "download", "localhost/x", "ais://abc"], 2, "http://localhost/x"),
        (["ls", "ais://a b"], 2, "is not a bucket name"),
    ],
)
def test_errors_are_one_line_and_tell_misuse_from_failure(words: list[str], status: int, said: str) -> None:
    done = aisnb_command(*words)
    assert done.returncode == status
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run ``aisnb serve`` in the foreground; yields it, the address it names, and its note."""
    with subprocess.Popen(
        [sys.executable, "-m", "aisnb.cli", "serve", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            yield process, process.stdout.readline().split()[1], process.stderr.readline()
        finally:
            process.kill()


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serve_stays_until_it_is_told_to_end(shards: Path, number: signal.Signals) -> None:
    with serving(shards) as (process, url, note):
        assert note.endswith("until Ctrl-C\n")
        assert fetched(f"{url}shard-1.tar") == b"\1" * 1000
        process.send_signal(number)
        assert process.wait(_PATIENCE) == 0
    assert url not in aisnb_command("serve", "ls").stdout


def test_serve_leaves_running_what_it_found_running(shards: Path) -> None:
    with serving(shards) as (first, url, _):
        with serving(shards) as (second, same_url, note):
            assert same_url == url
            assert "served before" in note
            second.send_signal(signal.SIGINT)
            assert second.wait(_PATIENCE) == 0
            assert second.stderr is not None
            assert "stays served. 'aisnb serve stop" in second.stderr.read()
        assert fetched(f"{url}shard-1.tar") == b"\1" * 1000
        first.send_signal(signal.SIGINT)
        assert first.wait(_PATIENCE) == 0
    assert url not in aisnb_command("serve", "ls").stdout


def test_serve_ends_when_others_stop_what_it_serves(shards: Path) -> None:
    with serving(shards) as (process, url, _):
        assert aisnb_command("serve", "stop", url).returncode == 0
        assert process.wait(_PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == f"Note: {shards} is not served any more\n"


def test_serve_outlasts_its_node(shards: Path) -> None:
    with serving(shards) as (process, url, _):
        killed = aisnb.node_status().pid or 0
        os.kill(killed, signal.SIGKILL)
        end = time.monotonic() + _PATIENCE
        while (now := aisnb.node_status().pid) in (None, killed) and time.monotonic() < end:
            time.sleep(0.2)  # and no other command is there to start it again
        assert now not in (None, killed)
        assert fetched(f"{url}shard-1.tar") == b"\1" * 1000
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(_PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert url not in aisnb_command("serve", "ls").stdout


def test_serve_ends_with_a_node_that_is_told_to_stop(shards: Path) -> None:
    with serving(shards) as (process, url, _):
        assert aisnb_command("node", "stop").returncode == 0
        assert process.wait(_PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == (
            f"Note: {shards} is not served any more: the node was stopped, and the next command starts both again\n"
        )
    assert aisnb_command("serve", "stop", url).returncode == 0


def test_a_strict_check_prints_what_it_found(shards: Path) -> None:
    aisnb_command("create", "ais://strict")
    aisnb_command("put", str(shards / "shard-1.tar"), "ais://strict")
    done = aisnb_command("check", "ais://strict", "--template", "shard-{1..6}.tar", "--strict")
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:6]] == [
        [f"shard-{number}.tar", "missing"] for number in range(2, 7)
    ]
    assert "5 missing" in done.stderr
    assert ".problems" not in done.stderr


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "aisnb.cli", "help"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=_PATIENCE
    )
    os.close(writer)
    assert done.stderr == ""


def test_main_returns_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "ls"]) == 0
    assert main(["nonsense"]) == 2
    captured = capsys.readouterr()
    assert "Usage: aisnb ls" in captured.out
    assert captured.err.startswith("Error: Unknown command 'nonsense'")


def test_help_shows_what_a_shell_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "start", "download"]) == 0
    shown = capsys.readouterr().out
    assert "%ais" not in shown
    assert "    aisnb start download 'http://localhost:8000/shard-{001..999}.tar' ais://abc\n" in shown
    assert main(["help", "serve"]) == 0
    shown = capsys.readouterr().out
    assert "    aisnb serve /data/shards\n" in shown
    assert "{server}" not in shown
