"""What the official SDK raises for what cannot be: each case of AIStore's own, by the class that programs catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aistore.sdk import Client
from aistore.sdk.errors import (
    AISError,
    ErrBckAlreadyExists,
    ErrBckNotFound,
    ErrObjNotFound,
    ErrRemoteBckNotFound,
    InvalidBckProvider,
)
from aistore.sdk.provider import Provider

from tests.sdk.using import fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from aistore.sdk.bucket import Bucket

    from tests.support.nodes import NodeProcess

    Ask = Callable[[Client, Bucket], Any]


def send(client: Client, method: str, path: str, value: Any = None, action: str = "", **query: str) -> Any:
    """Send what the SDK has no words for, by the SDK."""
    body = {"action": action, "name": "", "value": value}
    return client.bucket("any").client.request(method, path=path, params=query, json=body)


CASES: list[tuple[str, type[AISError], int, Ask]] = [
    ("a bucket that is missing", ErrBckNotFound, 404, lambda client, _: client.bucket("missing").summary()),
    (
        "a cloud's bucket",
        ErrRemoteBckNotFound,
        404,
        lambda client, _: client.bucket("missing", provider=Provider.AMAZON).list_all_objects(),
    ),
    (
        "an object of a cloud's bucket to bring here",
        ErrRemoteBckNotFound,
        404,
        lambda client, _: client.bucket("missing", provider=Provider.GOOGLE).objects(obj_names=["o"]).prefetch(),
    ),
    (
        "a cloud's bucket to be evicted",
        ErrRemoteBckNotFound,
        404,
        lambda client, _: client.bucket("missing", provider=Provider.AZURE).evict(),
    ),
    ("a bucket that exists", ErrBckAlreadyExists, 409, lambda _, shelf: shelf.create(exist_ok=False)),
    ("an object that is missing", ErrObjNotFound, 404, lambda _, shelf: shelf.object("o/x").get_reader().read_all()),
    (
        "an object of a bucket that is missing",
        ErrBckNotFound,
        404,
        lambda client, _: client.bucket("missing").object("o").get_writer().put_content(b"x"),
    ),
    ("a head, which has no words", AISError, 404, lambda client, _: client.bucket("missing").head()),
    (
        "a head of an object, likewise",
        AISError,
        404,
        lambda _, shelf: shelf.object("missing").head(),
    ),
    ("a bad template", AISError, 400, lambda _, shelf: shelf.objects(obj_template="s-{3..1}").delete()),
    ("bad properties", AISError, 400, lambda _, shelf: shelf.list_all_objects(props="colour")),
    (
        "an unknown property of an object",
        AISError,
        400,
        lambda client, shelf: send(client, "HEAD", f"objects/{shelf.name}/there", props="colour"),
    ),
    (
        "an unknown action",
        AISError,
        400,
        lambda client, shelf: send(client, "POST", f"buckets/{shelf.name}", action="unheard-of"),
    ),
    (
        "a body of another shape",
        AISError,
        400,
        lambda client, shelf: send(client, "DELETE", f"buckets/{shelf.name}", 5, "delete-listrange"),
    ),
    ("an unknown question", AISError, 400, lambda client, _: send(client, "GET", "cluster", what="x")),
    ("a provider that is none", AISError, 400, lambda client, _: send(client, "GET", "buckets", provider="gopher")),
    (
        "a range beyond the end",
        AISError,
        416,
        lambda _, shelf: shelf.object("there").get_reader(byte_range="bytes=10-19").read_all(),
    ),
    ("a name that leaves its bucket", AISError, 400, lambda client, _: send(client, "GET", "objects/b/%2e%2e/x")),
    (
        "a prefetch from a bucket that is nowhere else",
        AISError,
        400,
        lambda client, shelf: send(client, "POST", f"buckets/{shelf.name}", {"objnames": ["o"]}, "prefetch-listrange"),
    ),
    (
        "an eviction where nothing is elsewhere",
        AISError,
        400,
        lambda client, shelf: send(client, "DELETE", f"buckets/{shelf.name}", {"objnames": ["o"]}, "evict-listrange"),
    ),
    ("what only a cluster has", AISError, 501, lambda client, _: client.job(job_kind="dsort").start()),
    ("a job that is missing", AISError, 404, lambda client, _: client.job("nowhere12").status()),
    ("statistics of that job", AISError, 404, lambda client, _: client.job("nowhere12").get_details()),
    (
        "a download that is missing",
        AISError,
        404,
        lambda client, shelf: shelf.client.request("GET", path="download", json={"id": "dnl-nowhere1"}),
    ),
]


@pytest.mark.parametrize(("kind", "status", "ask"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_cannot_be_is_an_error_of_its_class(
    client: Client, shelf: Bucket, kind: type[AISError], status: int, ask: Ask
) -> None:
    fill(shelf, {"there": b"12345"})
    with pytest.raises(AISError) as caught:
        ask(client, shelf)
    assert (type(caught.value), caught.value.status_code) == (kind, status)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_the_nodes_token_nothing_is_told(node: NodeProcess, token: str) -> None:
    with pytest.raises(AISError) as caught:
        Client(node.endpoint, token=token or None).cluster().list_buckets()
    assert caught.value.status_code == 401


def test_what_a_bucket_does_not_permit_is_refused(client: Client, shelf: Bucket) -> None:
    send(client, "PATCH", f"buckets/{shelf.name}", {"access": "3"}, "set-bprops")  # GET and HEAD of objects alone
    with pytest.raises(AISError) as caught:
        shelf.object("o").get_writer().put_content(b"x")
    assert caught.value.status_code == 403


def test_what_the_sdk_refuses_itself_never_comes_here(shelf: Bucket) -> None:
    for refused in (shelf.evict, shelf.objects(obj_names=["o"]).prefetch, shelf.objects(obj_names=["o"]).evict):
        with pytest.raises(InvalidBckProvider):
            refused()
