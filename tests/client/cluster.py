"""A cluster as clients see one: a proxy that redirects to its target, which is a real node.

It has no ``/v1/x/``, and no ``ht://``, as AIStore 5.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class Proxy:
    """The proxy, in a thread of its own. Open while it is used as a context manager.

    Args:
        target: where it redirects to.
        known: whether its cluster map names that place.

    Attributes:
        asked: method, path and ``Authorization`` of each request.
        down: answer everything with 503.
        download_errors: if given, a download ends at once, with one of these for each of its files.
        untried: files of that download that it has given up before it came to them.
    """

    def __init__(self, target: str, *, known: bool = True) -> None:
        self.down = False
        self.download_errors: list[str] = []
        self.untried = 0
        self.asked: list[tuple[str, str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, target, known))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(proxy: Proxy, target: str, known: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            proxy.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            if proxy.down:
                self.answer(503)
            elif "provider=ht" in self.path:
                said = {"message": 'invalid backend provider "ht": must be one of [ais, aws]', "status": 400}
                self.answer(400, json.dumps(said).encode())
            elif self.path.startswith("/v1/download") and proxy.download_errors:
                self.answer(200, self.downloader())
            elif self.path.startswith("/v1/health"):
                self.answer(200)
            elif self.path.startswith("/v1/daemon"):
                net = {"public_net": {"direct_url": target if known else "http://127.0.0.1:1"}}
                self.answer(200, json.dumps({"pmap": {}, "tmap": {"t": net}}).encode())
            else:
                self.answer(307, location=f"{target}{self.path}{'&' if '?' in self.path else '?'}pid=p")

        def downloader(self) -> bytes:
            errors = [{"name": f"f-{row}", "error": said} for row, said in enumerate(proxy.download_errors)]
            counts = {"total": len(errors) + proxy.untried, "scheduled_cnt": len(errors), "error_cnt": len(errors)}
            ended = {"finished_time": "2026-08-21T12:00:00Z"} if proxy.untried else {}
            return json.dumps({"id": "dnl-refused01", "download_errors": errors, **counts, **ended}).encode()

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.handle_any
            raise AttributeError(name)

        def handle_expect_100(self) -> bool:
            return True  # the redirect comes instead of the word to go on

        def answer(self, status: int, body: bytes = b"", location: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.send_header("Connection", "close")  # what the body of the request was, nobody read
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
