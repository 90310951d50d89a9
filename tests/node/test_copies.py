"""Jobs on objects that are here: copied, packed, promoted; also over kills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aisnb.protocol.cluster import TARGET_ID
from tests.support.jobs import counts, ended, errors, show, until
from tests.support.nodes import running_node

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.nodes import NodeProcess


def start(node: NodeProcess, method: str, path: str, action: str, value: Any, name: str = "") -> str:
    answer = node.ask(method, path, {"action": action, "name": name, "value": value})
    assert answer.status == 200, answer
    return answer.body.decode()


def names(node: NodeProcess, bucket: str) -> list[str]:
    return [entry["name"] for entry in node.ask("GET", f"/v1/buckets/{bucket}").json()["entries"] or []]


def test_a_copy_and_a_packing_are_taken_up_after_a_kill(tmp_path: Path) -> None:
    total, size = 300, 50_000
    with running_node(tmp_path / "home") as node:
        node.create("b")
        for number in range(total):
            node.put("b", f"{number:03d}", b"%03d" % number * (size // 3))
        copy = start(node, "POST", "/v1/buckets/b?bck_to=ais/@%23/c/", "copy-bck", {"prepend": "new/"})
        pack = start(node, "PUT", "/v1/buckets/b", "archive", {"archname": "all.tar", "template": "{000..299}"})
        until(node, copy, lambda shot: shot["done"] > 0)
        node.kill()
    with running_node(tmp_path / "home") as node:
        for job in (copy, pack):
            assert counts(ended(node, job)) == ("finished", total, total, 0, 0)
        assert names(node, "c") == [f"new/{number:03d}" for number in range(total)]
        assert node.get("c", "new/017") == b"017" * (size // 3)
        inside = node.ask("GET", "/v1/buckets/b", {"action": "list", "value": {"flags": "8", "prefix": "all.tar/"}})
        assert len(inside.json()["entries"]) == total


def test_a_job_from_one_bucket_into_another_names_both(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "o", b"bytes")
    copy = start(node, "POST", f"/v1/buckets/{bucket}?bck_to=ais/@%23/{bucket}-copy/", "copy-bck", {})
    pack = start(node, "PUT", f"/v1/buckets/{bucket}", "archive", {"archname": "o.tar", "objnames": ["o"]})
    remove = start(node, "DELETE", f"/v1/buckets/{bucket}", "delete-listrange", {"objnames": ["o"]})
    for job, source, target in ((copy, bucket, f"{bucket}-copy"), (pack, bucket, bucket), (remove, "", "")):
        ended(node, job)
        (stats,) = node.ask("GET", "/v1/cluster?what=qryxstats", {"ID": job}).json()[TARGET_ID]
        assert (stats["src-bck"]["name"], stats["dst-bck"]["name"]) == (source, target)


def test_a_job_that_is_stopped_leaves_no_half_archive(node: NodeProcess, bucket: str) -> None:
    for number in range(4):
        node.put(bucket, f"{number}", bytes(32 << 20))
    job = start(node, "PUT", f"/v1/buckets/{bucket}", "archive", {"archname": "all.tgz", "template": "{0..3}"})
    until(node, job, lambda shot: shot["state"] == "running")
    assert node.ask("POST", f"/v1/x/jobs/{job}/stop").json()["state"] in ("aborted", "finished")
    shot = show(node, job)
    assert ("all.tgz" in names(node, bucket)) == (shot["state"] == "finished")
    assert [path.name for path in (node.root.path / "partial").iterdir()] == []


def test_files_that_cannot_be_copied_are_told_one_by_one(node: NodeProcess, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    node.put(bucket, "p/a/in-the-way", b"3")
    job = start(node, "POST", f"/v1/objects/{bucket}", "promote", {"src": str(tmp_path), "obj": "p/", "ovw": True})
    assert counts(ended(node, job)) == ("finished", 2, 1, 0, 1)
    (error,) = errors(node, job)
    assert (error["name"], error["url"]) == ("p/a", str(tmp_path / "a"))
    assert "in-the-way" in names(node, bucket)[0]


def test_one_file_is_promoted_under_the_name_given(node: NodeProcess, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"1")
    for given, expected in (("dir/", "dir/a.tar"), ("b.tar", "b.tar"), ("", "a.tar")):
        value = {"src": str(tmp_path / "a.tar"), "obj": given}
        ended(node, start(node, "POST", f"/v1/objects/{bucket}", "promote", value))
        assert node.get(bucket, expected) == b"1"


def test_many_files_are_promoted_below_their_directories_and_those_that_are_here_left_alone(
    node: NodeProcess, bucket: str, tmp_path: Path
) -> None:
    bodies = {f"{number % 3}/{number:03d}": b"%03d" % number * (number * 100) for number in range(300)}
    for name, body in bodies.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    (tmp_path / "link").symlink_to(tmp_path / "0/000")
    node.put(bucket, "0/000", b"kept")
    value = {"src": str(tmp_path), "rcr": True}
    assert counts(ended(node, start(node, "POST", f"/v1/objects/{bucket}", "promote", value))) == (
        "finished", 300, 300, 1, 0,
    )  # fmt: skip
    assert sorted(names(node, bucket)) == sorted(bodies)
    for name, body in bodies.items():
        assert node.get(bucket, name) == (body if name != "0/000" else b"kept")


def test_an_object_without_checksum_is_read_and_listed_like_others(
    node: NodeProcess, bucket: str, tmp_path: Path
) -> None:
    body = bytes(range(256)) * 1000
    (tmp_path / "a.tar").write_bytes(body)
    value = {"src": str(tmp_path), "aisnb-unchecked": True}
    assert counts(ended(node, start(node, "POST", f"/v1/objects/{bucket}", "promote", value)))[0] == "finished"
    answer = node.ask("GET", f"/v1/objects/{bucket}/a.tar")
    assert answer.body == body
    assert "ais-checksum-value" not in answer.headers
    start(node, "POST", f"/v1/objects/{bucket}/a.tar", "rename-obj", None, "b.tar")
    assert node.ask("GET", f"/v1/objects/{bucket}/b.tar").headers["ais-checksum-value"]


def test_an_object_is_renamed(node: NodeProcess, bucket: str) -> None:
    node.put(bucket, "a", b"bytes")
    start(node, "POST", f"/v1/objects/{bucket}/a", "rename-obj", None, "dir/b")
    assert names(node, bucket) == ["dir/b"]
    start(node, "POST", f"/v1/objects/{bucket}/dir/b", "rename-obj", None, "dir/b")
    assert node.get(bucket, "dir/b") == b"bytes"
    answer = node.ask("POST", f"/v1/objects/{bucket}/dir/b", {"action": "rename-obj", "name": "../x", "value": None})
    assert answer.status == 400


@pytest.mark.parametrize(
    ("path", "action", "value"),
    [
        ("/v1/buckets/{b}", "copy-bck", {}),
        ("/v1/buckets/{b}?bck_to=c", "copy-bck", {}),
        ("/v1/buckets/{b}?bck_to=ht/@%23/c/", "copy-bck", {}),
        ("/v1/buckets/{b}?bck_to=ais/@%23/{b}/", "copy-bck", {}),
        ("/v1/buckets/{b}?bck_to=ais/@%23/a%20b/", "move-bck", None),
        ("/v1/buckets/{b}", "copy-listrange", {"template": "s-{3..1}", "tobck": {"name": "c"}}),
        ("/v1/buckets/{b}", "copy-listrange", {"objnames": [1], "tobck": {"name": "c"}}),
        ("/v1/buckets/{b}", "copy-listrange", {"objnames": ["a"], "tobck": {"name": "c", "provider": "x"}}),
        ("/v1/objects/{b}", "promote", {"src": "relative"}),
        ("/v1/objects/{b}", "blob-download", {}),
    ],
)
def test_what_cannot_be_copied_is_refused_and_no_bucket_is_made(
    node: NodeProcess, bucket: str, path: str, action: str, value: Any
) -> None:
    answer = node.ask("POST", path.format(b=bucket), {"action": action, "name": "", "value": value})
    assert answer.status == 400, answer
    assert node.ask("HEAD", "/v1/buckets/c").status == 404
