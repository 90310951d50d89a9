"""One question to the local node over HTTP: plain, short, blocking."""

from __future__ import annotations

import http.client
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from aisnb.background.trust import pinned
from aisnb.protocol.extension import NodeStatus

if TYPE_CHECKING:
    from aisnb.background.state import Running
    from aisnb.node.root import NodeFile

_SECONDS = 5.0


class NoAnswer(Exception):
    """Nobody answered, or not as our node would; `status` is the HTTP status, 0 if there was none."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(status)
        self.status = status


def ask(node: NodeFile | Running, token: str, method: str, path: str, seconds: float = _SECONDS) -> bytes:
    """Return the body of the node's answer.

    Args:
        node: where it is.
        token: its bearer token.
        method: HTTP method.
        path: path with query.
        seconds: how long to wait for each part of the answer.

    Raises:
        NoAnswer: nobody listens there, or the answer is not a success.
    """
    try:
        connection = _connection(node, seconds)
        with closing(connection):
            connection.request(method, path, headers={"Authorization": f"Bearer {token}", "Connection": "close"})
            response = connection.getresponse()
            body = response.read()
    except (OSError, http.client.HTTPException, UnicodeError) as exc:
        raise NoAnswer from exc
    if response.status >= 300:
        raise NoAnswer(response.status)
    return body


def _connection(node: NodeFile | Running, seconds: float) -> http.client.HTTPConnection:
    address = urlsplit(node.endpoint)
    host, tls = address.hostname or "127.0.0.1", pinned(node.certificate)
    if tls is None:
        return http.client.HTTPConnection(host, address.port, timeout=seconds)
    return http.client.HTTPSConnection(host, address.port, timeout=seconds, context=tls)


def ask_status(node: NodeFile, token: str, seconds: float = _SECONDS) -> NodeStatus:
    """Return what the node that `node` names says of itself.

    Raises:
        NoAnswer: nobody answers there, it is another process, or it does not know the token.
    """
    try:
        status = msgspec.json.decode(ask(node, token, "GET", "/v1/x/status", seconds), type=NodeStatus)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise NoAnswer from exc
    if status.pid != node.pid:
        raise NoAnswer
    return status
