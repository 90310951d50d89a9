"""Requests that nobody should send: the node answers each with an error, or hangs up, and goes on.

``AISNB_FUZZ=10000 pytest tests/node/test_hostile.py`` sends more of them.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from tests.archives.packing import PACKED
from tests.support.nodes import PATIENCE, running_node

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.nodes import NodeProcess

COUNT = int(os.environ.get("AISNB_FUZZ", "3000"))

METHODS = ["GET", "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"]
NAMES = [
    "b",
    "b",
    "s.tar",
    "s.zip",
    "o",
    "dir/x",
    "..",
    "%00",
    "%FF",
    "a%2F..%2Fb",
    "é",
    "",
    "x" * 300,
    "-",
    "%",
    "{1..3}",
]
PLACES = [
    "buckets", "buckets", "objects", "objects", "objects", "cluster", "daemon", "download", "download/abort", "health",
    "reverse/daemon", "etl", "sort", "x/jobs", "x/status", "nowhere", "",
]  # fmt: skip
ACTIONS = [
    "list", "create-bck", "destroy-bck", "summary-bck", "copy-bck", "move-bck", "copy-listrange", "archive",
    "delete-listrange", "evict-listrange", "prefetch-listrange", "blob-download", "mpt-upload", "mpt-complete",
    "mpt-abort", "rename-obj", "set-bprops", "start", "stop", "evict-remote-bck", "unheard-of", "",
]  # fmt: skip
PARAMETERS = {
    "provider": ["ais", "ht", "aws", "gopher", ""],
    "what": ["smap", "status", "status_all", "qryxstats", "running_all", "log", "bmd", "node_status", "x"],
    "bck_to": ["ais/@#/c/", "ais/@#/b/", "c", "ht/@#/c/", ""],
    "object_to": ["ais/@#/b/copy", "ais/b", "//", ""],
    "uploadId": ["u", ""],
    "partNumber": ["1", "0", "-1", "1e9", "9" * 30],
    "append_type": ["append", "flush", "x"],
    "append_handle": ["", "h"],
    "archpath": ["a/1.jpg", "../x", "", "\0"],
    "archregx": [".*", "(", "(a*)*b", "(a+)+$"],
    "archmode": ["regexp", "prefix", "glob"],
    "archmime": ["tar", "zip", "x"],
    "props": ["all", "name,size", "chunked,etag", "x"],
    "uuid": ["", "summary-", "summary-zzzz!!"],
    "presence": ["0", "x"],
    "bsumm_remote": ["true"],
    "namespace": ["@#", "@u#n", "x"],
    "set-new-custom": ["true", "x"],
    "original_url": ["http://127.0.0.1:1/b/o", "x", "http://"],
    "severity": ["error", "x"],
}
KEYS = [
    "prefix", "pagesize", "uuid", "props", "flags", "continuation_token", "start_after", "objnames", "template",
    "tobck", "archname", "ext", "prepend", "dry_run", "ID", "Kind", "kind", "id", "type", "link", "bucket", "limits",
    "objects", "name", "aate", "mime",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 2**63, 1.5, "", "x", "8", "10240", "s-{1..3}.tar", "{", "{3..1}", "\0", "\U0001f600", [], ["o"],
    [1], {}, {"name": "c"}, {"name": "c", "provider": "x", "namespace": 1}, {"a": "b"}, "s.tar", "new.tar", "range",
    "single", "http://127.0.0.1:1/x", "dnl-nowhere",
]  # fmt: skip


def furnish(node: NodeProcess) -> NodeProcess:
    node.ask("POST", "/v1/buckets/b", {"action": "create-bck", "name": "", "value": None})
    for kind in ("tar", "zip"):
        node.put("b", f"s.{kind}", PACKED[kind])  # type: ignore[index]  # a Format is its text
    node.put("b", "o", b"bytes")
    return node


@pytest.fixture
def furnished(node: NodeProcess) -> NodeProcess:
    return furnish(node)


def odd_body(dice: random.Random) -> bytes:
    value = {dice.choice(KEYS): dice.choice(VALUES) for _ in range(dice.randrange(5))}
    body: Any = {
        "action": dice.choice(ACTIONS),
        "name": dice.choice(["", "o", "x", 1]),
        "value": dice.choice([value, value, value, dice.choice(VALUES)]),
    }
    if dice.random() < 0.2:
        body = {**value, "only_active_tasks": dice.choice(VALUES)}
    text = json.dumps(body).encode()
    match dice.randrange(10):
        case 0:
            return text[: dice.randrange(len(text))]
        case 1:
            return dice.randbytes(dice.randrange(200))
        case 2:
            return b"[" * dice.randrange(5_000)
        case 3:
            return b""
    return text


def odd_request(dice: random.Random) -> tuple[str, str, bytes, dict[str, str]]:
    place = dice.choice(PLACES)
    path = f"/v1/{place}"
    if place in ("buckets", "objects"):
        path += "".join(f"/{dice.choice(NAMES)}" for _ in range(dice.randrange(4)))
    chosen = dice.sample(sorted(PARAMETERS), dice.randrange(4))
    query = "&".join(f"{name}={quote(dice.choice(PARAMETERS[name]))}" for name in chosen)
    headers = {}
    if dice.random() < 0.3:
        headers["Range"] = dice.choice(["bytes=0-1", "bytes=-", "bytes=9-1", "x", "bytes=0-0,2-3"])
    if dice.random() < 0.3:
        headers["Ais-Pine"] = dice.choice(["0", "1", "2", "x"])
    if dice.random() < 0.1:
        headers["Ais-Checksum-Type"], headers["Ais-Checksum-Value"] = dice.choice(["md5", "x"]), "00"
    if dice.random() < 0.1:
        headers["Content-Type"] = dice.choice(["application/json", "image/png", "x"])
    quoted = path.encode("ascii", "replace").decode()
    return dice.choice(METHODS), f"{quoted}?{query}" if query else quoted, odd_body(dice), headers


def test_odd_requests_are_answered_without_a_fault_of_the_nodes(tmp_path: Path) -> None:
    with running_node(tmp_path / "home") as node:
        send_odd_requests(furnish(node))
        assert node.process.poll() is None
        assert "Traceback" not in node.log
        node.create("still-serving")
        node.put("still-serving", "o", b"bytes")
        assert node.get("still-serving", "o") == b"bytes"


def send_odd_requests(furnished: NodeProcess) -> None:
    dice = random.Random(20)
    with contextlib.closing(furnished.connection()) as connection:
        for number in range(COUNT):
            method, path, body, headers = odd_request(dice)
            shown = f"{number}: {method} {path} {headers} {body[:300]!r}"
            try:
                connection.request(method, path, body, {"Authorization": f"Bearer {furnished.token}", **headers})
                response = connection.getresponse()
                response.read()
            except (ConnectionError, http.client.HTTPException):
                connection.close()  # hung up after an error: the next one begins anew
                continue
            except TimeoutError:
                pytest.fail(f"no answer to {shown}")
            assert response.status < 500 or response.status == 501, shown
            if response.status == 404 and "/b" in path:
                furnished.ask("POST", "/v1/buckets/b", {"action": "create-bck", "name": "", "value": None})


def raw(node: NodeProcess, text: bytes) -> bytes:
    """Send bytes as they are; return the first that is answered, b"" if the node hangs up."""
    address = urlsplit(node.endpoint)
    line = socket.create_connection((address.hostname, address.port), PATIENCE)
    with contextlib.closing(line), contextlib.suppress(ConnectionError):
        line.sendall(text)
        with contextlib.suppress(OSError):  # it may have hung up by now, which is "not connected" and no error of ours
            line.shutdown(socket.SHUT_WR)
        return line.recv(1 << 16)
    return b""


def test_bytes_that_are_no_requests_end_their_connection_only(furnished: NodeProcess) -> None:
    token = f"Authorization: Bearer {furnished.token}\r\n".encode()
    head = b"PUT /v1/objects/b/x HTTP/1.1\r\nHost: localhost\r\n" + token
    dice = random.Random(21)
    for text in (
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(200),
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        head + b"Content-Length: -5\r\n\r\nabc",
        head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        head + b"Content-Length: 999999999999999999999999\r\n\r\nabc",
        head + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
        head + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        head + b"Content-Length: 10\r\n\r\nabc",
        *(dice.randbytes(500) for _ in range(50)),
    ):
        answer = raw(furnished, text)
        assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.1 502")), text[:200]
    assert furnished.ask("HEAD", "/v1/objects/b/x").status == 404
    assert furnished.get("b", "o") == b"bytes"


@pytest.mark.parametrize(
    "query", ["?append_type=append&append_handle=", "?archpath=inner", "?uploadId={upload}&partNumber=1", ""]
)
def test_a_size_that_lies_stores_nothing(furnished: NodeProcess, query: str) -> None:
    upload = furnished.ask(
        "POST", "/v1/objects/b/lie", {"action": "mpt-upload", "name": "", "value": None}
    ).body.decode()
    head = (
        f"PUT /v1/objects/b/lie{query.format(upload=upload)} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {furnished.token}\r\nContent-Length: 1000\r\n\r\n"
    )
    raw(furnished, head.encode() + b"short")
    complete = {"action": "mpt-complete", "name": "", "value": [{"part-number": 1, "etag": ""}]}
    assert furnished.ask("POST", f"/v1/objects/b/lie?uploadId={upload}", complete).status == 400
    assert furnished.ask("HEAD", "/v1/objects/b/lie").status == 404


def test_an_append_that_broke_off_is_taken_up_where_it_was(furnished: NodeProcess) -> None:
    path = "/v1/objects/b/log?append_type={}&append_handle={}"
    handle = furnished.ask("PUT", path.format("append", ""), b"first ").headers["ais-append-handle"]
    head = (
        f"PUT {path.format('append', handle)} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {furnished.token}\r\nContent-Length: 1000\r\n\r\n"
    )
    raw(furnished, head.encode() + b"half of it")
    assert furnished.ask("PUT", path.format("append", handle), b"second").status == 200
    assert furnished.ask("PUT", path.format("flush", handle), b"").status == 200
    assert furnished.get("b", "log") == b"first second"


def test_a_member_that_cannot_be_unpacked_breaks_off_its_answer_only(furnished: NodeProcess) -> None:
    packed = bytearray(PACKED["zip"])  # type: ignore[index]  # a Format is its text
    packed[packed.index(b"a/2.jpg") + 60] ^= 0xFF
    furnished.put("b", "broken.zip", bytes(packed))
    with contextlib.suppress(http.client.IncompleteRead, ConnectionError):
        assert furnished.ask("GET", "/v1/objects/b/broken.zip?archpath=a/2.jpg").status == 400
    assert furnished.get("b", "o") == b"bytes"


@pytest.mark.parametrize(
    "place", ["/v1/cluster?what=x", "/v1/daemon?what=x", "/v1/daemon", "/v1/reverse/daemon?what=x"]
)
def test_unknown_questions_are_refused(furnished: NodeProcess, place: str) -> None:
    answer = furnished.ask("GET", place)
    assert (answer.status, "unexpected query [what=" in answer.message) == (400, True)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("place", ["/v1/buckets/b", "/v1/objects/b", "/v1/objects/b/o", "/v1/cluster"])
def test_unknown_actions_are_refused(furnished: NodeProcess, method: str, place: str) -> None:
    answer = furnished.ask(method, place, {"action": "unheard-of", "name": "o", "value": {}})
    assert answer.status in (200, 400, 405)
    assert answer.status != 200 or (method, place) in (
        ("GET", "/v1/objects/b/o"),
        ("PUT", "/v1/objects/b/o"),
        ("DELETE", "/v1/objects/b/o"),
    )
