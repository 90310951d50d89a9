"""Who may ask the node, and how it says no."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.support.nodes import NodeProcess


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer \xe9"])
def test_without_the_token_nothing_is_told_but_where_the_token_is(node: NodeProcess, given: str) -> None:
    answer = node.ask("GET", "/v1/buckets", headers={"Authorization": given})
    assert answer.status == 401
    assert str(node.root.token_file) in answer.message
    assert node.token not in answer.body.decode()


def test_health_is_told_to_everybody(node: NodeProcess) -> None:
    for path in ("/v1/health", "/v1/health/", "/v1/health?prr=true", "/v1/health?readiness=true"):
        answer = node.ask("GET", path, headers={"Authorization": ""})
        assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:8080", "192.168.0.9", "a.localhost"]
)
def test_names_of_this_machine_are_answered(node: NodeProcess, host: str) -> None:
    assert node.ask("GET", "/v1/health", headers={"Host": host}).status == 200


def test_the_machine_is_answered_to_by_its_own_name(node: NodeProcess) -> None:
    assert node.ask("GET", "/v1/health", headers={"Host": socket.gethostname()}).status == 200


@pytest.mark.parametrize("path", ["/v1/health", "/v1/buckets", "/v1/objects/b/o"])
def test_a_stranger_that_points_its_name_here_is_turned_away(node: NodeProcess, path: str) -> None:
    answer = node.ask("GET", path, headers={"Host": "evil.example"})
    assert answer.status == 403
    assert "'evil.example'" in answer.message
    assert "localhost" in answer.message


def test_no_web_page_is_invited(node: NodeProcess) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET"}
    assert node.ask("OPTIONS", "/v1/buckets", headers=headers).status == 405
    answer = node.ask("GET", "/v1/buckets", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/objects/b/../../x/keep",
        "/v1/objects/b/%2e%2e/x",
        "/v1/objects/b/a%2F..%2Fx",
        "/v1/objects/b/./x",
        "/v1/buckets/..",
    ],
)
def test_a_path_that_climbs_is_refused_before_anybody_resolves_it(node: NodeProcess, path: str) -> None:
    answer = node.ask("GET", path)
    assert answer.status == 400
    assert "'.' or '..'" in answer.message


def test_health_is_no_way_around_the_token(node: NodeProcess) -> None:
    for path in ("/v1/health/../buckets", "/v1/buckets/../health", "/v1/health/%2e%2e/buckets"):
        assert node.ask("GET", path, headers={"Authorization": ""}).status == 400
    assert node.ask("GET", "/v1/health/x", headers={"Authorization": ""}).status == 401


def test_what_is_not_there_is_said_in_aistores_shape(node: NodeProcess) -> None:
    answer = node.ask("GET", "/v2/nothing")
    assert answer.status == 404
    body = answer.json()
    assert (body["status"], body["method"], body["url_path"]) == (404, "GET", "/v2/nothing")
    assert answer.headers["content-type"] == "application/json"
    assert node.ask("PUT", "/v1/buckets").status == 405
    assert node.ask("PUT", "/v1/buckets").headers["allow"] == "GET"


def test_errors_of_a_head_are_in_a_header(node: NodeProcess) -> None:
    answer = node.ask("HEAD", "/v1/buckets/missing")
    assert (answer.status, answer.message) == (404, 'bucket "ais://missing" does not exist')


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b'{"action": 5}'])
def test_a_body_that_makes_no_sense_is_the_callers_mistake(node: NodeProcess, body: bytes) -> None:
    answer = node.ask("POST", "/v1/buckets/abc", body)
    assert answer.status == 400
    assert "valid Action" in answer.message


def test_a_long_list_of_names_is_read(node: NodeProcess, bucket: str) -> None:
    names = [f"some/long/directory/name-{number:012d}" for number in range(100_000)]
    answer = node.ask("DELETE", f"/v1/buckets/{bucket}", {"action": "delete-listrange", "value": {"objnames": names}})
    assert answer.status == 200


def test_a_caller_that_asks_in_the_absolute_form_is_understood(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", b"there")
    assert node.ask("GET", f"{node.endpoint}/v1/objects/{bucket}/a").body == b"there"


def test_rubbish_on_the_line_hurts_nobody(node: NodeProcess) -> None:
    address = urlsplit(node.endpoint)
    with socket.create_connection((address.hostname, address.port), 30) as line:
        line.sendall(b"\x16\x03\x01 what is this\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.")
    assert node.ask("GET", "/v1/health").status == 200


def test_questions_that_do_not_exist_are_named(node: NodeProcess) -> None:
    answer = node.ask("GET", "/v1/cluster?what=weather")
    assert (answer.status, answer.message) == (400, "unexpected query [what=weather]")
