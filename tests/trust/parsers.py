"""What reads the words of strangers, each as a check of any bytes: one of our errors, or an answer that holds."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from aisnb import AisnbError, Template
from aisnb.archives import Format, Limits, archive_faults, open_archive
from aisnb.fileserver.conditions import RangeNotSatisfiable, failed_precondition, requested_range
from aisnb.fileserver.files import split_path
from aisnb.fileserver.hosts import Hosts
from aisnb.fileserver.index import prefers_json
from aisnb.fileserver.requests import RequestReader
from aisnb.protocol.downloads import DownloadRequest
from aisnb.protocol.listing import ListRequest, Page
from aisnb.protocol.messages import Action
from aisnb.transfer.index_pages import parse_index
from aisnb.transfer.links import redirected, sendable, without_secret
from aisnb.transfer.retry import parse_retry_after
from aisnb.uris import Bucket, check_object_name, parse_bucket, parse_object
from tests.archives.packing import PACKED

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = "http://host/d/"
_FEW = Limits(members=10_000, unpacked_bytes=1 << 20)
_ETAG = b'"1-2-3"'
_HEADERS = (b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since")


def templates(data: bytes) -> None:
    """A template counts what it lists, in words that are names."""
    with suppress(AisnbError):
        template = Template(data.decode("utf-8", "replace"))
        count = len(template)
        assert count >= 1
        if count <= 200:
            assert len(list(template)) == count


def names(data: bytes) -> None:
    """No name of a bucket or an object leads up, to the root or through a NUL."""
    text = data.decode("utf-8", "replace")
    with suppress(AisnbError):
        assert isinstance(parse_bucket(text), Bucket)
    with suppress(AisnbError):
        parse_object(text)
    with suppress(AisnbError):
        name = check_object_name(text)
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert "\0" not in name


def index_pages(data: bytes) -> None:
    """An index names files right below its place, and no others."""
    with suppress(AisnbError):
        _, entries, _ = parse_index(data, PLACE)
        for entry in entries:
            assert entry.name.rstrip("/") not in ("", ".", "..")
            assert "/" not in entry.name[:-1]
            assert "/" not in entry.href[:-1]


def ranges(data: bytes) -> None:
    """A range lies in the file, and conditions are answered by 0, 304 or 412."""
    size = len(data) * 7
    for name in _HEADERS:
        headers = {b"range": b"bytes=0-9", name: data}
        assert failed_precondition(headers, _ETAG, 1_000_000_000) in (0, 304, 412)
        with suppress(RangeNotSatisfiable):
            found = requested_range(headers, _ETAG, 1_000_000_000, size)
            assert found is None or 0 <= found[0] < found[1] <= size
    prefers_json(data)


def paths(data: bytes) -> None:
    """No path leads up, to what is hidden, or through a slash or a NUL."""
    parts = split_path(b"/" + data)
    assert parts is None or not any(part.startswith(b".") or b"/" in part or b"\0" in part for part in parts)


def requests(data: bytes) -> None:
    """Any bytes on the line become requests whose header is bounded, in whatever pieces they come."""
    reader = RequestReader(4096)
    for start in range(0, len(data), 61):
        reader.feed(memoryview(data[start : start + 61]))
    for request in reader.requests:
        assert len(request.target) < 4096 + 61
        assert request.fault or b"\n" not in request.target
    hosts = Hosts()
    assert not (hosts.allows(data) and b"evil" in data.lower())


def wire_messages(data: bytes) -> None:
    """A body is of the kind that it should be, or none."""
    for kind in (ListRequest, Page):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            assert isinstance(msgspec.msgpack.decode(data, type=kind), kind)
    for kind in (Action, DownloadRequest, ListRequest):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            assert isinstance(msgspec.json.decode(data, type=kind), kind)


def links(data: bytes) -> None:
    """A redirect leads to the web, in one line, and what is shown of a link has no password."""
    text = data.decode("utf-8", "surrogateescape")
    with suppress(AisnbError):
        target = redirected(PLACE, text)
        assert target.startswith(("http://", "https://"))
        assert target.isascii()
        assert not any(character.isspace() for character in target)
        assert sendable(target) == target
        assert "@" not in without_secret(target).partition("://")[2].partition("/")[0]
    assert parse_retry_after(text) >= 0


def _archive(kind: Format) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        with suppress(AisnbError), archive_faults():
            for member in open_archive(io.BytesIO(data), kind, _FEW).members():
                assert ".." not in member.name.split("/")
                assert not member.name.startswith("/")
                assert member.size is None or member.size >= 0

    return check


@dataclass(frozen=True)
class Parser:
    """Something to be fuzzed.

    Attributes:
        check: raises anything but nothing when the parser does wrong.
        seeds: what it should read, to begin with.
    """

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


_INDEX = (
    b'<html><head><title>Index of /d/</title></head><body><h1>Index of /d/</h1><pre><a href="../">../</a>\n'
    b"<a href=\"a%20b.tar\">a b.tar</a>  24-Nov-2026 10:00  5M\n<a href='./x.tar'>x.tar</a> 12</pre></body></html>"
)
_JSON_INDEX = b'[{"name":"a.tar","type":"file","mtime":"Tue, 24 Nov 2026 10:00:00 GMT","size":5}]'
_REQUEST = b"GET /a%20b?x=1 HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\n\r\n"
_LISTING = msgspec.msgpack.encode({"uuid": "u", "entries": [{"n": "a", "s": "5"}], "continuation_token": ""})

PARSERS = {
    "templates": Parser(templates, (b"shard-{001..999}.tar", b"{a,b}-{0..100..2}", b"shard-@100", b"prefix-%06d")),
    "names": Parser(names, (b"ais://bucket/dir/object", b"ht://abc", b"ais://@uuid#ns/b", b"a/../b")),
    "index": Parser(index_pages, (_INDEX, _JSON_INDEX)),
    "ranges": Parser(
        ranges, (b"bytes=0-99", b"bytes=-5", b"bytes=1-2,3-4", b'"1-2-3"', b"Tue, 24 Nov 2026 10:00:00 GMT")
    ),
    "paths": Parser(paths, (b"train/a%20b.tar", b"%2e%2e/x", b"..%2fx", b"a//b")),
    "requests": Parser(requests, (_REQUEST, _REQUEST + b"HEAD / HTTP/1.0\r\n\r\n", b"127.0.0.1:80", b"[::1]")),
    "messages": Parser(wire_messages, (_LISTING, b'{"action":"list","name":"","value":{"props":"name"}}')),
    "links": Parser(
        links, (b"http://user:pw@host/a", b"//host/b?c#d", b"../x", b"120", b"Tue, 24 Nov 2026 10:00:00 GMT")
    ),
    **{kind.value.lstrip("."): Parser(_archive(kind), (PACKED[kind],)) for kind in Format if kind in PACKED},
}
