"""What a request gets: the served directory as answers. Knows no sockets."""

from __future__ import annotations

import asyncio
import errno
import hmac
import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from httptools import HttpParserInvalidURLError, parse_url

from aisnb.fileserver.files import open_below, split_path
from aisnb.fileserver.index import CONTENT_SECURITY_POLICY, prefers_json, render_index
from aisnb.fileserver.representation import represent_file
from aisnb.fileserver.responses import Answer, connection_field, refusal, response_head
from aisnb.fileserver.shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aisnb.fileserver.hosts import Hosts
    from aisnb.fileserver.requests import Request

_logger = logging.getLogger(__name__)

_INDEXES_AT_ONCE = 2

_NOT_THERE = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EMLINK, errno.ENAMETOOLONG, errno.ENXIO, errno.EINVAL)
)
_NOT_ALLOWED = frozenset((errno.EACCES, errno.EPERM))
_NOT_NOW = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN))

_INDEX_FIELDS = (
    b"X-Content-Type-Options: nosniff\r\nContent-Security-Policy: %b\r\nReferrer-Policy: no-referrer\r\n"
    b"Vary: Accept\r\nCache-Control: no-cache\r\n" % CONTENT_SECURITY_POLICY
)


class Site:
    """A directory as a web site, read-only.

    Args:
        directory: absolute path of the directory to serve.
        hosts: the host names to answer to.
        secret: everything lives below ``/SECRET/``; "" for no secret.
    """

    def __init__(self, directory: bytes, hosts: Hosts, secret: str = "") -> None:
        self._root = directory
        self._hosts = hosts
        self._secret = os.fsencode(secret)
        self._shortcut = Shortcut(directory, hosts, self._secret)
        self._indexes = asyncio.Semaphore(_INDEXES_AT_ONCE)

    def answer(self, request: Request) -> bytes | Answer | Coroutine[object, object, Answer]:
        """Return what `request` gets, or a coroutine for it where the answer takes longer.

        An answer with a file in it has to be used up: the file is the caller's to close.
        """
        try:
            whole = self._shortcut.answer(request)
        except OSError as exc:
            return self._reply(request, self._status_of(exc, request))
        if whole is not None:
            return whole
        if request.fault:
            fields = b"Allow: GET, HEAD\r\n" if request.fault == 405 else b""
            return self._reply(request, request.fault, fields=fields)
        host = request.headers.get(b"host")
        if host is not None and not self._hosts.allows(host):
            return self._answer_after_lookup(request, host)
        return self._answer_here(request)

    async def _answer_after_lookup(self, request: Request, host: bytes) -> Answer:
        if not await self._hosts.allows_after_lookup(host):
            name = "".join(c if c.isalnum() or c in "-._" else "?" for c in host[:100].decode("ascii", "replace"))
            text = f"The host '{name}' is not this server's name. If it should be, start it with --host NAME."
            return self._reply(request, 403, text=text)
        answer = self._answer_here(request)
        return answer if isinstance(answer, Answer) else await answer

    def _answer_here(self, request: Request) -> Answer | Coroutine[object, object, Answer]:
        """Answer a request whose host is right."""
        if request.method != b"GET" and request.method != b"HEAD":
            return self._reply(request, 405, fields=b"Allow: GET, HEAD\r\n")
        try:
            url = parse_url(request.target)
        except HttpParserInvalidURLError:
            return self._reply(request, 400)
        components = self._locate(url.path or b"/")
        if components is None:
            return self._reply(request, 404)
        # An address that ends in a slash means a directory.
        names = components[:-1] if components and not components[-1] else components
        try:
            descriptor, status = open_below(self._root, names)
            if stat.S_ISREG(status.st_mode) and names is components:
                return represent_file(request, descriptor, status, names[-1])
        except OSError as exc:
            return self._reply(request, self._status_of(exc, request))
        os.close(descriptor)
        if not stat.S_ISDIR(status.st_mode):
            return self._reply(request, 404)
        if names is components:
            return self._redirect(request, names, url.query)
        return self._answer_index(request, names, url.query or b"")

    def _locate(self, path: bytes) -> list[bytes] | None:
        """Return the path's components below the secret; the last one is empty if a directory is meant."""
        components = split_path(path)
        if components is None or not self._secret:
            return components
        if not hmac.compare_digest(components[0], self._secret):
            return None
        return components[1:]

    def _redirect(self, request: Request, names: list[bytes], query: bytes | None) -> Answer:
        """Send the client to the same directory with a slash; relative, so that a proxy's prefix stays."""
        last = quote_from_bytes(names[-1] if names else self._secret).encode()
        location = b"Location: ./%b/%b\r\n" % (last, b"?" + query if query else b"")
        return self._reply(request, 301, text="A directory's address ends in a slash.", fields=location)

    def _answer_index(
        self, request: Request, names: list[bytes], query: bytes
    ) -> Answer | Coroutine[object, object, Answer]:
        as_json = b"format=json" in query.split(b"&") or prefers_json(request.headers.get(b"accept", b""))
        kind = b"application/json" if as_json else b"text/html; charset=utf-8"
        fields = b"%bContent-Type: %b\r\n%b" % (
            _INDEX_FIELDS,
            kind,
            connection_field(request.headers, keep_alive=request.keep_alive),
        )
        if request.method == b"HEAD":
            # The length would take reading the directory; HEAD may leave it out (RFC 9110, section 9.3.2).
            return Answer(response_head(200, fields), keep_alive=request.keep_alive)
        return self._render(request, names, fields, as_json=as_json)

    async def _render(self, request: Request, names: list[bytes], fields: bytes, *, as_json: bool) -> Answer:
        try:
            async with self._indexes:
                body = await asyncio.to_thread(render_index, self._root, names, as_json=as_json)
        except OSError as exc:
            return self._reply(request, self._status_of(exc, request))
        head = response_head(200, fields + b"Content-Length: %d\r\n" % len(body))
        return Answer(head + body, keep_alive=request.keep_alive)

    def _status_of(self, error: OSError, request: Request) -> int:
        """Translate what the file system says."""
        if error.errno in _NOT_THERE:
            return 404 if Path(os.fsdecode(self._root)).is_dir() else 503
        if error.errno in _NOT_ALLOWED:
            return 403
        if error.errno in _NOT_NOW:
            return 503
        _logger.warning("%r cannot be read: %s", request.target, error)
        return 500

    def _reply(self, request: Request, status: int, *, text: str = "", fields: bytes = b"") -> Answer:
        return refusal(
            status,
            text=text,
            fields=fields + connection_field(request.headers, keep_alive=request.keep_alive),
            head_only=request.method == b"HEAD",
            keep_alive=request.keep_alive,
        )
