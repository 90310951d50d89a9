from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from aisnb.fileserver.hosts import Hosts
from tests.fileserver.conftest import SMALL
from tests.fileserver.running import RunningServer, status_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:51061",
        "LocalHost.",
        "lab.localhost:80",
        "127.0.0.1",
        "127.0.0.1:51061",
        "192.168.1.7:80",
        "[::1]",
        "[::1]:51061",
        "[fe80::1]:80",
        socket.gethostname(),
        f"{socket.gethostname()}:80",
        "data.lab.example",
        "DATA.lab.example.:8080",
    ],
)
def test_loopback_names_addresses_and_own_names_are_answered(host: str) -> None:
    assert Hosts(["Data.Lab.example"]).allows(host.encode())


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "",
        "localhost, evil.example",
        "evil.example:80:80",
        "[evil.example]",
        "[::1].evil.example",
        "[::1]evil:80",
        "[::1",
        "127.0.0.1@evil.example",
        "ünï",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert not Hosts(["data.lab.example"]).allows(host.encode())


async def test_names_in_full_are_learnt_from_the_resolver_when_first_needed() -> None:
    hosts = Hosts()
    assert await hosts.allows_after_lookup(socket.getfqdn().encode())
    assert not await hosts.allows_after_lookup(b"evil.example")
    assert hosts.allows(socket.getfqdn().encode())


def test_a_page_that_points_its_name_here_gets_nothing(server: RunningServer) -> None:
    for target in ("/shard-001.tar", "/", "/nothing"):
        reply = server.get(target, {"Host": "evil.example:80"})
        assert reply.status == 403
        assert "evil.example" in reply.text
        assert "--host NAME" in reply.text


def test_a_name_given_at_the_start_is_answered(directory: Path) -> None:
    with RunningServer(directory, hosts=["data.lab.example"]) as server:
        assert server.get("/shard-001.tar", {"Host": "data.lab.example"}).body == SMALL


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: localhost\r\nHost: evil.example\r\n",
        b"Host: evil.example\r\nHost: localhost\r\n",
        b"X-Empty:\r\nHost: evil.example\r\n",
        b"Host:\r\n",
    ],
)
def test_a_host_cannot_be_smuggled_in(server: RunningServer, lines: bytes) -> None:
    reply = server.raw(b"GET /shard-001.tar HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n")
    assert status_of(reply) == 403


def test_a_request_without_host_is_refused_but_not_from_old_clients(server: RunningServer) -> None:
    assert status_of(server.raw(b"GET /shard-001.tar HTTP/1.1\r\n\r\n")) == 400
    assert status_of(server.raw(b"GET /shard-001.tar HTTP/1.0\r\n\r\n")) == 200
