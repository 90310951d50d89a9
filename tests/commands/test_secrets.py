"""Passwords and tokens of sources: used, and told to nobody: no output, no error, no table, no file, no log."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb import AisnbError, background
from aisnb.settings import read_settings
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]

SECRET = "kanarienvogel"
PASSWORD = f"me:{SECRET}"
SPELLINGS = (SECRET, base64.b64encode(PASSWORD.encode()).decode()[4:-4])
HEADER = f"--header 'X-Key: {SECRET}'"

#: With a password in the link (``{d}`` is a directory) or in a header; some of them fail.
LINES = [
    "start download {d}shard-1.tar ais://b1 --wait",
    "start download '{d}shard-{{1..3}}.tar' ais://b2 --wait",
    "start download '{d}shard-{{4..7}}.tar' ais://b3 --wait",
    "start download {d}nowhere.tar ais://b4 --wait",
    "start download {d} ais://b5 --wait",
    "start download {refused}shard-1.tar ais://b6 --wait",
    "start download {tls}shard-1.tar ais://b6 --wait",
    "start download {circle}/circle ais://b7 --wait",
    "start download {away}/away ais://b7 --wait",
    "start download {away}/signed ais://b7 --wait",
    "start download {away}/signed2 ais://b7 --wait",
    "start download {plain}shard-1.tar ais://b8 --wait " + HEADER,
    "start download '{plain}shard-{{1..7}}.tar' ais://b8 --wait " + HEADER,
    "start download {d}shard-1.tar ais://b9 --dry-run",
    "start download {d}shard-1.tar ais://b9/x/ --wait --timeout 1m",
    "plan '{d}shard-{{1..7}}.tar'",
    "plan {d}",
    "plan '{d}shard-{{3..1}}.tar'",
    "plan '{d}shard-{{1..99999999}}.tar'",
    "start download {d}shard-1.tar",
    "start download '{d}shard-{{1..2' ais://b1",
    "start download {d}shard-%ff.tar ais://b1",
    "archive ls '{d}shard-{{1..7}}.tar'",
    "ls {d}",
    "ls {d}nowhere/",
    "get {d}shard-1.tar",
    "get {d}nowhere.tar",
    "ls {d}shard-1.tar --archive",
    "archive ls {d}shard-1.tar",
    "archive get {d}shard-1.tar/x",
    "sizes {d}",
    "check ais://b2 --template 'shard-{{1..7}}.tar' --source {d}",
    "blob-download {d}shard-1.tar ais://b1",
    "ls ht://",
    "ls ht:// --summary",
    "show job",
    "jobs",
    "ls ais://b1 --props all",
    "ls ais://b2 --props custom",
    "show job --filter download",
    "serve ls",
    "node status",
]


@pytest.fixture
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data root of this test's own."""
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    background.stop(read_settings())


def shown(value: object) -> str:
    """Return all that a front end may show of a value."""
    ways = [getattr(value, way, str) for way in ("_repr_html_", "to_string", "to_html", "_render_traceback_")]
    texts = [str(value), repr(value), *(str(way()) for way in ways)]
    parts = [getattr(value, part, None) for part in ("errors", "description", "__cause__", "__notes__")]
    return "\n".join([*texts, *(shown(part) for part in parts if part is not None)])


@pytest.mark.timeout(300)  # two dozen jobs and looks, some of which wait
def test_nobody_is_told_a_password(
    own_root: Path, ais: Run, context: Recorder, source: FaultySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_root.parent)  # some lines write files
    plain = source.url("/d/")
    secret = plain.replace("http://", f"http://{PASSWORD}@")
    source.add("/circle", then=Fault(location=secret.removesuffix("d/") + "circle"))
    source.add("/signed", then=Fault(location=f"/signed2?signature={SECRET}"))
    source.add("/signed2", then=Fault(location=f"/signed?signature={SECRET}"))
    source.add("/away", then=Fault(location="ftp://" + PASSWORD + "@host/a"))
    places = {
        "d": secret,
        "plain": plain,
        "circle": secret.removesuffix("/d/"),
        "away": secret.removesuffix("/d/"),
        "refused": f"http://{PASSWORD}@127.0.0.1:9/",
        "tls": secret.replace("http:", "https:"),
    }
    told: dict[str, str] = {}
    for line in LINES:
        try:
            value = ais(line.format(**places))
        except AisnbError as exc:
            value = exc
        job = getattr(value, "job", value)
        told[line] = shown(value) + shown(job)
    background.stop(read_settings())  # what is left unfinished is kept
    for job in aisnb.connect().jobs()["id"]:
        told[job] = shown(aisnb.connect().job(job))
    told["said"] = "\n".join(context.said)
    leaks = {line: text for line, text in told.items() if any(spelling in text for spelling in SPELLINGS)}
    assert not leaks
    sent = [request.headers for request in source.requests]
    assert any(
        headers.get("authorization") == f"Basic {base64.b64encode(PASSWORD.encode()).decode()}" for headers in sent
    )
    assert any(headers.get("x-key") == SECRET for headers in sent)
    files = [file for file in own_root.rglob("*") if file.is_file()]
    assert any(file.suffix in (".sqlite", ".db") or file.name.startswith("index") for file in files), files
    for file in files:
        assert not any(spelling.encode() in file.read_bytes() for spelling in SPELLINGS), file
