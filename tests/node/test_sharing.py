from __future__ import annotations

import os
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import xxhash

from aisnb.node.helping import HELPERS, make_helpers
from tests.support.faulty import Fault, FaultySource
from tests.support.jobs import control, counts, download, ended, errors, show, until
from tests.support.nodes import PATIENCE, running_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.nodes import NodeProcess

pytestmark = pytest.mark.skipif(
    not (Path("/proc/self/task").exists() and make_helpers()), reason="there are no helpers here, or no way to see them"
)

#: So many that helpers take part that have started, and so many that they are started.
MANY, LARGE = 700, 2_300


def helpers_of(node: NodeProcess) -> list[int]:
    """Return the processes that help the node."""
    found = []
    for children in Path(f"/proc/{node.process.pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread, or a child, that has just ended
            found += [int(child) for child in children.read_text().split() if is_helper(child)]
    return found


def is_helper(pid: str) -> bool:
    return b"aisnb.node.helper" in Path(f"/proc/{pid}/cmdline").read_bytes()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def connections_of(pid: int, port: int) -> set[int]:
    """Return the own ports of a process's connections to a port of this machine."""
    owned = set()
    with suppress(FileNotFoundError):  # it has just ended
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                owned.add(os.readlink(each))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {port_of(row[1]) for row in rows if port_of(row[2]) == port and f"socket:[{row[9]}]" in owned}


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def body_of(number: int) -> bytes:
    return f"file {number} ".encode() * (number % 7)  # some are empty


def fill(source: FaultySource) -> str:
    """Have many small files at a source; return their template."""
    for number in range(MANY):
        source.add(f"/f-{number:03}", body_of(number), etag=f'"{number}"')
    return source.url(f"/f-{{000..{MANY - 1}}}")


def begin(node: NodeProcess, template: str, bucket: str = "", **more: object) -> str:
    return download(node, bucket or f"b-{uuid4().hex[:12]}", type="range", template=template, **more)


@pytest.fixture
def source() -> Iterator[FaultySource]:
    with FaultySource() as running:
        yield running


def warm(node: NodeProcess, source: FaultySource) -> str:
    """Run large jobs until helpers take part in them; return the template of many small files."""
    for number in range(LARGE):
        source.add(f"/large-{number:04}", b"abc")
    large, deadline = source.url(f"/large-{{0000..{LARGE - 1}}}"), time.monotonic() + PATIENCE
    while sum(bool(connections_of(pid, source.port)) for pid in helpers_of(node)) < HELPERS:
        assert time.monotonic() < deadline, "no helpers take part"
        assert ended(node, begin(node, large))["done"] == LARGE
    source.requests.clear()
    return fill(source)


def object_at(node: NodeProcess, bucket: str, number: int) -> bytes:
    return node.get(bucket, f"f-{number:03}")


def asked_for(source: FaultySource) -> Counter[str]:
    """Return how often each file was asked for."""
    return Counter(request.path for request in tuple(source.requests) if request.path.startswith("/f-"))


def partial_files(node: NodeProcess) -> list[Path]:
    return list((node.root.path / "partial").iterdir())


def test_what_helpers_bring_is_as_what_the_node_brings(node: NodeProcess, source: FaultySource, bucket: str) -> None:
    template = warm(node, source)
    job = begin(node, template, bucket, headers={"X-Key": ["k"]})
    assert counts(ended(node, job)) == ("finished", MANY, MANY, 0, 0)
    assert asked_for(source) == {f"/f-{number:03}": 1 for number in range(MANY)}
    assert {request.headers["x-key"] for request in source.requests} == {"k"}
    for number in range(MANY):
        answer = node.ask("GET", f"/v1/objects/{bucket}/f-{number:03}")
        assert answer.body == body_of(number)
        assert answer.headers["ais-checksum-value"] == xxhash.xxh64_hexdigest(body_of(number))
        assert f'"{number}"' in answer.headers["ais-custom-md"]
    assert partial_files(node) == []


def test_what_is_here_unchanged_is_not_brought_again(node: NodeProcess, source: FaultySource, bucket: str) -> None:
    template = warm(node, source)
    ended(node, begin(node, template, bucket))
    source.add("/f-300", b"another", etag='"another"')
    assert counts(ended(node, begin(node, template, bucket))) == ("finished", MANY, MANY, MANY - 1, 0)
    assert object_at(node, bucket, 300) == b"another"


def test_what_does_not_come_plainly_comes_all_the_same(node: NodeProcess, source: FaultySource, bucket: str) -> None:
    template = warm(node, source)
    large = os.urandom(300 << 10)
    source.add("/f-100", then=Fault(location="/elsewhere"))
    source.add("/elsewhere", b"from elsewhere")
    source.add("/f-200", then=Fault(status=404))
    source.add("/f-300", large, etag='"large"')
    source.add("/f-400", b"cut off, then whole", faults=[Fault(cut=3)])
    source.add("/f-500", b"in chunks", then=Fault(framing="chunked"))
    source.add("/f-600", b"to the end", then=Fault(framing="close"))
    source.add("/f-650", b"after a while", faults=[Fault(status=503, headers={"Retry-After": "0"})])
    source.add("/f-660", b"\x1f\x8b", then=Fault(headers={"Content-Encoding": "gzip"}))
    job = begin(node, template, bucket)
    shot = ended(node, job)
    assert (shot["state"], shot["done"] + shot["failed"]) == ("finished", MANY)
    assert {error["name"]: error["status"] for error in errors(node, job)}["f-200"] == 404
    assert object_at(node, bucket, 100) == b"from elsewhere"
    assert object_at(node, bucket, 300) == large
    assert object_at(node, bucket, 400) == b"cut off, then whole"
    assert object_at(node, bucket, 500) == b"in chunks"
    assert object_at(node, bucket, 600) == b"to the end"
    assert object_at(node, bucket, 650) == b"after a while"
    assert partial_files(node) == []


def test_a_source_that_turns_out_not_to_be_plain_is_left_to_the_node(
    node: NodeProcess, source: FaultySource, bucket: str
) -> None:
    template = warm(node, source)
    for number in range(100, MANY):
        source.add(f"/f-{number:03}", body_of(number), then=Fault(framing="chunked"))
    assert counts(ended(node, begin(node, template, bucket))) == ("finished", MANY, MANY, 0, 0)
    lent = HELPERS * 2 * 32  # as many at most when the first of them come back, and some of the order before
    assert len(source.requests) < MANY + lent + 32, "the rest was not asked for twice"
    assert [object_at(node, bucket, number) for number in (99, 500)] == [body_of(99), body_of(500)]


def test_a_pause_keeps_what_has_come_and_a_resume_brings_the_rest(node: NodeProcess, source: FaultySource) -> None:
    job, bucket = stuck(node, source)
    assert control(node, job, "pause")["state"] == "paused"
    assert show(node, job)["done"] == MANY - 1
    assert partial_files(node) == []
    control(node, job, "resume")
    assert counts(ended(node, job)) == ("finished", MANY, MANY, 0, 0)
    assert object_at(node, bucket, 400) == body_of(400)
    asked = asked_for(source)
    assert asked.pop("/f-400") == 2
    assert set(asked.values()) == {1}


def stuck(node: NodeProcess, source: FaultySource) -> tuple[str, str]:
    """Return a job of which a helper has a file that stalls, when nothing else is left to do, and its bucket."""
    template, deadline = warm(node, source), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        source.add("/f-400", body_of(400), etag='"400"', faults=[Fault(cut=3, by="stall")])
        source.requests.clear()
        bucket = f"b-{uuid4().hex[:12]}"
        job = begin(node, template, bucket)
        while len(asked_for(source)) < MANY:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        shot = until(node, job, lambda shot: shot["done"] >= MANY - 40)
        assert shot["in_flight"], "who looks sees that files are on their way"
        stalls = source.asked("/f-400")[-1].client_port
        if any(stalls in connections_of(pid, source.port) for pid in helpers_of(node)):
            return job, bucket
        control(node, job, "stop")  # the node was so quick that it had come to this file by itself
    pytest.fail("no helper came to the file")


def test_a_job_that_is_stopped_leaves_no_partial_file(node: NodeProcess, source: FaultySource) -> None:
    job, _ = stuck(node, source)
    assert control(node, job, "stop")["state"] == "aborted"
    assert partial_files(node) == []


def test_limits_end_the_help(node: NodeProcess, source: FaultySource) -> None:
    job, _ = stuck(node, source)
    answer = node.ask("PATCH", f"/v1/x/jobs/{job}", {"connections": 1})
    assert answer.status == 200, answer
    assert counts(ended(node, job)) == ("finished", MANY, MANY, 0, 0)
    assert len(source.asked("/f-400")) == 2


def test_helpers_that_die_lose_nothing(tmp_path: Path, source: FaultySource) -> None:
    with running_node(tmp_path / "home") as node:
        job, bucket = stuck(node, source)
        for pid in helpers_of(node):
            os.kill(pid, signal.SIGKILL)
        assert counts(ended(node, job)) == ("finished", MANY, MANY, 0, 0)
        assert [object_at(node, bucket, number) for number in range(MANY)] == [
            body_of(number) for number in range(MANY)
        ]
        assert partial_files(node) == []
        assert "has died" in node.log
        assert counts(ended(node, begin(node, source.url(f"/f-{{000..{MANY - 1}}}")))) == ("finished", MANY, MANY, 0, 0)
        assert helpers_of(node) == [], "those that died are not tried again at once"


def test_helpers_that_hang_end_with_the_job_s_pause(tmp_path: Path, source: FaultySource) -> None:
    with running_node(tmp_path / "home") as node:
        job, _ = stuck(node, source)
        stopped = helpers_of(node)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        assert control(node, job, "pause")["state"] == "paused"
        assert not all(is_alive(pid) for pid in stopped), "who has something to bring is not waited for"
        assert partial_files(node) == []
        control(node, job, "resume")
        assert counts(ended(node, job)) == ("finished", MANY, MANY, 0, 0)


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_helpers_end_with_the_node(tmp_path: Path, source: FaultySource, how: str) -> None:
    with running_node(tmp_path / "home") as node:
        job, bucket = stuck(node, source)
        helpers = helpers_of(node)
        node.kill() if how == "kill" else node.stop()
        deadline = time.monotonic() + PATIENCE
        while any(is_alive(pid) for pid in helpers):
            assert time.monotonic() < deadline, "they go on"
            time.sleep(0.05)
    with running_node(tmp_path / "home") as node:
        assert counts(ended(node, job)) == ("finished", MANY, MANY, 0, 0)
        assert object_at(node, bucket, 400) == body_of(400)
        assert partial_files(node) == []
