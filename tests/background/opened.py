"""``python -m tests.background.opened HOME CERTIFICATE KEY``: the node opened to others, by those who come as such.

To be run where this machine has the address 10.9.9.9, and nobody else is.
"""

from __future__ import annotations

import http.client
import io
import os
import signal
import ssl
import sys
from contextlib import redirect_stderr
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import aisnb
from aisnb.commands import Session, run_line
from aisnb.commands.catalogue import COMMANDS

ADDRESS = "10.9.9.9"


class _Recorder(Session):
    """A front end that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(COMMANDS)
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


def _status(port: int, token: str, *, tls: bool, host: str = ADDRESS) -> int:
    """Return the status that a caller from elsewhere gets for a listing of buckets; 0 if there is no answer."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    caller = kind(ADDRESS, port, timeout=30, **({"context": context} if tls else {}))  # type: ignore[arg-type]
    try:
        caller.request("GET", "/v1/buckets", headers={"Authorization": f"Bearer {token}", "Host": host})
        return caller.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        caller.close()


def _open_up(certificate: str, key: str) -> None:
    recorder = _Recorder()
    state = run_line("node start", {}, recorder)
    port = urlsplit(state.endpoint).port
    assert _status(port, "x", tls=False) == 0, "it listens on this machine only until it is told otherwise"
    assert recorder.said == []
    state = run_line(
        f"node start --bind 0.0.0.0 --host lab.example --certificate {certificate} --key {key}", {}, recorder
    )
    assert state.public == f"https://lab.example:{port}", state
    assert "other machines" in repr(state)
    said = " ".join(recorder.said)
    assert "open to other machines" in said, said
    assert str(state.token_file) in said, said
    assert "Without TLS" not in said, said
    token = state.token_file.read_text().split('"')[3]
    assert token not in said + repr(state)
    _come_in(port, token)
    with aisnb.connect() as client:
        client.create("ais://opened")
        os.kill(aisnb.node_status().pid or 0, signal.SIGKILL)
        assert "ais://opened" in set(client.buckets()["name"])
    _come_in(port, token)


def _come_in(port: int, token: str) -> None:
    assert _status(port, token, tls=True) == 200
    assert _status(port, token, tls=True, host="lab.example") == 200
    assert _status(port, token, tls=True, host="evil.example") == 403
    assert _status(port, "wrong", tls=True) == 401
    assert _status(port, token, tls=False) in (0, 400)


def _without_tls() -> None:
    recorder = _Recorder()
    state = run_line(f"node start --bind {ADDRESS} --insecure", {}, recorder)
    assert "Without TLS" in " ".join(recorder.said), recorder.said
    port = urlsplit(state.endpoint).port or 0
    assert state.endpoint == f"http://{ADDRESS}:{port}"
    assert _status(port, state.token_file.read_text().split('"')[3], tls=False) == 200
    run_line("node env", {}, recorder)
    assert "ais://opened" in set(run_line("ls", {}, recorder)["name"]), "it is still known as the local node"
    del os.environ["AIS_ENDPOINT"]
    run_line("node start --bind 127.0.0.1", {}, recorder)
    assert _status(port, "x", tls=False) == 0


def _serve(directory: Path) -> None:
    recorder = _Recorder()
    errors = io.StringIO()
    directory.mkdir()
    (directory / "a").write_text("a")
    with redirect_stderr(errors):
        server = run_line(f"serve {directory} --bind {ADDRESS} --secret", {}, recorder)
    assert "can be read from other machines" in errors.getvalue(), errors.getvalue()
    assert server.url.startswith(f"http://{ADDRESS}:")
    assert urlopen(f"{server.url}a", timeout=30).read() == b"a"
    with redirect_stderr(errors := io.StringIO()):
        run_line("serve stop --all", {}, recorder)
        run_line(f"serve {directory}", {}, recorder)
    assert "other machines" not in errors.getvalue(), errors.getvalue()


if __name__ == "__main__":
    os.environ.update(AISNB_HOME=sys.argv[1], AISNB_IDLE="30")
    try:
        _open_up(sys.argv[2], sys.argv[3])
        _without_tls()
        _serve(Path(sys.argv[1]).with_name("served"))
    finally:
        run_line("node stop", {}, _Recorder())
