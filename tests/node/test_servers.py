from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.jobs import counts, download, ended
from tests.support.nodes import PATIENCE, running_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.nodes import NodeProcess


@pytest.fixture
def shards() -> Iterator[Path]:
    """A directory that every user of this machine can read (pytest's own ones are private)."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory).resolve() / "shards"
        path.parent.chmod(0o755)
        path.mkdir(mode=0o755)
        (path / "a.tar").write_bytes(b"a")
        yield path


def serve(node: NodeProcess, directory: Path, **request: Any) -> dict[str, Any]:
    answer = node.ask("POST", "/v1/x/servers", {"directory": str(directory), **request})
    assert answer.status == 200, answer
    return dict(answer.json())


def stop(node: NodeProcess, directory: Path) -> None:
    assert node.ask("DELETE", f"/v1/x/servers?directory={directory}").status == 200


def served(node: NodeProcess) -> list[str]:
    return [server["directory"] for server in node.ask("GET", "/v1/x/servers").json()]


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        return bytes(response.read())


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return read(url) == b"a"
    except OSError:
        return False


def test_a_directory_is_served_once_and_on_the_same_port_again(node: NodeProcess, shards: Path) -> None:
    first = serve(node, shards)
    assert first["url"] == f"http://127.0.0.1:{first['port']}/"
    assert first["already"] is False
    assert read(first["url"] + "a.tar") == b"a"
    assert serve(node, shards / ".." / "shards") == {**first, "already": True}
    assert served(node) == [str(shards)]
    stop(node, shards)
    assert served(node) == []
    with pytest.raises(urllib.error.URLError):
        read(first["url"])
    assert serve(node, shards)["port"] == first["port"]
    stop(node, shards)


def test_a_job_can_fetch_from_it(node: NodeProcess, shards: Path) -> None:
    url = serve(node, shards)["url"]
    assert counts(ended(node, download(node, "served", type="single", link=f"{url}a.tar")))[2] == 1
    stop(node, shards)


def test_a_private_directory_is_served_under_a_secret_path(node: NodeProcess, shards: Path) -> None:
    shards.chmod(0o700)
    info = serve(node, shards)
    secret = info["url"].split("/")[3]
    assert len(secret) > 15
    assert read(info["url"] + "a.tar") == b"a"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        read(f"http://127.0.0.1:{info['port']}/a.tar")
    if Path("/proc").is_dir():
        assert secret.encode() not in Path(f"/proc/{info['pid']}/cmdline").read_bytes()
    stop(node, shards)
    assert serve(node, shards)["url"] == info["url"]
    stop(node, shards)
    shards.chmod(0o755)
    shards.parent.chmod(0o700)
    assert serve(node, shards)["url"] == info["url"]
    stop(node, shards)


def test_a_secret_can_be_asked_for_or_left_out(node: NodeProcess, shards: Path) -> None:
    assert serve(node, shards, secret=True)["url"].count("/") == 4
    stop(node, shards)
    shards.chmod(0o700)
    assert serve(node, shards, secret=False)["url"].count("/") == 3
    stop(node, shards)


def test_what_cannot_be_served_is_refused(node: NodeProcess, shards: Path) -> None:
    for path, says in [(shards / "none", "no such directory"), (shards / "a.tar", "it is a file")]:
        answer = node.ask("POST", "/v1/x/servers", {"directory": str(path)})
        assert (answer.status, says in answer.message) == (404, True), answer
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = node.ask("POST", "/v1/x/servers", {"directory": str(shards), "port": port})
        assert (answer.status, "--port" in answer.message, str(port) in answer.message) == (409, True, True)
    assert served(node) == []
    answer = node.ask("DELETE", f"/v1/x/servers?directory={shards}")
    assert (answer.status, "is not served" in answer.message) == (404, True)
    assert node.ask("DELETE", "/v1/x/servers").status == 400


def test_servers_are_stopped_by_address_or_all_at_once(node: NodeProcess, shards: Path) -> None:
    (shards / "sub").mkdir()
    one, two = serve(node, shards), serve(node, shards / "sub")
    assert node.ask("DELETE", "/v1/x/servers?url=http://127.0.0.1:1/").status == 404
    answer = node.ask("DELETE", f"/v1/x/servers?url=http://localhost:{one['port']}")
    assert [info["directory"] for info in answer.json()] == [str(shards)]
    answer = node.ask("DELETE", "/v1/x/servers?all=true")
    assert [info["port"] for info in answer.json()] == [two["port"]]
    assert served(node) == []


def test_a_server_that_dies_comes_back_on_its_port(node: NodeProcess, shards: Path) -> None:
    info = serve(node, shards)
    os.kill(info["pid"], signal.SIGKILL)
    eventually(lambda: answers(info["url"] + "a.tar"))
    (again,) = node.ask("GET", "/v1/x/servers").json()
    assert (again["port"], again["url"]) == (info["port"], info["url"])
    assert again["pid"] != info["pid"]
    stop(node, shards)


def test_a_server_that_dies_again_and_again_comes_back_each_time(node: NodeProcess, shards: Path) -> None:
    info = serve(node, shards)
    killed = set[int]()

    def is_back() -> bool:
        return all(server["pid"] not in killed for server in node.ask("GET", "/v1/x/servers").json())

    for _ in range(8):
        (now,) = node.ask("GET", "/v1/x/servers").json()
        killed.add(now["pid"])
        os.kill(now["pid"], signal.SIGKILL)
        eventually(is_back)
        eventually(lambda: answers(info["url"] + "a.tar"))
    stop(node, shards)


def test_servers_end_with_their_node_and_come_back_with_the_next(tmp_path: Path, shards: Path) -> None:
    with running_node(tmp_path / "home") as node:
        info = serve(node, shards)
        node.kill()
        eventually(lambda: not answers(info["url"] + "a.tar"))
    with running_node(tmp_path / "home") as node:
        assert read(info["url"] + "a.tar") == b"a"
        assert served(node) == [str(shards)]
        stop(node, shards)
    with running_node(tmp_path / "home") as node:
        assert served(node) == []


def test_a_port_that_was_taken_meanwhile_is_said_in_the_log(tmp_path: Path, shards: Path) -> None:
    with running_node(tmp_path / "home") as node:
        info = serve(node, shards)
    with socket.create_server(("127.0.0.1", info["port"])), running_node(tmp_path / "home") as node:
        (again,) = node.ask("GET", "/v1/x/servers").json()
        assert again["port"] != info["port"]
        assert read(again["url"] + "a.tar") == b"a"
        assert f"Port {info['port']}" in node.log


def test_a_directory_that_is_gone_does_not_keep_the_node_from_starting(tmp_path: Path, shards: Path) -> None:
    with running_node(tmp_path / "home") as node:
        serve(node, shards)
    (shards / "a.tar").unlink()
    shards.rmdir()
    with running_node(tmp_path / "home") as node:
        assert served(node) == []
        assert "is not served any more" in node.log
