"""What AIStore's tools ask of a cluster, in the shapes that its CLI decodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.protocol.cluster import PROXY_ID, TARGET_ID

if TYPE_CHECKING:
    from tests.support.nodes import NodeProcess


@pytest.mark.parametrize("member", [PROXY_ID, TARGET_ID])
def test_each_role_tells_its_state(node: NodeProcess, member: str) -> None:
    state = node.ask("GET", "/v1/reverse/daemon?what=node_status", headers={"Ais-Node-Id": member}).json()
    assert (state["snode"]["daemon_id"], state["status"]) == (member, "online")
    assert state["cluster"]["smap"]["uuid"] == node.ask("GET", "/v1/daemon?what=smap").json()["uuid"]
    assert ("mountpaths" in state["capacity"]) == (member == TARGET_ID)
    assert state["sys_info"]["mem_used"] > 0


def test_the_buckets_are_told_with_their_properties(node: NodeProcess, bucket: str) -> None:
    found = node.ask("GET", "/v1/daemon?what=bmd").json()["providers"]["ais"]["@#"]
    assert found[bucket]["checksum"]["type"] == "xxhash2"


@pytest.mark.parametrize("what", ["cluster_config", "sysinfo", "backends", "remote", "metrics"])
def test_questions_of_tools_are_answered(node: NodeProcess, what: str) -> None:
    answer = node.ask("GET", f"/v1/cluster?what={what}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")


def test_the_log_is_told_by_severity(node: NodeProcess) -> None:
    place = "/v1/reverse/daemon?what=log&severity="
    headers = {"Ais-Node-Id": TARGET_ID}
    assert b"serves" in node.ask("GET", place, headers=headers).body
    assert b"serves" not in node.ask("GET", f"{place}error", headers=headers).body
    assert node.ask("GET", f"{place}loud", headers=headers).status == 400
    assert node.ask("GET", place, headers={"Ais-Node-Id": "tNOWHERE1"}).status == 404


def test_what_needs_a_cluster_is_said_to_need_one(node: NodeProcess) -> None:
    assert node.ask("GET", "/v1/etl").json() == []
    assert node.ask("GET", "/v1/sort").json() == []
    for method, path in (("POST", "/v1/sort"), ("PUT", "/v1/etl"), ("GET", "/v1/ml/other/b"), ("GET", "/v1/etl/x")):
        assert node.ask(method, path, b"{}").status == 501
