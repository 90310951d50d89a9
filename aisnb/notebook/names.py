"""Names that exist, for completion: a small memory, filled in the background, that keeps nobody waiting for long."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pandas import DataFrame

    from aisnb.client import Client

#: For so long, in seconds, names count as fresh.
FRESH_SECONDS = 5.0
#: So long, in seconds, who asks for names for the first time waits: a node nearby has answered by then.
FIRST_SECONDS = 0.3
#: Of each bucket the first so many objects are known.
MAX_OBJECTS = 10_000


@dataclass(slots=True)
class _Kept:
    """What is known of one kind of names, when it was asked for, and whether an answer is on its way."""

    names: list[str] = field(default_factory=list)
    asked: float = float("-inf")
    pending: bool = False


class Names:
    """Buckets, objects, jobs and served directories by name, as they were a moment ago.

    Args:
        running_client: returns a client, or None where asking would start a node.
    """

    def __init__(self, running_client: Callable[[], Client | None]) -> None:
        self._running_client = running_client
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.Lock()

    def find(self, kind: str, wanted: str) -> list[str]:
        """Return the names of `kind` that are known now, and have those asked for that are not or are old.

        Only the first question about them waits for its answer, and at most `FIRST_SECONDS`.

        Args:
            kind: ``bucket``, ``object``, ``job``, ``server`` or ``link``; of any other, nothing is known.
            wanted: the beginning of the name, which says whose objects are meant.
        """
        scope = _bucket_of(wanted) if kind == "object" else ""
        if kind not in _QUESTIONS or (kind == "object" and not scope):
            return []
        with self._lock:
            is_first = (kind, scope) not in self._kept
            kept = self._kept.setdefault((kind, scope), _Kept())
            asking = self._begin(kind, scope, kept)
        if is_first and asking:
            asking.join(FIRST_SECONDS)
        with self._lock:
            return list(kept.names)

    def _begin(self, kind: str, scope: str, kept: _Kept) -> threading.Thread | None:
        """Start to ask, unless that is going on or the names are fresh."""
        if kept.pending or time.monotonic() - kept.asked <= FRESH_SECONDS:
            return None
        kept.pending = True
        asking = threading.Thread(target=self._ask, args=(kind, scope, kept), name="aisnb-names", daemon=True)
        asking.start()
        return asking

    def _ask(self, kind: str, scope: str, kept: _Kept) -> None:
        names: Sequence[str] = ()
        try:
            client = self._running_client()
            if client is not None:
                names = _QUESTIONS[kind](client, scope)
        except AisnbError:  # an endpoint in trouble has no names to offer; the command itself will say so
            names = ()
        finally:
            with self._lock:
                kept.names, kept.asked, kept.pending = list(names), time.monotonic(), False


def _bucket_of(wanted: str) -> str:
    """Return ``ais://abc`` of ``ais://abc/in/a``; "" while the bucket itself is being typed."""
    scheme, separator, rest = wanted.partition("://")
    bucket, slash, _ = rest.partition("/")
    return f"{scheme}://{bucket}" if separator and slash and scheme not in ("http", "https") else ""


def _buckets(client: Client, _scope: str) -> list[str]:
    return [str(name) for name in client.buckets()["name"]]


def _objects(client: Client, bucket: str) -> list[str]:
    return [f"{bucket}/{name}" for name in client.ls(bucket, limit=MAX_OBJECTS)["name"]]


def _jobs(client: Client, _scope: str) -> list[str]:
    return [str(identity) for identity in client.jobs()["id"]]


def _servers(client: Client, scope: str) -> list[str]:
    return [*map(str, _served()["directory"]), *_links(client, scope)]


def _links(_client: Client, _scope: str) -> list[str]:
    return [str(url) for url in _served()["url"]]


def _served() -> DataFrame:
    from aisnb.client.files import list_servers

    return list_servers()


_QUESTIONS: dict[str, Callable[[Client, str], list[str]]] = {
    "bucket": _buckets,
    "object": _objects,
    "job": _jobs,
    "server": _servers,
    "link": _links,
}
