"""What objects are taken for by their bytes, and that nothing of them becomes markup."""

from __future__ import annotations

import base64
import html
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb.notebook.browser.copying import copy_button
from aisnb.notebook.browser.images import Picture, picture_of
from aisnb.notebook.browser.preview import preview_html, text_of, wants_all
from tests.notebook.contents import ODD_NAMES, png

SOF = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 30, 40)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xdb\x00\x03x" + SOF + bytes(10)
WEBP = b"RIFF\0\0\0\0WEBP"
#: What our own pages are made of.
OURS = re.compile(r"</?(pre|bdi|div|img)( [a-z-]+=\"[^\"]*\")*>")


@pytest.mark.parametrize(
    ("data", "picture"),
    [
        (png(64, 48), Picture("image/png", 64, 48)),
        (b"GIF89a" + struct.pack("<HH", 3, 4), Picture("image/gif", 3, 4)),
        (b"BM" + bytes(16) + struct.pack("<ii", 5, -6), Picture("image/bmp", 5, 6)),
        (JPEG, Picture("image/jpeg", 40, 30)),
        (WEBP + b"VP8 " + bytes(10) + struct.pack("<HH", 7, 0x4008), Picture("image/webp", 7, 8)),
        (WEBP + b"VP8L" + bytes(5) + struct.pack("<I", 8 | 9 << 14), Picture("image/webp", 9, 10)),
        (WEBP + b"VP8X" + bytes(8) + b"\x0a\0\0\x0b\0\0", Picture("image/webp", 11, 12)),
        (WEBP + b"????" + bytes(30), None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"GIF89a" + struct.pack("<HH", 0, 4), None),
        (b"\xff\xd8\xff", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_their_first_bytes(data: bytes, picture: Picture | None) -> None:
    assert picture_of(data) == picture
    assert all(picture_of(data[:length]) in (picture, None) for length in range(len(data)))


@given(st.binary(), st.sampled_from([b"", b"\xff\xd8\xff", b"BM", WEBP, WEBP + b"VP8X", b"{", b"[[", b"\xef\xbb\xbf"]))
def test_any_bytes_have_a_preview_that_is_only_markup_of_ours(data: bytes, magic: bytes) -> None:
    shown = preview_html("<b>\"'&", magic + data, len(magic + data))
    assert "<" not in OURS.sub("", shown)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("naïve".encode()[:3], "na"),
        ("\ufeffnaïve".encode(), "naïve"),
        ("\ufeffnaïve".encode("utf-16-le"), "naïve"),
        (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        (b"na\xefve", None),
        (b"a\0b", None),
        (bytes(range(1, 9)) * 4, None),
    ],
)
def test_texts_are_known_by_their_bytes(data: bytes, text: str | None) -> None:
    assert text_of(data) == text


def test_json_is_formatted_and_what_looks_like_it_is_text() -> None:
    assert "\n  &quot;a&quot;: [" not in preview_html("x", b'{"a": [1, 2]', 12)
    assert "&quot;a&quot;: [" in preview_html("x", b'{"a":[1,2]}', 11)
    deep = b"[" * 50_000 + b"]" * 50_000
    assert "<pre" in preview_html("x", deep, len(deep))


def test_large_pictures_are_read_whole_only_up_to_a_limit() -> None:
    assert wants_all(png()[:50], 100_000)
    assert not wants_all(png()[:50], 100_000_000)
    assert not wants_all(png(), len(png()))
    assert not wants_all(b"text", 100_000)
    assert "too large to be shown" in preview_html("x", png()[:50], 100_000_000)


def test_a_picture_is_shown_by_its_own_bytes_and_described() -> None:
    shown = preview_html("<cat>.png", png(), len(png()))
    assert f'src="data:image/png;base64,{base64.b64encode(png()).decode()}"' in shown
    assert 'alt="&lt;cat&gt;.png, 64 × 48 pixels"' in shown


@pytest.mark.parametrize("name", ODD_NAMES)
def test_what_is_copied_is_data_of_the_page_and_exact(name: str) -> None:
    shown = copy_button("Copy path", name)
    data = re.search(r'data-text="([^"]*)"', shown)
    script = re.search(r'onclick="([^"]*)"', shown)
    assert data is not None
    assert script is not None
    assert html.unescape(data[1]) == name
    assert script[1] == re.search(r'onclick="([^"]*)"', copy_button("Copy path", ""))[1]  # type: ignore[index]  # as above
