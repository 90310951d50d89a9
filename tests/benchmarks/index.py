"""Listing a web directory of 10,000 files: the index read into a DataFrame, from several servers."""

from __future__ import annotations

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aisnb
from aisnb.uris import web_bucket
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.benchmarks.peers import nginx
from tests.support.sources import python_server

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 10_000
SHORT = {"COUNT": 50}


def run(folder: Path, rounds: int) -> None:
    """Print the table; reading an index shall take less than 3 s.

    Where each size takes a question, the server sets the limit: how long it takes to answer bare sockets is told, too.
    """
    root = folder / "shards"
    root.mkdir()
    for number in range(COUNT):
        (root / f"shard-{number:05d}.tar").write_bytes(b"x")
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(aisnb.connect())
        ours = stack.enter_context(aisnb.serve(root)).url
        client.get(f"{ours}shard-00000.tar")
        bucket = str(web_bucket(f"{ours}shard-00000.tar"))
        python = stack.enter_context(python_server(root))
        works = {
            "ls http://, our server": lambda: _listed(client, ours),
            "ls ht://, our server": lambda: _listed(client, bucket),
            "ls http://, Python's server, names only": lambda: _listed(client, python, "name"),
            "ls http://, Python's server, a HEAD for each size": lambda: _listed(client, python),
            "the same HEADs by bare sockets, nothing read": lambda: _asked(python),
        }
        if peer := stack.enter_context(nginx(root, folder / "nginx")):
            works["ls http://, nginx's page"] = lambda: _listed(client, peer)
        table(f"{COUNT:,} files of a web directory", interleaved(works, rounds), "ls http://, our server")
    aisnb_stop()


def _listed(client: aisnb.Client, place: str, props: str = "") -> float:
    found = []
    took = seconds(lambda: found.append(client.ls(place, props=props)))
    assert len(found[0]) == COUNT
    return took


def _asked(place: str) -> float:
    """Ask for each file by a connection of its own, four at a time: the least that the server makes anybody wait."""
    host, port = urlsplit(place).hostname, urlsplit(place).port

    def ask(number: int) -> None:
        with socket.create_connection((host, port)) as connection:
            connection.sendall(f"HEAD /shard-{number:05d}.tar HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            while connection.recv(65536):
                pass

    with ThreadPoolExecutor(4) as pool:
        return seconds(lambda: list(pool.map(ask, range(COUNT))))
