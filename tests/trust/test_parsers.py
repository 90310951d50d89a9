"""Parsers given what nobody should send: an answer or one of our errors, never another one, never a wrong answer.

``AISNB_FUZZ=100000 pytest tests/trust/test_parsers.py`` tries more.
"""

from __future__ import annotations

import io
import os
from contextlib import suppress

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as any_of

from aisnb import AisnbError, Template
from aisnb.archives import Format, archive_faults, open_archive
from aisnb.fileserver.conditions import RangeNotSatisfiable, requested_range
from aisnb.fileserver.files import split_path
from aisnb.protocol.listing import ListRequest, Page
from aisnb.transfer.index_pages import parse_index
from aisnb.uris import Bucket, check_object_name, parse_bucket, parse_object
from tests.archives.packing import PACKED

CASES = int(os.environ.get("AISNB_FUZZ", "300"))

fuzzed = settings(max_examples=CASES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

_TEMPLATE_TEXT = any_of.text("{}.,0123456789a-@%d\\$*?", max_size=40)
_RANGE_TEXT = any_of.text("bytes=-,0123456789 \t", max_size=30).map(str.encode) | any_of.binary(max_size=30)
_PATH_TEXT = any_of.text("/.%2eE5cf0Aa\\", max_size=40).map(str.encode) | any_of.binary(max_size=40)
_INDEX = b'<html><head><title>Index of /d/</title></head><body><h1>Index of /d/</h1><pre><a href="a.tar?">a.tar</a>'
_PAGE_TEXT = any_of.lists(
    any_of.sampled_from(
        b"""<html> <title>Index&#32;of&#32;/d/</title> <a&#32;href= " ' a.tar ../ > </a> %2F % %00 &lt; &#47; &#0; 5M
        24-Nov-2026 99999999999999999999 <pre> [{"name": "type":"file" }] //evil/ javascript: \xff""".split()
    ),
    max_size=25,
).map(lambda pieces: _INDEX.replace(b"?", b"".join(pieces), 1))


@fuzzed
@given(_TEMPLATE_TEXT | any_of.text(max_size=30))
def test_templates(text: str) -> None:
    with suppress(AisnbError):
        template = Template(text)
        assert len(template) >= 1
        assert next(iter(template)) is not None


@fuzzed
@given(any_of.text("ais://@#.%?{}bc", max_size=30) | any_of.text(max_size=30))
def test_names_of_buckets_and_objects(text: str) -> None:
    with suppress(AisnbError):
        assert isinstance(parse_bucket(text), Bucket)
    with suppress(AisnbError):
        parse_object(text)
    with suppress(AisnbError):
        name = check_object_name(text)
        parts = name.split("/")
        assert ".." not in parts
        assert not name.startswith("/")
        assert "\0" not in name


@fuzzed
@given(_RANGE_TEXT, any_of.integers(0, 10_000))
def test_ranges_lie_in_the_file(text: bytes, size: int) -> None:
    with suppress(RangeNotSatisfiable):
        found = requested_range({b"range": text}, b'"1"', 0, size)
        assert found is None or 0 <= found[0] < found[1] <= size


@fuzzed
@given(_PATH_TEXT)
def test_no_path_leads_up_or_through_a_slash(path: bytes) -> None:
    parts = split_path(b"/" + path)
    assert parts is None or not any(part in (b".", b"..") or b"/" in part or b"\0" in part for part in parts)


@fuzzed
@given(_PAGE_TEXT | any_of.binary(max_size=200))
def test_index_pages_name_nothing_outside(body: bytes) -> None:
    with suppress(AisnbError):
        _, entries = parse_index(body, "http://host/d/")
        for entry in entries:
            assert entry.name.rstrip("/") not in ("", ".", "..")
            assert "/" not in entry.name[:-1]
            assert "/" not in entry.href[:-1]


@fuzzed
@given(any_of.binary(max_size=200), any_of.sampled_from([ListRequest, Page]))
def test_msgpack_bodies(body: bytes, kind: type) -> None:
    with suppress(msgspec.DecodeError):
        assert isinstance(msgspec.msgpack.decode(body, type=kind), kind)


@pytest.mark.parametrize("kind", [kind for kind in Format if kind in PACKED])
@fuzzed
@given(any_of.lists(any_of.tuples(any_of.floats(0, 1), any_of.integers(0, 255)), max_size=20), any_of.floats(0, 1))
def test_archives_with_other_bytes(kind: Format, changes: list[tuple[float, int]], end: float) -> None:
    packed = bytearray(PACKED[kind])
    for place, value in changes:
        packed[int(place * (len(packed) - 1))] = value
    del packed[int((0.5 + end) * len(packed)) :]
    with suppress(AisnbError), archive_faults():
        for member in open_archive(io.BytesIO(bytes(packed)), kind).members():
            assert ".." not in member.name.split("/")
