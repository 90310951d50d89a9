from __future__ import annotations

import pytest

from aisnb.errors import NameInvalid, SchemeMissing
from aisnb.transfer.links import origin, redirected, sendable, without_secret


@pytest.mark.parametrize(
    ("link", "sent"),
    [
        ("http://h/a.tar", "http://h/a.tar"),
        ("http://h", "http://h/"),
        ("HTTP://h:80?q=1", "http://h:80/?q=1"),
        ("http://h/a b\tc", "http://h/a%20b%09c"),
        ("http://h/{1..3}[x]", "http://h/%7B1..3%7D%5Bx%5D"),
        ("http://h/ä/日", "http://h/%C3%A4/%E6%97%A5"),
        ("http://h/a%20b%2Fc%zz%", "http://h/a%20b%2Fc%25zz%25"),
        ("http://h/a/../b/./c//d", "http://h/a/../b/./c//d"),
        ("http://h/a?x=a+b&y=%26#part", "http://h/a?x=a+b&y=%26"),
        ("http://h/a\udcff", "http://h/a%FF"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("http://bücher.example/a", "http://xn--bcher-kva.example/a"),
        ("http://h/a@b:c;d=e,f!$&'()*~", "http://h/a@b:c;d=e,f!$&'()*~"),
    ],
)
def test_what_cannot_be_sent_is_encoded_and_the_rest_left_alone(link: str, sent: str) -> None:
    assert sendable(link) == sent
    assert sendable(sent) == sent


def test_what_is_no_link_is_refused() -> None:
    with pytest.raises(SchemeMissing, match="host/a"):
        sendable("host/a")
    with pytest.raises(NameInvalid, match="UTF-8"):
        sendable("http://h/\ud800")
    with pytest.raises(NameInvalid, match="host"):
        sendable("http:///a")


@pytest.mark.parametrize(
    "host", ["a b", "h\r\nX:1", "1\r\n27.0.0.1:80", "a\tb", "a\0b", "user name:pw@h", "a\x7f", "a\n"]
)
def test_no_host_ends_the_line_that_it_is_sent_in(host: str) -> None:
    for link in (f"http://{host}/a", f"https://{host}?q", f"http://{host}"):
        with pytest.raises(NameInvalid, match=r"host|not a web link"):
            sendable(link)


def test_links_of_one_source_have_one_origin() -> None:
    assert origin("http://Host/a") == origin("http://host:80/b") == "http://host:80"
    assert origin("https://host/") == "https://host:443"
    assert origin("http://user:secret@host/") == "http://host:80"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "http://h:1/b"),
        ("b c", "http://h:1/dir/b%20c"),
        ("//g/x", "http://g/x"),
        ("https://g/x#y", "https://g/x"),
        ("?q", "http://h:1/dir/a?q"),
    ],
)
def test_a_redirect_leads_where_its_location_says(location: str, target: str) -> None:
    assert redirected("http://h:1/dir/a", location) == target


def test_passwords_in_links_are_not_shown() -> None:
    assert without_secret("http://user:p@ss@host/a@b") == "http://host/a@b"
    assert without_secret("http://host/a@b?c@d") == "http://host/a@b?c@d"
