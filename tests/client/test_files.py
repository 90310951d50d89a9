"""Directories that are served by the local node."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb.client.files import list_servers, stop_servers

if TYPE_CHECKING:
    from pathlib import Path


def read(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:
        return bytes(response.read())


def test_a_directory_is_served_until_it_is_stopped(shards: Path) -> None:
    server = aisnb.serve(shards)
    assert server.url.endswith("/")
    assert (server.directory, server.already) == (shards.resolve(), False)
    assert str(server.port) in server.url
    assert repr(server) == f"FileServer {server.url} serves {shards.resolve()}"
    assert read(server.url + "shard-002.tar") == (shards / "shard-002.tar").read_bytes()
    assert f"{server}shard-002.tar" == server.url + "shard-002.tar"
    server.stop()
    server.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(server.url)
    assert repr(server) == f"FileServer {server.url} served {shards.resolve()} and was stopped"


def test_a_handle_knows_that_somebody_else_stopped_its_server(shards: Path) -> None:
    server = aisnb.serve(shards)
    assert server.is_served
    stop_servers(shards)
    assert not server.is_served
    assert "was stopped" in repr(server)


def test_serving_again_returns_the_running_server_and_later_the_same_address(shards: Path) -> None:
    with aisnb.serve(shards) as first:
        second = aisnb.serve(str(shards))
        assert (second.url, second.already) == (first.url, True)
    with aisnb.serve(shards) as third:
        assert third.url == first.url


def test_servers_are_listed_and_stopped_by_directory_or_address(shards: Path) -> None:
    server = aisnb.serve(shards)
    row = list_servers().set_index("directory").loc[str(server.directory)]
    assert (row["url"], row["port"]) == (server.url, server.port)
    assert stop_servers(shards)["url"].tolist() == [server.url]
    aisnb.serve(shards)
    assert stop_servers(server.url)["directory"].tolist() == [str(shards.resolve())]
    with pytest.raises(aisnb.ServerNotFound):
        stop_servers(shards)
    with pytest.raises(aisnb.UsageError):
        stop_servers()


def test_what_cannot_be_served_is_said(tmp_path: Path, shards: Path) -> None:
    with pytest.raises(aisnb.DirectoryNotFound, match="no-such"):
        aisnb.serve(tmp_path / "no-such")
    other = tmp_path / "other"
    other.mkdir()
    with aisnb.serve(shards) as server, pytest.raises(aisnb.PortInUse, match=str(server.port)):
        aisnb.serve(other, port=server.port)


def test_a_directory_that_is_served_stays_where_it_is_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with aisnb.serve(tmp_path) as server:
        assert capsys.readouterr().err == ""
        again = aisnb.serve(tmp_path, port=server.port + 1)
        assert again.url == server.url
        assert f"is served already, at 127.0.0.1 port {server.port}" in capsys.readouterr().err


@pytest.mark.parametrize("otherwise", [{"hosts": ["data.example"]}, {"secret": True}, {"secret": False}])
def test_a_directory_that_is_served_otherwise_than_asked_for_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], otherwise: dict[str, Any]
) -> None:
    first = {"secret": not otherwise.get("secret", True)}
    with aisnb.serve(tmp_path, **first):
        assert capsys.readouterr().err == ""
        aisnb.serve(tmp_path, **otherwise)
        assert f"stop serving it first: %ais serve stop {tmp_path}" in capsys.readouterr().err
        aisnb.serve(tmp_path, **first)
        assert capsys.readouterr().err == ""


def test_what_is_left_out_of_a_served_directory_is_told_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    served, outside = tmp_path / "served", tmp_path / "outside"
    served.mkdir()
    outside.write_text("x")
    for name in ("a.tar", ".hidden", ".other"):
        (served / name).write_text(name)
    (served / ".git").mkdir()
    (served / "inside").symlink_to("a.tar")
    (served / "out").symlink_to(outside)
    with aisnb.serve(served) as server:
        said = capfd.readouterr().err
        assert f"'{served}'" in said
        assert "2 hidden files (.hidden, .other)" in said
        assert "1 link (out) that leads out of it" in said
        assert aisnb.connect().ls(server.url)["name"].tolist() == ["a.tar", "inside"]
        aisnb.serve(served)
        assert capfd.readouterr().err == ""


def test_nothing_is_told_where_nothing_is_left_out(shards: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with aisnb.serve(shards):
        assert capfd.readouterr().err == ""
