"""A cluster that is slow, down, half down, or answers with 5xx."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest

import aisnb
from tests.archives.packing import SHARD, tar
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from tests.support.faulty import FaultySource


class Front:
    """Answers each request with the next of some statuses: 0 hangs up without a word, 307 sends to `target`.

    Writes are all answered with the status `writes`, if there is one.

    Attributes:
        asked: method and path of each request.
    """

    def __init__(self, *statuses: int, target: str = "", writes: int | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        front, left = self, list(statuses)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                front.asked.append((self.command, self.path))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = left.pop(0) if left else 200
                if writes is not None and self.command not in ("GET", "HEAD"):
                    status = writes
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", target + self.path)
                self.send_header("Content-Length", "2")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(b"[]")

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.mark.parametrize("trouble", [503, 500, 429, 0])
def test_a_read_is_made_again_until_the_cluster_recovers(trouble: int) -> None:
    with Front(trouble, trouble) as front, aisnb.connect(front.url) as client:
        assert client.buckets("aws").empty
        assert [path for _, path in front.asked].count("/v1/buckets?presence=2&provider=aws") == 3


def test_a_cluster_that_stays_in_trouble_is_given_up_after_seconds_with_its_words() -> None:
    begun = time.monotonic()
    with Front(*[503] * 50) as front, aisnb.connect(front.url) as client:
        with pytest.raises(aisnb.EndpointUnreachable, match=f"{front.url} is in trouble.*503.*Try again later"):
            client.buckets("aws")
        assert len(front.asked) == 4
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("trouble", [503, 0])
def test_a_write_that_may_have_happened_is_never_sent_again(trouble: int) -> None:
    with Front(200, 200, 200, trouble) as front, aisnb.connect(front.url) as client:
        client.buckets("aws")
        client.buckets("aws")  # the connection is one that was used before: nobody sends again over a fresh one
        with pytest.raises(aisnb.EndpointUnreachable):
            client.remove("ais://abc/object")
        assert [method for method, _ in front.asked].count("DELETE") == 1


WRITES = {
    "create": lambda client, file: client.create("ais://abc"),
    "put": lambda client, file: client.put(file, "ais://abc/"),
    "put_shard": lambda client, file: client.put_shard({"a": file}, "ais://abc/s.tar"),
    "add_member": lambda client, file: client.add_member(file, "ais://abc/s.tar", "a"),
    "promote": lambda client, file: client.promote(file, "ais://abc"),
    "delete": lambda client, file: client.delete("ais://abc", prefix="a"),
    "set_properties": lambda client, file: client.set_properties("ais://abc", {"access": "1"}),
    "set_custom": lambda client, file: client.set_custom("ais://abc/a", {"k": "v"}),
    "rename_object": lambda client, file: client.rename_object("ais://abc/a", "b"),
    "blob_download": lambda client, file: client.blob_download("s3://abc/a"),
    "prefetch": lambda client, file: client.prefetch("s3://abc", names=["a"]),
}


@pytest.mark.parametrize("trouble", [503, 0])
@pytest.mark.parametrize("name", WRITES)
def test_no_kind_of_write_is_sent_twice(name: str, trouble: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with Front(writes=trouble) as front, aisnb.connect(front.url) as client:
        client.buckets("aws")
        with pytest.raises(aisnb.EndpointUnreachable):
            WRITES[name](client, tmp_path / "file")
        assert len([method for method, _ in front.asked if method not in ("GET", "HEAD")]) == 1


@pytest.mark.parametrize("by", ["close", "reset"])
def test_what_breaks_off_while_it_is_read_is_read_again(source: FaultySource, tmp_path: Path, by: Any) -> None:
    packed = tar()
    broken = [Fault(cut=700, by=by), Fault(cut=1, by=by)]
    source.add("/v1/objects/abc/o", b"x" * 5_000, faults=broken)
    source.add("/v1/ml/moss", packed, faults=broken)
    with aisnb.connect(source.url("").rstrip("/")) as client:
        assert client.get("ais://abc/o") == b"x" * 5_000
        items = [f"ais://abc/{name}" for name in SHARD]
        assert client.get_batch(items, tmp_path / "b.tar").read_bytes() == packed
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"]


def test_a_slow_cluster_is_waited_for(source: FaultySource) -> None:
    source.add("/v1/objects/abc/o", b"slow" * 100, then=Fault(drip=1))
    with aisnb.connect(source.url("").rstrip("/")) as client:
        assert client.get("ais://abc/o") == b"slow" * 100


def test_half_a_cluster_down_is_said_with_the_address_of_that_half() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Front(*[307] * 50, target=dead) as front, aisnb.connect(front.url) as client:
            said = f"The node {dead}, to which {front.url} sent"
            with pytest.raises(aisnb.EndpointUnreachable, match=said):
                client.get("ais://abc/object")


def test_an_upload_that_nobody_takes_ends_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aisnb.client.objects._UPLOAD_STALL_SECONDS", 0.5)
    (tmp_path / "file").write_bytes(b"x" * 100)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with aisnb.connect(address) as client, pytest.raises(aisnb.EndpointUnreachable, match="took nothing for"):
            client.put(tmp_path / "file", "ais://abc/file")


def test_the_status_of_a_cluster_names_each_node_and_raises_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with aisnb.connect(address) as client:
            state = client.status()
        assert not state.reachable
        assert address in repr(state)
