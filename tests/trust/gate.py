"""Who tries to get in: a corpus of tricks against the file server and the node, and a race for a directory.

A case is "let in" when it shows what it must not, is answered though it has no right to be, or leaves something behind
outside the data root.
"""

from __future__ import annotations

import http.client
import itertools
import os
import random
import socket
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aisnb.node.requests import MAX_BODY
from tests.fileserver.running import RunningServer, status_of
from tests.support.nodes import PATIENCE, running_node
from tests.trust.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.nodes import NodeProcess

CANARY = b"nobody may read this"
LARGE = 3_000_000

_DOTS = (".", "%2e", "%2E", "%252e", "%c0%ae", "%e0%80%ae", "%u002e", "%ef%bc%8e")
_SLASHES = ("/", "%2f", "%2F", "\\", "%5c", "%252f", "%c0%af", "//", "/./", ";/", "%00/")
_TARGETS = ("outside.txt", "etc/passwd", "served-too/secret.txt")
_STARTS = ("/", "//", "/train/", "/shard.tar/", "/%2f", "/.", "/\\", "http://localhost/", "file:///")
_DIRECT = (
    "/.hidden", "/%2ehidden", "/train/.hidden", "/.git/config", "/out-file", "/out-directory/outside.txt",
    "/out-directory/", "/out-parent/outside.txt", "/sibling/secret.txt", "/loop", "/dangling", "/fifo", "/zeros",
    "/socket", "/chain/outside.txt", "/shard.tar%00.txt", "/~root/", "/train?/../outside.txt", "/train#/../outside.txt",
    "/proc/self/environ", "/dev/zero", "*", "..", "../outside.txt", "http://", "/" + "../" * 50 + "etc/passwd",
)  # fmt: skip
_RIGHT_HOSTS = (b"localhost", b"127.0.0.1")
_WRONG_HOSTS = (
    b"evil.example", b"evil.example:80", b"localhost.evil.example", b"127.0.0.1.evil.example",
    b"localhost@evil.example", b"evil.example#localhost", b"evil.example/localhost", b"localhost evil.example",
    b"localhost,evil.example",
    b"localhost:80:80@evil", b"[::1].evil.example", b"[evil.example]", b"::1.evil", b"0x7f.evil", b"localhost\x00.evil",
    b"xn--localhost-evil", "ⓛocalhost".encode(), "localhost\N{FULLWIDTH FULL STOP}evil".encode(), b"\xff\xfe", b"",
    b".", b"-", b"*", b"null", b"a" * 300, b"evillocalhost", b"local host", b"lvh.me", b"127.0.0.1.nip.io",
)  # fmt: skip
_TRICK_FIELDS = (
    b"X-Forwarded-Host: localhost", b"X-Host: localhost", b"Forwarded: host=localhost", b"X-Original-URL: /",
    b"X-Rewrite-URL: /", b"X-HTTP-Method-Override: GET", b"X-Forwarded-For: 127.0.0.1", b"X-Real-IP: 127.0.0.1",
    b"Origin: http://localhost", b"Referer: http://localhost/", b"Connection: Host", b"Transfer-Encoding: chunked",
)  # fmt: skip


def _served(folder: Path) -> Path:
    """Make a directory to serve, with everything around it and in it that must not be reached."""
    served, outside = folder / "served", folder / "served-too"
    (served / "train").mkdir(parents=True)
    outside.mkdir()
    for secret in (folder / "outside.txt", outside / "secret.txt", served / ".hidden", served / "train/.hidden"):
        secret.write_bytes(CANARY)
    (served / ".git").mkdir()
    (served / ".git/config").write_bytes(CANARY)
    (served / "shard.tar").write_bytes(b"x" * LARGE)
    links = {"out-file": folder / "outside.txt", "out-directory": folder, "out-parent": "..", "sibling": outside}
    links |= {"loop": "loop", "dangling": "nothing", "chain": "train/up", "train/up": "../out-directory"}
    for name, target in links.items():
        (served / name).symlink_to(target)
    os.mkfifo(served / "fifo")
    with suppress(PermissionError):
        os.mknod(served / "zeros", 0o020644, os.makedev(1, 5))  # /dev/zero
    with closing(socket.socket(socket.AF_UNIX)) as listener, suppress(OSError):  # too long a path on some machines
        listener.bind(str(served / "socket"))
    return served


def _climbs() -> Iterator[str]:
    """Yield ways to climb: dots and slashes in many spellings, at many places."""
    yield from _DIRECT
    for start, first, second, slash, depth, target in itertools.product(
        _STARTS, _DOTS, _DOTS, _SLASHES, (1, 2, 5), _TARGETS
    ):
        yield start + (first + second + slash) * depth + target


def paths(folder: Path, cases: int, seed: int) -> Figures:
    """Climb out of a served directory; nothing beside it and nothing hidden is told, by any path.

    Args:
        folder: to work in.
        cases: how many of the corpus, by chance; 0 for all.
        seed: of the choice.
    """
    figures = Figures("paths out of a served directory")
    corpus = list(_climbs())
    if 0 < cases < len(corpus):
        corpus = [*_DIRECT, *random.Random(seed).sample(corpus, cases)]
    with RunningServer(_served(folder)) as server:
        for path in corpus:
            figures.trials += 1
            request = b"GET " + path.encode("utf-8", "surrogateescape") + b" HTTP/1.1\r\nHost: localhost\r\n"
            reply = server.raw(request + b"Connection: close\r\n\r\n")
            inside = path.startswith(("http://localhost/", "/train"))  # what climbs no higher is served as it should be
            figures.expect(
                CANARY not in reply and (status_of(reply) in (301, 400, 404) or inside),
                f"let in: GET {path}: {reply[:200]!r}",
            )
        index = server.get("/").body + server.get("/train/").body
        for name in (b"hidden", b".git", b"out-", b"sibling", b"fifo", b"zeros", b"socket", b"loop", b"dangling"):
            figures.expect(name not in index, f"let in: an index names {name!r}")
    return figures


def headers(folder: Path) -> Figures:
    """Come by another name, with fields that others believe, with ranges that multiply; nothing is told."""
    figures = Figures("host names, header tricks and ranges at the file server")
    with RunningServer(_served(folder)) as server:
        for lines in _host_tricks():
            figures.trials += 1
            reply = server.raw(b"GET /shard.tar HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n")
            figures.expect(status_of(reply) in (400, 403, 413), f"let in: {lines!r}: {reply[:100]!r}")
        for method in (
            b"PUT",
            b"POST",
            b"DELETE",
            b"PATCH",
            b"MKCOL",
            b"MOVE",
            b"COPY",
            b"OPTIONS",
            b"TRACE",
            b"CONNECT",
        ):
            figures.trials += 1
            reply = server.raw(method + b" /shard.tar HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            figures.expect(status_of(reply) in (400, 405, 501), f"let in: {method!r}: {reply[:100]!r}")
            figures.expect(b"access-control" not in reply.lower(), f"let in: {method!r} invites web pages")
        for ranges in _range_bombs():
            figures.trials += 1
            line = b"GET /shard.tar HTTP/1.1\r\nHost: localhost\r\nRange: " + ranges + b"\r\nConnection: close\r\n\r\n"
            reply = server.raw(line)
            figures.expect(len(reply) <= LARGE + 4096, f"let in: {ranges[:60]!r}: {len(reply)} bytes")
    figures.expect((folder / "served/shard.tar").stat().st_size == LARGE, "let in: the file was changed")
    return figures


def _host_tricks() -> Iterator[bytes]:
    for wrong in _WRONG_HOSTS:
        yield b"Host: " + wrong + b"\r\n"
        yield b"Host:\t" + wrong + b"\r\n"
        for right in _RIGHT_HOSTS:
            yield b"Host: " + wrong + b"\r\nHost: " + right + b"\r\n"
            yield b"Host: " + right + b"\r\nHost: " + wrong + b"\r\n"
            yield b"Host: " + wrong + b"\r\n " + right + b"\r\n"
        for field in _TRICK_FIELDS:
            yield b"Host: " + wrong + b"\r\n" + field + b"\r\n"
            yield field + b"\r\nHost: " + wrong + b"\r\n"
    yield b""


def _range_bombs() -> Iterator[bytes]:
    yield b"bytes=" + b",".join(b"0-" for _ in range(5_000))
    yield b"bytes=" + b",".join(b"%d-" % number for number in range(3_000))
    yield b"bytes=" + b",".join(b"0-2999999" for _ in range(2_000))
    yield b"bytes=" + b",".join(b"-%d" % number for number in range(1, 3_000))
    yield b"bytes=0-0," * 2_000
    yield from (b"bytes=-" + b"9" * 500, b"bytes=" + b"9" * 500 + b"-", b"bytes=5-1", b"bytes=--1", b"bytes=0-1,,,,")
    yield from (b"bytes=0x0-0x9", b"bytes=1e3-", b"lines=0-", b"bytes=\xb2-", b"bytes 0-1", b"bytes=0-\x00")


def race(folder: Path, seconds: float) -> Figures:
    """Swap a directory for a link that leads out, as fast as can be, while four clients ask for what lies in it."""
    figures = Figures("a directory swapped for a link while it is asked for")
    served = _served(folder)
    real, link, place = folder / "real", folder / "link", served / "swapped"
    (real / "deep").mkdir(parents=True)
    (folder / "deep").mkdir()
    for name in ("outside.txt", "deep/outside.txt"):
        (real / name).write_bytes(b"to be read")
        (folder / name).write_bytes(CANARY)
    real.rename(place)
    link.symlink_to(folder)
    ended = threading.Event()
    with RunningServer(served) as server:
        askers = [threading.Thread(target=_ask_on, args=(server, number, ended, figures)) for number in range(4)]
        for asker in askers:
            asker.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            place.rename(real)
            link.rename(place)
            place.rename(link)
            real.rename(place)
            figures.faults += 1
        ended.set()
        for asker in askers:
            asker.join()
    return figures


def _ask_on(server: RunningServer, number: int, ended: threading.Event, figures: Figures) -> None:
    targets = ("/swapped/outside.txt", "/swapped/deep/outside.txt", "/swapped/", "/swapped/deep/")
    seen = 0
    while not ended.is_set():
        target = targets[(seen + number) % len(targets)]
        body = server.get(target).body
        seen += 1
        figures.expect(CANARY not in body and b"served-too" not in body, f"let in: {target}: {body[:100]!r}")
    figures.trials += seen


_ROUTES = (
    ("GET", "/v1/buckets"), ("GET", "/v1/buckets/b"), ("POST", "/v1/buckets/new"), ("DELETE", "/v1/buckets/b"),
    ("HEAD", "/v1/buckets/b"), ("PATCH", "/v1/buckets/b"), ("GET", "/v1/objects/b/o"), ("PUT", "/v1/objects/b/o"),
    ("HEAD", "/v1/objects/b/o"), ("DELETE", "/v1/objects/b/o"), ("POST", "/v1/objects/b/o"), ("POST", "/v1/download"),
    ("GET", "/v1/download"), ("DELETE", "/v1/download/abort"), ("GET", "/v1/cluster"), ("PUT", "/v1/cluster"),
    ("GET", "/v1/daemon?what=smap"), ("GET", "/v1/reverse/daemon?what=log"), ("GET", "/v1/x/status"),
    ("GET", "/v1/x/lease"), ("POST", "/v1/x/keep"), ("POST", "/v1/x/stop"), ("POST", "/v1/x/fsck"),
    ("GET", "/v1/x/jobs"), ("GET", "/v1/x/job-page"), ("POST", "/v1/x/relays"), ("GET", "/v1/x/servers"),
    ("POST", "/v1/x/servers"), ("DELETE", "/v1/x/servers?all=true"), ("GET", "/v1/ml/moss/b"), ("GET", "/"),
    ("GET", "/v1/objects/b/o?original_url=http://127.0.0.1:1/"), ("OPTIONS", "/v1/buckets"), ("GET", "/v1/nowhere"),
)  # fmt: skip
_NO_NAMES = (
    "../../node.json", "..%2f..%2ftoken.json", "%2e%2e/%2e%2e/token.json", "a/../../../../escaped", "/etc/escaped",
    "%2fetc%2fescaped", "..", ".", "a/./b", "a//b", "a%00b", "..%5c..%5cescaped", "....//....//escaped",
    "%2e%2e%2fescaped", "a%2f..%2f..%2f..%2fescaped", "a/%2e%2e/%2e%2e/%2e%2e/escaped", "%2e", "a" * 2_000,
    "x/" * 600 + "x",
)  # fmt: skip


def node(folder: Path) -> Figures:
    """Ask the node for all it does: without its token, by other names, and, with the token, for what is no object."""
    figures = Figures("the node, without its token, by other names, for what is outside")
    with running_node(folder / "home") as found:
        found.create("b")
        found.put("b", "o", b"bytes")
        before = _everything(folder)
        for (method, path), given in itertools.product(_ROUTES, _no_tokens(found.token)):
            answer = found.ask(method, path, headers={"Authorization": "", **given})
            _judge(figures, answer.status in (401, 405, 501), f"{method} {path} {given}: {answer.status}", answer)
        for host, path in itertools.product(_WRONG_HOSTS, ("/v1/health", "/v1/objects/b/o")):
            figures.trials += 1
            head = f"GET {path} HTTP/1.1\r\nAuthorization: Bearer {found.token}\r\nConnection: close\r\n"
            status = _status_of_raw(found, head.encode() + b"Host: " + host + b"\r\n\r\n")
            figures.expect(status in (0, 400, 403), f"let in: {host!r}: {status}")
        for name, query in itertools.product(_NO_NAMES, ("", "?archpath=x", "?append_type=append&append_handle=")):
            _try_name(found, name, query, figures)
        _send_too_much(found, figures)
        figures.expect(found.get("b", "o") == b"bytes", "let in: an object was changed")
        changed = {path for path in _everything(folder) ^ before if "buckets/ais/b" not in path}
        figures.expect(not changed, f"let in: left behind: {sorted(changed)[:5]}")
        figures.expect("Traceback" not in found.log, "the log has a traceback")
    return figures


def _no_tokens(token: str) -> Sequence[dict[str, str]]:
    """Return fields that are no right to come in: other tokens, and the right one at wrong places."""
    wrong = ["Bearer", "Bearer ", f"Bearer {token[:-1]}", f"Bearer {token}x", f"Bearer {token.swapcase()}"]
    wrong += [
        f"Basic {token}",
        token,
        f"Bearer{token}",
        f"Token {token}",
        "Bearer null",
        "Bearer \xe9",
        "Bearer " + "a" * 8000,
    ]
    wrong += [f"Bearer {token} {token}", f"Bearer {token},{token}", f'Bearer "{token}"']
    places = [
        {"Cookie": f"token={token}"},
        {"X-Authorization": f"Bearer {token}"},
        {"Proxy-Authorization": f"Bearer {token}"},
    ]
    return [{}, *({"Authorization": each} for each in wrong), *places]


def _try_name(found: NodeProcess, name: str, query: str, figures: Figures) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = found.ask(method, f"/v1/objects/b/{name}{query}", b"escaped" if method == "PUT" else None)
        inside = answer.status == 200 and ".." not in unquote(name).split("/")
        _judge(figures, 400 <= answer.status < 500 or inside, f"{method} {name[:80]}{query}: {answer.status}", answer)
    if not query:
        for place in ("/v1/buckets/", "/v1/objects/"):
            answer = found.ask("GET", f"{place}{name}")
            _judge(figures, 400 <= answer.status < 500, f"{place}{name[:80]}: {answer.status}", answer)


def _send_too_much(found: NodeProcess, figures: Figures) -> None:
    """Send bodies, header fields and paths that are longer than any that is meant."""
    long = "x" * 100_000
    for method, path, body, fields in (
        ("POST", "/v1/buckets/b", bytes(MAX_BODY + 1), {}),
        ("GET", "/v1/buckets", None, {"X-Long": long}),
        ("GET", "/v1/buckets", None, {f"X-{number}": long[:8_000] for number in range(200)}),
        ("GET", f"/v1/objects/b/{long}", None, {}),
        ("GET", f"/v1/buckets?provider={long}", None, {}),
    ):
        figures.trials += 1
        with suppress(ConnectionError):  # hung up amid it: as good
            status = found.ask(method, path, body, fields).status
            figures.expect(400 <= status < 500, f"let in: {method} {path[:40]} with {len(fields)} fields: {status}")


def _judge(figures: Figures, refused: bool, shown: str, answer: object) -> None:
    figures.trials += 1
    figures.expect(refused, f"let in: {shown}: {answer!r:.300}")


def _status_of_raw(found: NodeProcess, request: bytes) -> int:
    address = urlsplit(found.endpoint)
    with closing(socket.create_connection((address.hostname, address.port), PATIENCE)) as line:
        line.sendall(request)
        reply = http.client.HTTPResponse(line)
        try:
            reply.begin()
        except (OSError, http.client.HTTPException):
            return 0
        return reply.status


def _everything(folder: Path) -> set[str]:
    """Return the paths of all that is there, but for what the node's database comes and goes with."""
    return {str(path) for path in folder.rglob("*") if not path.name.startswith(("index.", "objects.", "node.", "."))}
