"""A real node process on a data root of its own, and plain requests to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from aisnb.node.root import DataRoot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Seconds that anything may take on a machine that is busy with other tests.
PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in lower case; what came several times is joined by commas."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The sentence in the error body, wherever it is."""
        return str((json.loads(self.headers["hdr-error"]) if "hdr-error" in self.headers else self.json())["message"])


class NodeAt:
    """The node of a data root, whoever started it: plain requests to it."""

    def __init__(self, home: Path) -> None:
        self.root = DataRoot(home)

    @property
    def endpoint(self) -> str:
        found = self.root.read_node_file()
        assert found is not None
        return found.endpoint

    @property
    def token(self) -> str:
        return self.root.read_token()

    @property
    def log(self) -> str:
        return self.root.log_file.read_text()

    def connection(self) -> http.client.HTTPConnection:
        address = urlsplit(self.endpoint)
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)

    def ask(
        self, method: str, path: str, body: bytes | Mapping[str, Any] | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send one request, with the token unless `headers` have their own word on that.

        Args:
            method: ``GET`` and the like.
            path: as it goes over the wire.
            body: bytes, or what becomes JSON.
            headers: more headers; an empty value leaves one out.
        """
        given = {"Authorization": f"Bearer {self.token}", **headers}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, path, content, {name: value for name, value in given.items() if value})
            response = connection.getresponse()
            names = {name.lower() for name in response.headers}
            joined = {name: ", ".join(response.headers.get_all(name, [])) for name in names}
            return Answer(response.status, joined, response.read())

    def create(self, bucket: str) -> str:
        """Create an ``ais://`` bucket; return its name."""
        answer = self.ask("POST", f"/v1/buckets/{bucket}", {"action": "create-bck", "name": "", "value": None})
        assert answer.status == 200, answer
        return bucket

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Store an object."""
        answer = self.ask("PUT", f"/v1/objects/{bucket}/{quote(name)}", content)
        assert answer.status == 200, answer

    def get(self, bucket: str, name: str) -> bytes:
        """Return an object's bytes."""
        answer = self.ask("GET", f"/v1/objects/{bucket}/{quote(name)}")
        assert answer.status == 200, answer
        return answer.body


class NodeProcess(NodeAt):
    """A node that was started as the background room starts it."""

    def __init__(self, home: Path, *, idle: float = 120.0, options: tuple[str, ...] = ()) -> None:
        super().__init__(home)
        self.root.prepare()
        words = ["--root", str(home), "--idle", f"{idle:g}", *options]
        with self.root.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aisnb.node", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_it_listens(self) -> NodeProcess:
        """Return once ``node.json`` names this process."""
        deadline = time.monotonic() + PATIENCE
        while not ((found := self.root.read_node_file()) and found.pid == self.process.pid):
            assert self.process.poll() is None, f"the node ended with {self.process.returncode}: {self.log}"
            assert time.monotonic() < deadline, f"the node does not listen: {self.log}"
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """End the process in order; return its exit status. Twice is harmless."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def running_node(home: Path, *, idle: float = 120.0, options: tuple[str, ...] = ()) -> Iterator[NodeProcess]:
    """Run a node on `home` until the block ends.

    Example:
        with running_node(tmp_path / "home") as node:
            node.ask("GET", "/v1/health")
    """
    node = NodeProcess(home, idle=idle, options=options)
    try:
        yield node.wait_until_it_listens()
    finally:
        node.stop()
