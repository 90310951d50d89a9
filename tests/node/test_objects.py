"""Objects over HTTP: stored whole or not at all, read in full or in part."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from tests.support.nodes import NodeProcess

HELLO = b"hello world"
HELLO_XXHASH = "45ab6734b21e6968"
#: Longer than what goes out in one write.
LARGE = os.urandom(3 << 20)


def path(bucket: str, name: str = "o") -> str:
    return f"/v1/objects/{bucket}/{quote(name)}"


@pytest.mark.parametrize("content", [b"", HELLO, LARGE], ids=["empty", "small", "large"])
def test_what_is_put_is_what_is_got(node: NodeProcess, bucket: str, content: bytes) -> None:
    node.put(bucket, "dir/a b#%1.txt", content)
    answer = node.ask("GET", f"/v1/objects/{bucket}/dir/a%20b%23%251.txt")
    assert answer.body == content
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["ais-version"] == "1"
    assert answer.headers["ais-present"] == "true"
    assert abs(int(answer.headers["ais-atime"]) - time.time_ns()) < 600e9


def test_the_checksum_is_xxhash2(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", HELLO)
    for method in ("GET", "HEAD"):
        headers = node.ask(method, path(bucket)).headers
        assert (headers["ais-checksum-type"], headers["ais-checksum-value"]) == ("xxhash2", HELLO_XXHASH)


def test_an_overwrite_is_a_new_version(node: NodeProcess, bucket: str) -> None:
    for content in (b"first", b"second"):
        node.put(bucket, "o", content)
    assert node.ask("HEAD", path(bucket)).headers["ais-version"] == "2"
    assert node.get(bucket, "o") == b"second"


@pytest.mark.parametrize("content", [HELLO, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=2-5", 2, 5),
        ("bytes=6-", 6, None),
        ("bytes=-3", -3, None),
        ("bytes=3-99999999", 3, None),
    ],
)
def test_a_range_is_a_part(
    node: NodeProcess, bucket: str, content: bytes, asked: str, first: int, last: int | None
) -> None:
    node.put(bucket, "o", content)
    answer = node.ask("GET", path(bucket), headers={"Range": asked})
    start = first % len(content)
    end = len(content) - 1 if last is None else last
    assert answer.status == 206
    assert answer.body == content[start : end + 1]
    assert answer.headers["content-range"] == f"bytes {start}-{end}/{len(content)}"
    assert answer.headers["content-length"] == str(end - start + 1)


@pytest.mark.parametrize("asked", ["bytes=11-", "bytes=5-2", "bytes=-0", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "é"])
def test_a_range_that_cannot_be_is_refused_with_the_size(node: NodeProcess, bucket: str, asked: str) -> None:
    node.put(bucket, "o", HELLO)
    answer = node.ask("GET", path(bucket), headers={"Range": asked})
    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */11"
    assert "11 bytes" in answer.message


def test_a_reader_gets_one_version_whoever_overwrites_it(node: NodeProcess, bucket: str) -> None:
    content = b"a" * (64 << 20)
    node.put(bucket, "o", content)
    connection = node.connection()
    connection.request("GET", path(bucket), headers={"Authorization": f"Bearer {node.token}"})
    response = connection.getresponse()
    start = response.read(10)
    node.put(bucket, "o", b"b")
    node.ask("DELETE", path(bucket))
    assert start + response.read() == content
    connection.close()


def test_a_reader_that_goes_away_in_the_middle_is_no_error(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", b"a" * (32 << 20))
    before = len(node.log)
    connection = node.connection()
    connection.request("GET", path(bucket), headers={"Authorization": f"Bearer {node.token}"})
    connection.getresponse().read(10)
    connection.close()
    assert node.get(bucket, "o")[:1] == b"a"
    assert "Traceback" not in node.log[before:]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_missing_object_is_named(node: NodeProcess, bucket: str, method: str) -> None:
    answer = node.ask(method, path(bucket, "dir/x"))
    assert (answer.status, answer.message) == (404, f"ais://{bucket}/dir/x does not exist")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_an_object_of_a_missing_bucket_is_an_error_of_the_bucket(node: NodeProcess, method: str) -> None:
    answer = node.ask(method, path("missing"), b'{"value": {"a": "b"}}')
    assert (answer.status, answer.message) == (404, 'bucket "ais://missing" does not exist')


def test_a_deleted_object_is_gone(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", HELLO)
    assert node.ask("DELETE", path(bucket)).status == 200
    assert node.ask("GET", path(bucket)).status == 404


@pytest.mark.parametrize("name", ["a//b", "x/", "%00", "a/%2e%2e/b", "%FF", "n" * 256])
def test_names_that_cannot_be_are_refused_and_nothing_is_stored(node: NodeProcess, bucket: str, name: str) -> None:
    answer = node.ask("PUT", f"/v1/objects/{bucket}/{name}", HELLO)
    assert answer.status == 400
    assert node.ask("GET", f"/v1/buckets/{bucket}").json()["entries"] == []


def test_a_name_beside_which_another_cannot_be_is_a_conflict(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", HELLO)
    assert node.ask("PUT", path(bucket, "a/b"), HELLO).status == 409
    assert node.get(bucket, "a") == HELLO


def checks(kind: str, value: str) -> dict[str, str]:
    return {"ais-checksum-type": kind, "ais-checksum-value": value}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("xxhash2", HELLO_XXHASH),
        ("xxhash", HELLO_XXHASH.upper()),
        ("md5", hashlib.md5(HELLO).hexdigest()),
        ("sha256", hashlib.sha256(HELLO).hexdigest()),
        ("none", "anything"),
    ],
)
def test_a_checksum_that_fits_is_accepted(node: NodeProcess, bucket: str, kind: str, value: str) -> None:
    assert node.ask("PUT", path(bucket), HELLO, checks(kind, value)).status == 200


@pytest.mark.parametrize("kind", ["xxhash2", "md5", "sha512", "crc7", "\xff"])
def test_a_checksum_that_does_not_fit_stores_nothing_and_keeps_what_was(
    node: NodeProcess, bucket: str, kind: str
) -> None:
    assert node.ask("PUT", path(bucket, "fresh"), HELLO, checks(kind, "00")).status == 400
    assert node.ask("HEAD", path(bucket, "fresh")).status == 404
    node.put(bucket, "o", b"before")
    answer = node.ask("PUT", path(bucket), HELLO, checks(kind, "00"))
    assert answer.status == 400
    assert (kind if kind.isascii() else "checksum type") in answer.message
    assert node.get(bucket, "o") == b"before"


def test_a_body_that_breaks_off_stores_nothing(node: NodeProcess, bucket: str) -> None:
    address = urlsplit(node.endpoint)
    head = f"PUT {path(bucket)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {node.token}\r\n"
    with socket.create_connection((address.hostname, address.port), PATIENCE) as line:
        line.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + b"half")
    partials = node.root.path / "partial"
    while any(partials.iterdir()):
        time.sleep(0.01)
    assert node.ask("HEAD", path(bucket)).status == 404
    assert "Traceback" not in node.log


def test_who_waits_to_be_told_to_go_on_is_refused_before_the_body(node: NodeProcess, bucket: str) -> None:
    assert expecting(node, "missing").startswith(b"HTTP/1.1 404")
    assert expecting(node, bucket).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    assert node.get(bucket, "o") == HELLO


def expecting(node: NodeProcess, bucket: str) -> bytes:
    """Put by the protocol of RFC 9110 section 10.1.1; return all that was answered."""
    address = urlsplit(node.endpoint)
    head = (
        f"PUT {path(bucket)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {node.token}\r\n"
        f"Expect: 100-continue\r\nConnection: close\r\nContent-Length: {len(HELLO)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), PATIENCE) as line:
        line.sendall(head.encode())
        received = line.recv(4096)
        if received.startswith(b"HTTP/1.1 100"):
            line.sendall(HELLO)
        while chunk := line.recv(4096):
            received += chunk
    return received


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("append_type=append&append_handle=unknown", 404),
        ("append_type=sideways", 400),
        ("append_type=flush", 404),
        ("uploadId=unknown&partNumber=1", 404),
        ("uploadId=unknown&partNumber=-1", 400),
        ("object_to=ais/b/o", 400),
        ("object_to=ais/@%23/b/", 400),
        ("object_to=ht/@%23/b/o", 400),
        ("archpath=inner", 400),
    ],
)
def test_a_put_that_cannot_be_meant_stores_nothing(node: NodeProcess, bucket: str, query: str, status: int) -> None:
    assert node.ask("PUT", f"{path(bucket)}?{query}", HELLO).status == status
    assert node.ask("HEAD", path(bucket)).status == 404


def test_all_properties_come_unless_some_are_asked_for(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "é", HELLO)
    full = node.ask("HEAD", path(bucket, "é")).headers
    assert (full["ais-name"], full["ais-bucket-name"], full["ais-bucket-provider"]) == ("%C3%A9", bucket, "ais")
    assert (full["content-length"], full["ais-location"]) == ("11", "t[tAISNB01]")
    some = node.ask("HEAD", f"{path(bucket, 'é')}?props=size,etag,last-modified").headers
    assert some["etag"] == f'"{HELLO_XXHASH}"'
    assert some["last-modified"].endswith(" GMT")
    assert "ais-checksum-value" not in some
    assert node.ask("HEAD", f"{path(bucket, 'é')}?props=colour").status == 400


def test_words_are_noted_with_an_object_and_replaced_on_request(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", HELLO)
    for query, words, expected in (
        ("", {"a": "1, 2"}, "a=1, 2"),
        ("", {"b": "é\n"}, "a=1, 2, b=%C3%A9%0A"),
        ("?set-new-custom=true", {"c": "3"}, "c=3"),
    ):
        answer = node.ask("PATCH", path(bucket) + query, {"action": "", "name": "", "value": words})
        assert answer.status == 200
        assert node.ask("HEAD", f"{path(bucket)}?props=custom").headers["ais-custom-md"] == expected
    assert node.ask("PATCH", path(bucket), {"value": ["a"]}).status == 400
