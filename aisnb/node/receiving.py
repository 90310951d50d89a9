"""The body of a request, on its way into a partial file; verified against what the caller says of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, hdrs, web

from aisnb.errors import UsageError
from aisnb.protocol import headers as ais

if TYPE_CHECKING:
    from aisnb.store import Partial

_HASHES = ("md5", "sha256", "sha512")
_XXHASHES = (ais.XXHASH, "xxhash")


async def wait_for_checks(_request: web.Request) -> None:
    """Send no ``100 Continue`` yet: the handler does, once it knows that the object can be stored."""


async def receive(request: web.Request, partial: Partial) -> None:
    """Append the request's body to a partial file that was started.

    Args:
        request: whose body; its headers may tell a checksum.
        partial: gets the bytes. After an error it has more than before, and is the caller's to undo.

    Raises:
        UsageError: the body breaks off, its checksum is another one, or of a type that is not known.
        DiskFull: there is no room for it.
    """
    kind = request.headers.get(ais.CHECKSUM_TYPE, "").lower()
    given = request.headers.get(ais.CHECKSUM_VALUE, "").lower()
    if given and kind not in (*_HASHES, *_XXHASHES, "none"):
        raise UsageError(f"The checksum type '{kind}' is not known here. Use {', '.join((*_XXHASHES, *_HASHES))}.")
    digest = hashlib.new(kind, usedforsecurity=False) if given and kind in _HASHES else None
    if hdrs.EXPECT in request.headers and request.version == HttpVersion11 and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        async for chunk in request.content.iter_any():
            partial.write(chunk)
            if digest:
                digest.update(chunk)
    except web.RequestPayloadError as exc:
        raise UsageError(f"The body of {request.method} '{request.path}' broke off: {exc}. Send it again.") from exc
    found = digest.hexdigest() if digest else partial.digest()
    if given and kind != "none" and given != found:
        raise UsageError(
            f"'{request.path}' was not stored: its {kind} is {found}, and {given} was expected. Send it again."
        )
