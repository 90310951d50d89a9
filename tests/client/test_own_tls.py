"""The local node by TLS: the package's own clients, the official SDK, and training readers reach it as they are."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb import background
from aisnb.commands import Session, run_line
from aisnb.commands.catalogue import COMMANDS
from aisnb.node.listening import Listening
from aisnb.settings import read_settings
from tests.client.secure import Authority
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faulty import FaultySource

BODY = random.Random(7).randbytes(3_000_000)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data root of this test's own, named in the environment."""
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    for name in ("AIS_ENDPOINT", "AIS_AUTHN_TOKEN", "AIS_CLIENT_CA"):
        monkeypatch.setenv(name, "")  # what a command sets is taken back
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "")  # the SDK would look there first
    yield tmp_path / "home"
    background.stop(read_settings())


def self_signed(folder: Path) -> Listening:
    """Return TLS by a certificate that has signed itself, as people make them."""
    certificate, key = folder / "self.pem", folder / "self.key"
    words = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *words], check=True, capture_output=True)
    return Listening("127.0.0.1", ("localhost",), str(certificate), str(key))


def test_everything_works_as_without_it(home: Path, tmp_path: Path, source: FaultySource) -> None:
    settings = read_settings()
    background.start(settings, listening=self_signed(tmp_path))
    with aisnb.connect() as client:
        client.create("ais://b")
        (tmp_path / "large").write_bytes(BODY)
        client.put(tmp_path / "large", "ais://b/large")
        assert client.get("ais://b/large") == BODY
        (tmp_path / "small").write_bytes(BODY[:1000])
        client.put(tmp_path / "small", "ais://b/a")
        assert [client.get("ais://b/a") for _ in range(3)] == [BODY[:1000]] * 3
        assert client.get("ais://b/large", offset=1_000_000, length=10) == BODY[1_000_000:1_000_010]
        assert client.download(source.add("/a", BODY), "ais://b").wait(PATIENCE).done == 1
        assert list(client.ls("ais://b")["name"]) == ["a", "large"]
        assert background.status(settings).leases == 1


def test_the_official_sdk_is_told_whom_to_trust(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("aistore")
    background.start(read_settings(), listening=self_signed(tmp_path))
    with aisnb.connect() as client:
        client.create("ais://b")
    session = Session(COMMANDS)
    said = str(run_line("node env", {}, session))
    assert f"export AIS_CLIENT_CA={tmp_path}/self.pem" in said
    assert os.environ["AIS_ENDPOINT"].startswith("https://localhost:")
    code = "import os, aistore.sdk as sdk; print(sdk.Client(os.environ['AIS_ENDPOINT']).cluster().list_buckets())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "'b'" in told.stdout, told.stderr
    assert "b" in {bucket.name for bucket in aisnb.sdk_client().cluster().list_buckets()}
    assert "ais://b" in set(run_line("ls", {}, session)["name"])
    os.environ["REQUESTS_CA_BUNDLE"] = "elsewhere"
    run_line("node env", {}, session)
    assert "REQUESTS_CA_BUNDLE before" in capsys.readouterr().err
    session.close()


def test_what_an_authority_signed_is_left_to_that_authority(home: Path, tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).sign("node")
    background.start(read_settings(), listening=Listening("127.0.0.1", ("localhost",), str(certificate), str(key)))
    session = Session(COMMANDS)
    assert "AIS_CLIENT_CA" not in str(run_line("node env", {}, session))
    session.close()
