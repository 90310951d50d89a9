"""Tab in ``%ais`` lines and ``%%ais`` bodies."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter

import aisnb
from aisnb.notebook import names
from aisnb.notebook.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    Offers = Callable[[str], list[str]]


@pytest.fixture
def offers(shell: InteractiveShell) -> Offers:
    """Return the whole texts that Tab at the end of a cell would make of it."""

    def complete(code: str) -> list[str]:
        with provisionalcompleter():
            found = list(shell.Completer.completions(code, len(code)))
        return [code[: each.start] + each.text for each in found]

    return complete


def eventually(offers: Offers, code: str, wanted: str) -> None:
    """Wait until Tab offers `wanted`: names come in the background."""
    deadline = time.monotonic() + 30
    while wanted not in (found := offers(code)):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("%ais sta", ["%ais start", "%ais status"]),
        ("%ais start ", ["%ais start blob-download", "%ais start download", "%ais start prefetch"]),
        ("job = %ais start down", ["job = %ais start download"]),
        ("if True:\n    %ais start down", ["if True:\n    %ais start download"]),
        ("%%ais start down", ["%%ais start download"]),
        ("%%ais\nls\nstart down", ["%%ais\nls\nstart download"]),
        ("%ais start \\\n  down", ["%ais start \\\n  download"]),
        ("%ais ls --units ", ["%ais ls --units iec", "%ais ls --units si", "%ais ls --units raw"]),
        ("%ais wait --prog", ["%ais wait --progress"]),
        ("%ais help stat", ["%ais help status"]),
    ],
)
def test_words_flags_and_choices_are_offered(offers: Offers, typed: str, wanted: list[str]) -> None:
    assert offers(typed) == wanted


def test_a_flag_is_offered_once(offers: Offers) -> None:
    assert "%ais wait --progress --progress" not in offers("%ais wait --progress --p")


def test_local_paths_are_offered_with_blanks_in_quotes(offers: Offers, tmp_path: Path) -> None:
    (tmp_path / "my shards").mkdir()
    (tmp_path / "my-file").touch()
    start = f"%ais serve {tmp_path}/my"
    assert offers(start) == [f"%ais serve '{tmp_path}/my shards/"]
    assert offers(f"%ais serve '{tmp_path}/my s") == [f"%ais serve '{tmp_path}/my shards/"]
    assert f"%ais put {tmp_path}/my-file" in offers(f"%ais put {tmp_path}/my-")


def test_what_no_command_knows_brings_no_names_of_python(offers: Offers) -> None:
    assert offers("%ais ls pri") == ["%ais ls pri"]


@pytest.mark.parametrize("code", ["pri", "x = 'a %ais st", "# %ais st", "%%ais\n# st"])
def test_elsewhere_python_completes_as_before(bare_shell: InteractiveShell, code: str) -> None:
    with provisionalcompleter():
        before = [each.text for each in bare_shell.Completer.completions(code, len(code))]
        aisnb.load_ipython_extension(bare_shell)
        after = [each.text for each in bare_shell.Completer.completions(code, len(code))]
        aisnb.unload_ipython_extension(bare_shell)
    assert after == before


def test_buckets_objects_jobs_and_servers_come_from_what_is_there(
    shell: InteractiveShell, offers: Offers, tmp_path: Path
) -> None:
    (tmp_path / "shard-001.tar").write_bytes(b"x")
    server = aisnb.serve(tmp_path)
    job: Any = aisnb.connect().download(server.url + "shard-001.tar", "ais://completed", wait=True)
    eventually(offers, "%ais ls ais://comp", "%ais ls ais://completed")
    eventually(offers, "%ais get ais://completed/sh", "%ais get ais://completed/shard-001.tar")
    eventually(offers, "%ais wait dnl-", f"%ais wait {job.id}")
    eventually(offers, "%ais serve stop http", f"%ais serve stop {server.url}")


def test_tab_starts_no_node(offers: Offers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    for code in ("%ais ls ais://", "%ais wait ", "%ais serve stop "):
        offers(code)
    for thread in threading.enumerate():
        if thread.name == "aisnb-names":
            thread.join(30)
    assert not aisnb.node_status().running
    assert not (tmp_path / "home" / "node.json").exists()


def test_an_endpoint_that_is_silent_keeps_nobody_waiting(offers: Offers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIS_ENDPOINT", "http://127.0.0.1:9")
    assert offers("%ais ls ais://a") == ["%ais ls ais://a"]


def test_the_first_tab_has_names_where_they_come_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endpoint:
        """Answers once it is allowed to."""

        def buckets(self) -> pd.DataFrame:
            assert may_answer.wait(30)
            return pd.DataFrame({"name": ["ais://abc"]})

    may_answer = threading.Event()
    slow = Names(Endpoint)  # type: ignore[arg-type]  # all that is asked of a client here
    assert slow.find("bucket", "a") == []
    may_answer.set()
    monkeypatch.setattr(names, "FIRST_SECONDS", 30.0)
    assert Names(Endpoint).find("bucket", "a") == ["ais://abc"]  # type: ignore[arg-type]  # as above
