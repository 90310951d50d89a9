"""Index pages as servers write them, and pages that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aisnb.errors import SourceError
from aisnb.transfer import Index, index_pages
from aisnb.transfer.index_pages import http_seconds, parse_index

if TYPE_CHECKING:
    from aisnb.transfer.index_pages import IndexEntry

PLACE = "http://host:8000/d/"
NOON = 1_795_521_600  # 2026-11-24 12:00 UTC

NGINX = b"""<html>\r
<head><title>Index of /d/</title></head>\r
<body>\r
<h1>Index of /d/</h1><hr><pre><a href="../">../</a>\r
<a href="below/">below/</a>                                             24-Nov-2026 12:00                   -\r
<a href="a%20b%23%3F.tar">a b#?.tar</a>                                          24-Nov-2026 12:00                 123\r
<a href="a-very-long-name-of-a-shard-that-does-not-fit-its-column.tar">a-very-long-name-of-a-shard-that-does-not-fit-i..&gt;</a> 24-Nov-2026 12:00                2048\r
<a href="big.tar">big.tar</a>                                            24-Nov-2026 12:00                  5M\r
</pre><hr></body>\r
</html>\r
"""  # noqa: E501  # as nginx writes it

APACHE = b"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /d</title></head><body><h1>Index of /d</h1><table>
<tr><th valign="top"><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><img src="/icons/back.gif"></td><td><a href="/">Parent Directory</a></td><td>&nbsp;</td></tr>
<tr><td><img src="/icons/tar.gif"></td><td><a href="a.tar">a.tar</a></td><td align="right">2026-11-24 13:00  </td>\
<td align="right">972 </td><td>&nbsp;</td></tr>
<tr><td><img src="/icons/tar.gif"></td><td><a href="b.tar">b.tar</a></td><td align="right">2026-11-24 13:00  </td>\
<td align="right">1.2K</td><td>&nbsp;</td></tr>
</table><address>Apache</address></body></html>
"""

GO = b"""<!doctype html>
<meta name="viewport" content="width=device-width">
<pre>
<a href="a.tar">a.tar</a>
<a href="below/">below/</a>
<a href="./x:y.tar">x:y.tar</a>
</pre>
"""

PYTHON = b"""<!DOCTYPE HTML>
<html lang="en"><head><meta charset="utf-8"><title>Directory listing for /d/</title></head>
<body><h1>Directory listing for /d/</h1><hr><ul>
<li><a href="%3Cscript%3Ealert%281%29%3C/script%3E">&lt;script&gt;alert(1)&lt;/script&gt;</a></li>
<li><a href="line%0Abreak">line
break</a></li>
<li><a href="link">link@</a></li>
<li><a href="%D7%A9%D7%9C%D7%95%D7%9D.tar">\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.tar</a></li>
<li><a href="%22%27%26amp%3B">&quot;&#x27;&amp;amp;</a></li>
<li><a href="%F0%9F%98%80">\xf0\x9f\x98\x80</a></li>
<li><a href="raw%FF">raw?</a></li>
</ul><hr></body></html>
"""


def titled(links: str) -> bytes:
    return f"<title>Index of /d/</title>{links}".encode()


def parsed(body: bytes, link: str = PLACE) -> list[IndexEntry]:
    place, entries, _ = parse_index(body, link)
    assert place == PLACE
    return entries


def names(body: bytes) -> list[str]:
    return [entry.name for entry in parsed(body)]


def test_nginx_s_page_gives_exact_sizes_and_dates_and_leaves_rounded_sizes_open() -> None:
    assert [(entry.name, entry.size, entry.modified) for entry in parsed(NGINX)] == [
        ("a b#?.tar", 123, NOON),
        ("a-very-long-name-of-a-shard-that-does-not-fit-its-column.tar", 2048, NOON),
        ("big.tar", None, NOON),
    ]


def test_apache_s_page_gives_small_sizes_and_no_date_of_an_unknown_time_zone() -> None:
    found = [(entry.name, entry.size, entry.modified) for entry in parsed(APACHE)]
    assert found == [("a.tar", 972, None), ("b.tar", None, None)]


def test_go_s_page_without_any_title_is_an_index() -> None:
    assert names(GO) == ["a.tar", "x:y.tar"]
    assert names(b'<pre>\n<a href="a.tar">a.tar</a>\n</pre>\n') == ["a.tar"]


def test_names_of_any_kind_come_through_as_they_are() -> None:
    index = Index(*parse_index(PYTHON, PLACE))
    assert [entry.name for entry in index.entries] == [
        "\"'&amp;", "line\nbreak", "link", "raw\ufffd", "שלום.tar", "\U0001f600",
    ]  # fmt: skip
    assert [index.link(entry) for entry in index.entries][3] == f"{PLACE}raw%FF"


def test_a_name_with_an_encoded_slash_leads_out_of_the_directory() -> None:
    body = titled('<a href="a%2Fb">a/b</a><a href="%2e%2e">..</a><a href="%2e">.</a><a href="a%00">a</a>')
    assert parsed(body) == []


def test_links_that_lead_elsewhere_are_left_out() -> None:
    links = (
        '<a href="?C=N;O=D">Name</a><a href="../">up</a><a href="/d/x.tar">x</a><a href="sub/">sub</a>'
        '<a href="http://other/d/y.tar">y</a><a href="z.tar#top">z</a><a href="//other/d/w">w</a><a>none</a>'
        '<a href="mailto:a@b">mail</a><a href="javascript:alert(1)">run</a><a href="http://[">bad</a>'
        "<a href='../d/u.tar'>u</a><A HREF=v.tar>v</A><a href=\"http://host:8000/d/t.tar\">t</a>"
    )
    assert names(titled(links)) == ["t.tar", "u.tar", "v.tar", "x.tar", "z.tar"]


def test_a_file_named_twice_is_one_file() -> None:
    assert names(titled('<a href="a"><img></a><a href="a">a</a><a href="./a">a</a>')) == ["a"]


def test_json_s_directories_are_left_out_and_sizes_and_dates_are_read() -> None:
    rows = [
        {"name": "b.tar", "type": "file", "mtime": "Tue, 24 Nov 2026 12:00:00 GMT", "size": 5},
        {"name": "below", "type": "directory", "mtime": "Tue, 24 Nov 2026 12:00:00 GMT"},
        {"name": "below/", "size": 4096, "is_dir": True},
        {"name": "../up", "type": "file", "size": 1},
        {"name": "a b", "type": "file", "mtime": "yesterday", "size": -1},
        {"name": "raw\ufffd", "type": "file", "size": 1, "href": "./raw%FF"},
    ]
    index = Index(*parse_index(json.dumps(rows).encode(), PLACE))
    assert [(entry.name, entry.size, entry.modified) for entry in index.entries] == [
        ("a b", None, None),
        ("b.tar", 5, NOON),
        ("raw\ufffd", 1, None),
    ]
    assert [index.link(entry) for entry in index.entries] == [f"{PLACE}a%20b", f"{PLACE}b.tar", f"{PLACE}raw%FF"]


def test_names_that_are_no_text_are_found_in_nginx_s_json() -> None:
    index = Index(*parse_index(b'[{"name":"\xff.tar","type":"file","size":1}]', PLACE))
    assert [(entry.name, index.link(entry)) for entry in index.entries] == [("\ufffd.tar", f"{PLACE}%FF.tar")]


def test_an_empty_index_is_an_index() -> None:
    assert parsed(b"[]") == parsed(b"[\r\n]\r\n") == parsed(titled("")) == []


def test_a_page_whose_links_say_the_names_of_their_files_is_an_index() -> None:
    assert names(b'<ul><li><a href="a.tar">a.tar</a><li><a href="b/">b/</a><li><a href="long.tar">lo..</a></ul>') == [
        "a.tar",
        "long.tar",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"<title>Welcome</title><a href='about.html'>About us</a><a href='a.tar'>a.tar</a>",
        b"<html><body>It works!</body></html>",
        b"",
        b"\x1f\x8b\x08\x00 no page at all",
        b"{nonsense",
        b'{"a": 1}',
        b'[{"a": 1}]',
        b"[1, 2]",
        b"[" * 100_000,
        b'[{"name": "\xff"',
        b"<a href=a>" * 10,
    ],
)
def test_what_is_no_index_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(SourceError, match="'http://host:8000/d/' shows no index"):
        parse_index(body, PLACE)


def test_the_page_that_was_met_instead_is_named() -> None:
    with pytest.raises(SourceError, match="a page called 'Welcome to nginx!'"):
        parse_index(b"<title>\n Welcome to\n nginx!</title>", PLACE)


def test_an_index_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_pages, "MOST_ENTRIES", 3)
    body = json.dumps([{"name": f"{number}"} for number in range(4)]).encode()
    with pytest.raises(SourceError, match="more than 3 files"):
        parse_index(body, PLACE)


@pytest.mark.parametrize(
    "piece", ["<a <a ", "<a href='", '<a href="x">', "<a x><", "<pre>", "<title ", "<!--", "&amp;"]
)
def test_a_malicious_page_is_read_in_one_pass(piece: str) -> None:
    """A page that were read once for each of its pieces would take hours."""
    body = (piece * (2_000_000 // len(piece))).encode()
    with pytest.raises(SourceError):
        parse_index(b"<title>x</title>" + body, PLACE)
    parse_index(titled("") + body, PLACE)


def test_names_are_sorted_by_their_bytes_and_found_by_prefix_and_position() -> None:
    odd = ["b", "a", "\U0001f600", "～", "ab", "b1"]
    index = Index(*parse_index(json.dumps([{"name": name} for name in odd]).encode(), PLACE))
    assert [entry.name for entry in index.entries] == sorted(odd, key=str.encode)
    assert [entry.name for entry in index.select("a")] == ["a", "ab"]
    assert [entry.name for entry in index.select("", "ab")] == ["b", "b1", "～", "\U0001f600"]
    assert [entry.name for entry in index.select("b", "b")] == ["b1"]
    assert list(index.select("zz")) == []


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("", None),
        ("Sun, 99 Foo 1994 08:49:37 GMT", None),
        ("never", None),
    ],
)
def test_an_http_date_is_read(date: str, seconds: int | None) -> None:
    assert http_seconds(date) == seconds
