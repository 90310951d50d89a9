"""Jobs of a real node, driven as its clients drive them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.nodes import NodeAt

Shot = dict[str, Any]
ENDED = ("finished", "aborted", "failed")


def download(node: NodeAt, bucket: str, **request: Any) -> str:
    """Start a download as AIStore's clients do; return the job's id."""
    answer = node.ask("POST", "/v1/download", {"bucket": {"name": bucket}, **request})
    assert answer.status == 200, answer
    return str(answer.json()["id"])


def show(node: NodeAt, job: str) -> Shot:
    """Return the job's snapshot."""
    answer = node.ask("GET", f"/v1/x/jobs/{job}")
    assert answer.status == 200, answer
    return dict(answer.json())


def until(node: NodeAt, job: str, condition: Callable[[Shot], bool]) -> Shot:
    """Return the first snapshot that meets the condition, told by the node's long poll."""
    deadline = time.monotonic() + PATIENCE
    shot = show(node, job)
    while not condition(shot):
        assert time.monotonic() < deadline, shot
        assert shot["state"] not in ENDED, shot
        shot = node.ask("GET", f"/v1/x/jobs/{job}?wait=10&version={shot['version']}").json()
    return shot


def ended(node: NodeAt, job: str) -> Shot:
    """Return the job's last snapshot, once it has ended."""
    return until(node, job, lambda shot: shot["state"] in ENDED)


def errors(node: NodeAt, job: str) -> list[Shot]:
    """Return the files that failed."""
    return list(node.ask("GET", f"/v1/x/jobs/{job}/errors").json())


def control(node: NodeAt, job: str, what: str, headers: dict[str, list[str]] | None = None) -> Shot:
    """Stop, pause, resume or retry a job; return what the node answers."""
    answer = node.ask("POST", f"/v1/x/jobs/{job}/{what}", {"headers": headers} if headers else None)
    assert answer.status == 200, answer
    return dict(answer.json())


def counts(shot: Shot) -> tuple[str, int, int, int, int]:
    """Return state, total, done, skipped and failed."""
    return shot["state"], shot["total"], shot["done"], shot["skipped"], shot["failed"]
