"""Parsers given what nobody should send: an answer or one of our errors, never another one, never a wrong answer.

``AISNB_FUZZ=100000 pytest tests/trust/test_parsers.py`` tries more; ``python -m tests.trust
fuzz`` is guided by coverage.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as any_of

from aisnb.archives import Format
from tests.archives.packing import PACKED
from tests.trust.parsers import PARSERS

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


_NAME_TEXT = any_of.text("ais://@#.%?{}bc", max_size=30)
_HOST_TEXT = any_of.text("htps:/@[]?#.\r\n \t\\%20aé", max_size=40)
_TEXTS = {
    "templates": _TEMPLATE_TEXT.map(str.encode),
    "names": _NAME_TEXT.map(str.encode),
    "ranges": _RANGE_TEXT,
    "paths": _PATH_TEXT,
    "index": _PAGE_TEXT,
    "links": _HOST_TEXT.map(str.encode),
}


@pytest.mark.parametrize("name", PARSERS)
@fuzzed
@given(any_of.data())
def test_any_text_is_read_rightly_or_refused(name: str, data: any_of.DataObject) -> None:
    odd = any_of.text(max_size=30).map(str.encode) | any_of.binary(max_size=200)
    PARSERS[name].check(data.draw(_TEXTS[name] | odd if name in _TEXTS else odd))


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_sound_is_read(name: str) -> None:
    for seed in PARSERS[name].seeds:
        PARSERS[name].check(seed)


@pytest.mark.parametrize("kind", [kind for kind in Format if kind in PACKED])
@fuzzed
@given(any_of.lists(any_of.tuples(any_of.floats(0, 1), any_of.integers(0, 255)), max_size=20), any_of.floats(0, 1))
def test_archives_with_other_bytes(kind: Format, changes: list[tuple[float, int]], end: float) -> None:
    packed = bytearray(PACKED[kind])
    for place, value in changes:
        packed[int(place * (len(packed) - 1))] = value
    del packed[int((0.5 + end) * len(packed)) :]
    PARSERS[kind.value.lstrip(".")].check(bytes(packed))
