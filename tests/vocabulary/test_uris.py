"""Names of buckets, objects and links."""

from __future__ import annotations

import pytest

from aisnb import AisnbError, NameInvalid, SchemeMissing
from aisnb.uris import (
    Bucket,
    check_link,
    check_object_name,
    join_link,
    link_directory,
    link_name,
    parse_bucket,
    parse_object,
    parse_provider,
    parse_uri,
    web_bucket,
)


@pytest.mark.parametrize(
    ("text", "bucket", "rest"),
    [
        ("ais://abc", Bucket("ais", "abc"), ""),
        ("ais://abc/", Bucket("ais", "abc"), ""),
        ("ais://abc/a/b.tar", Bucket("ais", "abc"), "a/b.tar"),
        ("abc/x", Bucket("ais", "abc"), "x"),
        ("s3://b/x", Bucket("aws", "b"), "x"),
        ("gs://b", Bucket("gcp", "b"), ""),
        ("ht://MzU3MTg4YTc1M2VlZTJhZA/x", Bucket("ht", "MzU3MTg4YTc1M2VlZTJhZA"), "x"),
        ("ais://#team/b/x", Bucket("ais", "b", "#team"), "x"),
    ],
)
def test_a_uri_is_read_as_the_cli_reads_it(text: str, bucket: Bucket, rest: str) -> None:
    assert parse_uri(text) == (bucket, rest)


@pytest.mark.parametrize("text", ["ais://", "ais://a b", "ais://" + "x" * 65, "foo://abc", "http://host/x", "ais://.."])
def test_what_is_no_bucket_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(NameInvalid, match=r"not a bucket name|not a provider|does not say which bucket"):
        parse_uri(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("ais:/abc2", "ais://abc2"), ("ais:abc/x", "ais://abc/x"), ("HT:/abc", "HT://abc"), ("s3:/b", "s3://b")],
)
def test_a_slash_that_is_missing_is_told(text: str, meant: str) -> None:
    with pytest.raises(NameInvalid, match=f"'{meant}'"):
        parse_uri(text)


def test_an_object_where_a_bucket_is_expected_is_refused_and_the_other_way_round() -> None:
    with pytest.raises(NameInvalid, match="say 'ais://abc'"):
        parse_bucket("ais://abc/x")
    with pytest.raises(NameInvalid, match="ais://abc/NAME"):
        parse_object("ais://abc")


@pytest.mark.parametrize(
    "name", ["../x", "a/../b", "/etc/passwd", "a//b", "a/", ".", "", "a\0b", "x" * 256, "\udcff", "a/" * 600 + "b"]
)
def test_an_object_name_that_could_leave_its_bucket_or_its_disk_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        check_object_name(name)


@pytest.mark.parametrize("name", ["a b", "ü/漢字.tar", "<script>", "a\nb", "...", "a/.b", "%41", "x" * 255])
def test_any_other_name_is_fine(name: str) -> None:
    assert check_object_name(name) == name


def test_web_buckets_are_named_as_aistore_4_named_them() -> None:
    assert web_bucket("http://localhost:51061/abc/hello-world") == Bucket("ht", "MzU3MTg4YTc1M2VlZTJhZA")
    assert web_bucket("http://127.0.0.1:51061/abc/x?y=1") == Bucket("ht", "YWIzZjE5NDU1ZGU1NGRhYQ")
    assert web_bucket("https://localhost:51061/abc/") == web_bucket("http://localhost:51061/abc/z")


def test_a_link_gives_its_name_decoded_once_and_its_directory() -> None:
    assert link_name("http://h/x/a%20b%2541.bin?sig=1#f") == "a b%41.bin"
    assert link_name("http://h") == ""
    assert link_directory("http://h:1/x/a.bin?u=/v") == "http://h:1/x/"
    assert link_directory("http://h:1") == "http://h:1/"
    assert join_link("http://h/x/", "a b#%?é") == "http://h/x/a%20b%23%25%3F%C3%A9"


def test_a_source_without_scheme_is_refused_and_both_spellings_named() -> None:
    with pytest.raises(SchemeMissing, match=r"http://host/abc.*ais://host/abc"):
        check_link("host/abc")


@pytest.mark.parametrize("text", ["http://", "http:///x", "http://h:99999/x", "ftp://h/x"])
def test_a_link_that_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(AisnbError, match=r"Write it like|begin with http"):
        check_link(text)


@pytest.mark.parametrize(("text", "provider"), [("ht", "ht"), ("ht:", "ht"), ("s3://", "aws"), ("abc", None)])
def test_a_bare_provider_is_recognised(text: str, provider: str | None) -> None:
    assert parse_provider(text) == provider
