"""Properties of buckets that can be chosen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.nodes import Answer, NodeProcess

#: AIStore's ``ro`` and ``su``.
READ_ONLY, EVERYTHING = str(0b11 | 0b11 << 8), str(2**64 - 1)


def change(node: NodeProcess, bucket: str, value: dict[str, Any] | None, action: str = "set-bprops") -> Answer:
    return node.ask("PATCH", f"/v1/buckets/{bucket}", {"action": action, "name": "", "value": value})


def properties(node: NodeProcess, bucket: str) -> dict[str, Any]:
    found = json.loads(node.ask("HEAD", f"/v1/buckets/{bucket}").headers["ais-bucket-props"])
    assert isinstance(found, dict)
    return found


def test_what_is_chosen_is_shown_and_kept_until_it_is_reset(node: NodeProcess, bucket: str) -> None:
    before = properties(node, bucket)
    assert change(node, bucket, {"mirror": {"copies": 3}, "lru": None, "force": False}).status == 200
    assert change(node, bucket, {"ec": {"data_slices": 2}, "access": READ_ONLY}).status == 200
    now = properties(node, bucket)
    assert (now["mirror"]["copies"], now["ec"]["data_slices"], now["access"]) == (3, 2, READ_ONLY)
    assert now["mirror"]["enabled"] is False
    assert node.ask("GET", "/v1/cluster?what=bmd").json()["providers"]["ais"]["@#"][bucket]["access"] == READ_ONLY
    assert change(node, bucket, None, "reset-bprops").status == 200
    assert properties(node, bucket) == before


@pytest.mark.parametrize(
    ("value", "status", "said"),
    [
        ({"mirror": {"enabled": True}}, 501, "'mirror.enabled' of a bucket on the embedded node is False"),
        ({"versioning": {"enabled": False}}, 501, "'versioning.enabled'"),
        ({"backend_bck": {"name": "x", "provider": "aws"}}, 501, "'backend_bck.name'"),
        ({"nonsense": 1}, 400, "not a property of a bucket"),
        ({"access": "all"}, 400, "is no access"),
        ({"access": str(2**64)}, 400, "is no access"),
    ],
)
def test_what_one_process_cannot_be_is_said(
    node: NodeProcess, bucket: str, value: dict[str, Any], status: int, said: str
) -> None:
    before = properties(node, bucket)
    answer = change(node, bucket, value)
    assert (answer.status, said in answer.message) == (status, True), answer.message
    assert properties(node, bucket) == before


def test_what_is_so_already_may_be_said(node: NodeProcess, bucket: str) -> None:
    value = {"versioning": {"enabled": True}, "checksum": {"type": "xxhash2"}, "features": "0"}
    assert change(node, bucket, value).status == 200


def test_a_bucket_that_only_lets_read_stays_as_it_is(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", b"kept")
    other = node.create(f"{bucket}-o")
    assert change(node, bucket, {"access": READ_ONLY}).status == 200
    objects, buckets = f"/v1/objects/{bucket}/o", f"/v1/buckets/{bucket}"
    download = {"type": "single", "bucket": {"name": bucket}, "link": "http://127.0.0.1:1/x"}
    into = {"action": "copy-bck", "name": "", "value": {}}
    refused = [
        node.ask("PUT", objects, b"other"),
        node.ask("PUT", f"{objects}?append_type=append", b"other"),
        node.ask("DELETE", objects),
        node.ask("PATCH", objects, {"action": "", "name": "", "value": {"a": "b"}}),
        node.ask("POST", objects, {"action": "rename-obj", "name": "p", "value": None}),
        node.ask("DELETE", buckets, {"action": "destroy-bck", "name": "", "value": None}),
        node.ask("DELETE", buckets, {"action": "delete-listrange", "name": "", "value": {"objnames": ["o"]}}),
        node.ask("POST", f"{buckets}?bck_to=ais/@%23/new/", {"action": "move-bck", "name": "", "value": None}),
        node.ask("POST", f"/v1/buckets/{other}?bck_to=ais/@%23/{bucket}/", into),
        node.ask("PUT", f"/v1/objects/{other}/x?object_to=ais/@%23/{bucket}/o"),
        node.ask("POST", "/v1/download", download),
    ]
    assert [answer.status for answer in refused] == [403] * len(refused)
    assert "access=su" in refused[0].message
    assert node.get(bucket, "o") == b"kept"
    assert node.ask("GET", buckets, {"action": "list", "name": "", "value": {}}).status == 200
    assert change(node, bucket, {"access": EVERYTHING}).status == 200
    assert node.ask("DELETE", objects).status == 200


def test_a_bucket_can_be_made_with_properties(node: NodeProcess, bucket: str) -> None:
    body = {"action": "create-bck", "name": "", "value": {"mirror": {"copies": 4}}}
    assert node.ask("POST", f"/v1/buckets/{bucket}-p", body).status == 200
    assert properties(node, f"{bucket}-p")["mirror"]["copies"] == 4
    body["value"] = {"mirror": {"enabled": True}}
    assert node.ask("POST", f"/v1/buckets/{bucket}-q", body).status == 501
    assert node.ask("HEAD", f"/v1/buckets/{bucket}-q").status == 404
