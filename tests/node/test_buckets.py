"""Buckets over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.nodes import Answer, NodeProcess

CREATE = {"action": "create-bck", "name": "", "value": None}
DESTROY = {"action": "destroy-bck", "name": "", "value": None}


def summary(node: NodeProcess, path: str, value: dict[str, object]) -> Answer:
    return node.ask("GET", path, {"action": "summary-bck", "name": "", "value": value})


def listed(node: NodeProcess, query: str) -> list[dict[str, object]]:
    answer = node.ask("GET", f"/v1/buckets{query}", {"action": "list", "name": "", "value": None})
    assert answer.status == 200
    found = answer.json()
    assert isinstance(found, list)
    return found


def test_a_created_bucket_is_listed_and_a_destroyed_one_is_not(node: NodeProcess, bucket: str) -> None:
    entry = {"name": bucket, "provider": "ais", "namespace": {"uuid": "", "name": ""}}
    for query in ("", "/", "?provider=", "?provider=ais"):
        assert entry in listed(node, query)
    assert entry not in listed(node, "?provider=ht")
    assert listed(node, "?provider=s3") == []
    assert node.ask("DELETE", f"/v1/buckets/{bucket}", DESTROY).status == 200
    assert entry not in listed(node, "")


def test_a_bucket_is_looked_for_by_a_list_of_nothing(node: NodeProcess, bucket: str) -> None:
    body = {"action": "list", "name": "", "value": None}
    assert [found["name"] for found in node.ask("GET", f"/v1/buckets/{bucket}?provider=ais", body).json()] == [bucket]
    assert node.ask("GET", "/v1/buckets/nowhere?provider=ais", body).json() == []
    for name, found in ((bucket, [bucket]), ("nowhere", [])):  # as AIStore's Go client asks
        answer = node.ask("GET", "/v1/buckets?provider=ais&presence=2", body | {"name": name})
        assert [entry["name"] for entry in answer.json()] == found
    assert node.ask("GET", f"/v1/buckets/{bucket}").json()["entries"] == []


def test_a_bucket_that_exists_is_not_created_again(node: NodeProcess, bucket: str) -> None:
    answer = node.ask("POST", f"/v1/buckets/{bucket}/", CREATE)
    assert (answer.status, answer.message) == (409, f'bucket "ais://{bucket}" already exists')


@pytest.mark.parametrize("name", ["a%20b", "a%2Fb", "x" * 65, "%C3%A9", "a%00b"])
def test_names_that_no_bucket_can_have_are_refused(node: NodeProcess, name: str) -> None:
    answer = node.ask("POST", f"/v1/buckets/{name}", CREATE)
    assert answer.status == 400
    assert "is not a bucket name" in answer.message


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_missing_bucket_is_named(node: NodeProcess, method: str) -> None:
    answer = node.ask(method, "/v1/buckets/missing", DESTROY if method == "DELETE" else None)
    assert (answer.status, answer.message) == (404, 'bucket "ais://missing" does not exist')


@pytest.mark.parametrize(("alias", "provider"), [("s3", "aws"), ("gs", "gcp"), ("az", "azure"), ("oci", "oci")])
def test_buckets_of_clouds_do_not_exist_here(node: NodeProcess, alias: str, provider: str) -> None:
    answer = node.ask("HEAD", f"/v1/buckets/abc?provider={alias}")
    assert answer.status == 404
    assert answer.message.startswith(f'{provider} bucket "{provider}://abc" does not exist')
    assert "AIS_ENDPOINT" in answer.message


def test_an_unknown_provider_is_said(node: NodeProcess) -> None:
    answer = node.ask("GET", "/v1/buckets/abc?provider=moon")
    assert answer.status == 400
    assert answer.message.startswith('invalid backend provider "moon": must be one of [ais ')


def test_an_unknown_action_is_said(node: NodeProcess, bucket: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = node.ask(method, f"/v1/buckets/{bucket}", {"action": "juggle"})
        assert answer.status == 400
        assert "'juggle'" in answer.message


def test_properties_are_what_go_clients_parse(node: NodeProcess, bucket: str) -> None:
    answer = node.ask("HEAD", f"/v1/buckets/{bucket}")
    props = json.loads(answer.headers["ais-bucket-props"])
    assert props["provider"] == "ais"
    assert all(isinstance(props[name], str) for name in ("access", "features", "bid", "created"))


def test_a_summary_comes_at_the_second_call(node: NodeProcess, bucket: str) -> None:
    for name, content in (("a/1", b"x"), ("a/2", b"xyz"), ("b", b"12345")):
        node.put(bucket, name, content)
    first = summary(node, f"/v1/buckets/{bucket}", {"uuid": "", "prefix": "a/", "cached": True, "present": True})
    assert first.status == 202
    second = summary(node, f"/v1/buckets/{bucket}", {"uuid": first.body.decode(), "prefix": "a/"})
    assert second.status == 200
    (found,) = second.json()
    assert (found["name"], found["provider"]) == (bucket, "ais")
    assert found["ObjCount"] == {"obj_count_present": "2", "obj_count_remote": "0"}
    assert found["ObjSize"] == {"obj_min_size": 1, "obj_avg_size": 2, "obj_max_size": 3}
    assert found["TotalSize"]["size_all_present_objs"] == "4"


def test_all_buckets_are_summed_up_in_one_call(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", b"123")
    job = summary(node, "/v1/buckets?provider=ais", {}).body.decode()
    found = {each["name"]: each for each in summary(node, "/v1/buckets?provider=ais", {"uuid": job}).json()}
    assert found[bucket]["ObjCount"]["obj_count_present"] == "1"


def test_info_remembers_its_prefix_between_its_two_calls(node: NodeProcess, bucket: str) -> None:
    for name in ("é/1", "é/2", "b"):
        node.put(bucket, name, b"xyz")
    first = node.ask("HEAD", f"/v1/buckets/{bucket}/%C3%A9/?presence=0&bsumm_remote=True")
    assert first.status == 202
    job = first.headers["ais-xaction-id"]
    second = node.ask("HEAD", f"/v1/buckets/{bucket}?presence=0&bsumm_remote=True&uuid={job}")
    assert second.status == 200
    assert json.loads(second.headers["ais-bucket-summ"])["ObjCount"]["obj_count_present"] == "2"


def test_local_buckets_cannot_be_evicted(node: NodeProcess, bucket: str) -> None:
    answer = node.ask("DELETE", f"/v1/buckets/{bucket}", {"action": "evict-remote-bck"})
    assert answer.status == 400
    assert "nowhere else" in answer.message


def test_web_buckets_are_not_made_by_hand(node: NodeProcess) -> None:
    answer = node.ask("POST", "/v1/buckets/abc?provider=ht", CREATE)
    assert answer.status == 400
    assert "first fetched" in answer.message
