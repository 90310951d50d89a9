"""An HTTP source that misbehaves on demand.

    with FaultySource() as source:
        source.add("/a.tar", body, etag='"1"', faults=[Fault(status=503), Fault(cut=100)])
        source.url("/a.tar")  # 503, then cut off after 100 bytes of the body, then well
        source.requests       # what was asked

It runs in a thread of its own, so that tests with and without a loop can use it. Without faults it serves a file as
a good server does: keep-alive, HEAD, ETag, Last-Modified, If-None-Match, one range, If-Range, 416.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Fault:
    """How one request is answered; without arguments, well.

    Attributes:
        status: answer with this status and a short text instead of the file.
        headers: set these header fields (an empty value removes one).
        location: redirect there.
        body: send these bytes instead of the file's (another version, a compressed one).
        etag: another ETag with them.
        cut: after this many bytes of the body (None: send it all) do what `by` says.
        by: ``close`` the connection, ``reset`` it, or ``stall`` until the client gives up or `release` is called.
        claim: announce this Content-Length, whatever the body's is.
        framing: ``length``, ``chunked`` or ``close`` (no Content-Length, the connection's end is the body's).
        ignore_range: send the whole file with 200 although a range was asked for.
        ignore_if_range: send the range although If-Range does not match.
        shift: begin that many bytes beside where the range should, and say so.
        drip: send the body in pieces of so many bytes.
        silent: stall before the head of the answer.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""
    body: bytes | None = None
    etag: str = ""
    cut: int | None = None
    by: Literal["close", "reset", "stall"] = "close"
    claim: int | None = None
    framing: Literal["length", "chunked", "close"] = "length"
    ignore_range: bool = False
    ignore_if_range: bool = False
    shift: int = 0
    drip: int = 0
    silent: bool = False


@dataclass
class Asked:
    """One request as it came.

    Attributes:
        method: ``GET``, ``HEAD`` or what came.
        path: the request target, raw.
        headers: with lower-case names.
        sent: bytes of the body that were given to the connection.
        connection: the number of its connection.
        client_port: the port at the other end of it.
    """

    method: str
    path: str
    headers: dict[str, str]
    sent: int = 0
    connection: int = 0
    client_port: int = 0


@dataclass
class _File:
    body: bytes
    etag: str
    last_modified: str
    faults: Iterator[Fault]
    then: Fault


class _HangUp(Exception):
    """The connection cannot be used for another request."""


class FaultySource:
    """The source; see the module. Open while it is used as a context manager.

    Args:
        greeting: if given, it speaks no HTTP at all, but says this to whoever connects, and hangs up.
    """

    def __init__(self, greeting: bytes = b"") -> None:
        self._greeting = greeting
        self.requests: list[Asked] = []
        self.connections = 0
        self.port = 0
        self._files: dict[str, _File] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty source", daemon=True)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._released = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def add(
        self,
        path: str,
        body: bytes = b"",
        *,
        etag: str = "",
        last_modified: str = "",
        faults: Sequence[Fault] = (),
        then: Fault = Fault(),
    ) -> str:
        """Serve `body` at `path` (raw), the first requests with one fault each, all later ones as `then` says.

        Adding a path again replaces the file. Returns its URL.
        """
        self._files[path] = _File(body, etag, last_modified, iter(faults), then)
        return self.url(path)

    def url(self, path: str) -> str:
        """Return the link of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        """Return the requests for one path."""
        return [request for request in self.requests if request.path == path]

    def refuse(self) -> None:
        """Refuse connections from now on, and drop those that stand."""
        self._call(self._refuse())

    def accept(self) -> None:
        """Accept connections again, on the same port."""
        self._call(self._accept())

    def release(self) -> None:
        """Let all that stalls go on."""
        self._loop.call_soon_threadsafe(self._released.set)

    def _call(self, coroutine: object) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)  # type: ignore[arg-type]  # one of ours

    async def _accept(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._greet, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        for listener in server.sockets:
            self._loop.remove_reader(listener.fileno())
        await self._settle()  # a connection that is being accepted becomes a talk; once closed, asyncio loses it
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await server.wait_closed()
        await self._settle()  # transports let go of their sockets

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = self._loop.create_task(self._talk(reader, writer, self.connections))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())  # here, for a task may be cancelled unbegun

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        try:
            if self._greeting:
                writer.write(self._greeting)
                raise _HangUp
            client_port = writer.get_extra_info("peername")[1]
            while request := await self._read(reader, number, client_port):
                await self._answer(request, writer)
            await self._close(writer)
        except _HangUp:
            await self._close(writer)
        except OSError:
            return  # the client ended it

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, connection: int, client_port: int) -> Asked | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        request = Asked(method, path, headers, connection=connection, client_port=client_port)
        self.requests.append(request)
        return request

    async def _answer(self, request: Asked, writer: asyncio.StreamWriter) -> None:
        file = self._files.get(request.path.partition("?")[0])
        if file is None:
            file, fault = _File(b"", "", "", iter(()), Fault()), Fault(status=404)
        else:
            fault = next(file.faults, file.then)
        if fault.silent:
            await self._released.wait()
        status, headers, body = _plan(request, file, fault)
        if fault.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif fault.framing == "length":
            headers["Content-Length"] = str(len(body) if fault.claim is None else fault.claim)
        else:
            headers["Connection"] = "close"
        headers.update(fault.headers)
        lines = [
            f"HTTP/1.1 {status} Whatever",
            *(f"{name}: {value}" for name, value in headers.items() if value),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if request.method != "HEAD" and status not in (204, 304):
            await self._send(request, writer, body, fault)
        await writer.drain()
        if fault.framing == "close" or "Connection" in headers:
            raise _HangUp

    async def _send(self, request: Asked, writer: asyncio.StreamWriter, body: bytes, fault: Fault) -> None:
        whole = body if fault.cut is None else body[: fault.cut]
        step = fault.drip or len(whole) or 1
        for start in range(0, len(whole), step):
            piece = whole[start : start + step]
            request.sent += len(piece)  # before it goes out: who reads the answer may look at once
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if fault.framing == "chunked" else piece)
            await writer.drain()
            if fault.drip:
                await asyncio.sleep(0.001)
        if fault.cut is not None:
            await self._cut_off(writer, fault)
        elif fault.framing == "chunked":
            writer.write(b"0\r\n\r\n")

    async def _cut_off(self, writer: asyncio.StreamWriter, fault: Fault) -> None:
        if fault.by == "stall":
            await self._released.wait()
        if fault.by == "reset":
            await asyncio.sleep(0.05)  # a reset throws away what the client has not read yet; give it a chance
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        raise _HangUp


def _plan(request: Asked, file: _File, fault: Fault) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    if fault.location:
        return fault.status or 302, {"Location": fault.location}, b"elsewhere"
    if fault.status >= 300:
        return fault.status, {}, b"no"
    body = file.body if fault.body is None else fault.body
    etag = fault.etag or file.etag
    asked = request.headers
    headers = {"Date": formatdate(usegmt=True), "ETag": etag, "Last-Modified": file.last_modified}
    if etag and asked.get("if-none-match") == etag:
        return 304, headers, b""
    wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.get("range", ""))
    same = fault.ignore_if_range or asked.get("if-range") in (None, etag or file.last_modified)
    if wanted is None or not same or fault.ignore_range:
        return fault.status or 200, headers, body
    start = int(wanted[1]) + fault.shift
    if start >= len(body):
        return 416, headers | {"Content-Range": f"bytes */{len(body)}"}, b""
    end = min(int(wanted[2] or len(body)), len(body) - 1)
    headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
    return 206, headers, body[start : end + 1]
