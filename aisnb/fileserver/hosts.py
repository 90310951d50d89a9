"""Which ``Host`` a request may name: web pages of strangers must not reach a local server by DNS rebinding."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_RESOLVER_SECONDS = 5.0
_REMEMBERED = 1024
_BRACKETED = re.compile(r"\[([^][]*)\](?::[0-9]*)?")


class Hosts:
    """The names that a server answers to: loopback names, IP literals, this machine's names, and those given.

    A page of a stranger that points its own name at this machine still sends that name, so it is turned away; an IP
    literal cannot be pointed anywhere.

    Args:
        names: further names, as ``--host`` gives them.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {"localhost", _plain(socket.gethostname()), *map(_plain, names)}
        self._seen: dict[bytes, bool] = {}
        self._full_name: Future[str] | None = None

    def allows(self, host: bytes) -> bool:
        """Return whether `host`, the value of a ``Host`` header, is known to be right. Never blocks."""
        known = self._seen.get(host)
        if known is None:
            known = self._judge(_plain(_without_port(host.decode("latin-1"))))
            if len(self._seen) < _REMEMBERED:
                self._seen[host] = known
        return known

    async def allows_after_lookup(self, host: bytes) -> bool:
        """Return whether `host` is right, now that this machine's full name has been asked for (once, in a thread)."""
        if self._full_name is None:
            self._full_name = _look_up_full_name()
        try:
            name = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._full_name)), _RESOLVER_SECONDS)
        except TimeoutError:
            return False
        if _plain(name) not in self._names:
            self._names.add(_plain(name))
            self._seen.clear()
        return self.allows(host)

    def _judge(self, name: str) -> bool:
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _look_up_full_name() -> Future[str]:
    """Ask the resolver in a daemon thread: a resolver that hangs must hold up neither requests nor the end."""
    answer: Future[str] = Future()
    Thread(target=lambda: answer.set_result(socket.getfqdn()), name="aisnb-hostname", daemon=True).start()
    return answer


def _without_port(host: str) -> str:
    if (bracketed := _BRACKETED.fullmatch(host.strip())) is not None:
        return bracketed[1]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _plain(name: str) -> str:
    return name.strip().lower().removesuffix(".")
