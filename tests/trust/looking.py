"""A reader and a lister beside the work: whatever they see must be whole, whenever the node dies."""

from __future__ import annotations

import http.client
import random
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.nodes import Answer, NodeAt
    from tests.trust.figures import Figures

#: What a client meets while the node is dead or dying. Anything else is an answer, and is judged.
GONE = (OSError, http.client.HTTPException)

_PAUSE_SECONDS = 0.02  # the node shall do its work, too


def listing(node: NodeAt, bucket: str) -> dict[str, dict[str, Any]]:
    """Return all entries of an ``ais://`` bucket by name, page after page."""
    entries: dict[str, dict[str, Any]] = {}
    token = ""
    while True:
        value = {"props": "name,size,checksum", "continuation_token": token}
        answer = node.ask("GET", f"/v1/buckets/{bucket}?provider=ais", {"action": "list", "name": "", "value": value})
        if answer.status == 404:
            return {}  # the download has not made it yet
        assert answer.status == 200, answer
        page = answer.json()
        entries |= {entry["name"]: entry for entry in page["entries"] or []}
        if not (token := page["continuation_token"]):
            return entries


def fetch(node: NodeAt, bucket: str, name: str) -> Answer:
    """Ask for an object, which may not be there."""
    return node.ask("GET", f"/v1/objects/{bucket}/{quote(name)}")


class Onlookers:
    """A reader and a lister, at work until the block ends. What they saw listed is `seen`.

    Args:
        node: whom they ask; it may die at any moment.
        bucket: where.
        allowed: the bytes that an object of this name may have.
        figures: where they complain.
    """

    def __init__(self, node: NodeAt, bucket: str, allowed: Callable[[str], Sequence[bytes]], figures: Figures) -> None:
        self.seen: set[str] = set()
        self._node, self._bucket, self._allowed, self._figures = node, bucket, allowed, figures
        self._over = threading.Event()
        self._dice = random.Random(bucket)
        self._threads = [threading.Thread(target=self._keep_on, args=(work,)) for work in (self._list, self._read)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _keep_on(self, work: Callable[[], None]) -> None:
        while not self._over.is_set():
            with suppress(*GONE):
                work()
            time.sleep(_PAUSE_SECONDS)

    def _list(self) -> None:
        found = listing(self._node, self._bucket)
        for name, entry in found.items():
            if int(entry.get("size", 0)) not in map(len, self._allowed(name)):
                self._figures.partial.append(f"{name}: listed with {entry.get('size')} bytes")
        self._figures.lost.extend(f"{name}: listed before, not now" for name in self.seen - found.keys())
        self.seen |= found.keys()

    def _read(self) -> None:
        if not self.seen:
            return
        name = self._dice.choice(sorted(self.seen))
        answer = fetch(self._node, self._bucket, name)
        if answer.status == 404:
            self._figures.lost.append(f"{name}: listed, and GET says 404")
        else:
            self._figures.compare(name, answer.body, self._allowed(name))
