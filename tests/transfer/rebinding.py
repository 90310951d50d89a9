"""``python -m tests.transfer.rebinding ENGINE``: a source that changes what its name stands for, between two questions.

To be run where this machine has the addresses 8.8.8.8 and 10.9.9.9, and nobody else is.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from aisnb.errors import SourceError
from aisnb.transfer import Fetcher, Request
from aisnb.transfer.aiohttp_engine import AiohttpEngine
from aisnb.transfer.engines import Engines
from tests.support.sinks import MemorySink

PUBLIC, INNER = "8.8.8.8", "10.9.9.9"

#: What a name stands for, look-up by look-up; the last stays.
names: dict[str, list[str]] = {}
_look_up = socket.getaddrinfo


def _answer(host: Any, *arguments: Any, **options: Any) -> Any:
    addresses = names.get(host, [host])
    return _look_up(addresses.pop(0) if len(addresses) > 1 else addresses[0], *arguments, **options)


class _Source(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.connection.getsockname()[0]}{self.path}")
        hops = {"/a": "http://rebound.example:8080/secret", "/same": "http://stable.example:8080/secret"}
        body = b"inner secret" if self.path == "/secret" else b""
        self.send_response(302 if self.path in hops else 200)
        if self.path in hops:
            self.send_header("Location", hops[self.path])
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def _refused(fetcher: Fetcher, link: str) -> None:
    sink = MemorySink()
    with pytest.raises(SourceError, match="inside this network"):
        await fetcher.fetch(Request(url=link), sink)
    assert sink.body == b""


async def _main(engine: type[Engines] | type[AiohttpEngine]) -> None:
    async with Fetcher(engine()) as fetcher:
        names.update({"stable.example": [PUBLIC], "rebound.example": [INNER]})
        await _refused(fetcher, "http://stable.example:8080/a")
        for _ in range(3):  # an earlier look-up is worth nothing
            names["rebound.example"] = [PUBLIC, INNER]
            await _look(fetcher, "rebound.example")
            await _refused(fetcher, "http://stable.example:8080/a")
        sink = MemorySink()
        await fetcher.fetch(Request(url="http://rebound.example:8080/secret"), sink)  # the user's own word
        assert sink.body == b"inner secret"
        await _refused(fetcher, "http://stable.example:8080/a")  # though a connection leads there
    async with Fetcher(engine()) as fetcher:
        names["stable.example"] = [PUBLIC, INNER]
        await _refused(fetcher, "http://stable.example:8080/same")  # the same origin, another machine
    assert f"{INNER}/a" not in _Source.asked
    assert _Source.asked.count(f"{INNER}/secret") == 1, _Source.asked


async def _look(fetcher: Fetcher, host: str) -> None:
    await asyncio.get_running_loop().getaddrinfo(host, None)


if __name__ == "__main__":
    socket.getaddrinfo = _answer
    server = ThreadingHTTPServer(("0.0.0.0", 8080), _Source)
    Thread(target=server.serve_forever, daemon=True).start()
    asyncio.run(_main({"Engines": Engines, "AiohttpEngine": AiohttpEngine}[sys.argv[1]]))
