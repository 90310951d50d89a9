"""Who may ask, and how errors are answered."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from typing import TYPE_CHECKING

import msgspec
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from aisnb.errors import AisnbError, NotAllowed
from aisnb.fileserver.hosts import Hosts
from aisnb.node.cluster import health
from aisnb.node.requests import path_parts
from aisnb.node.root import DataRoot
from aisnb.node.state import NODE
from aisnb.protocol import headers as ais
from aisnb.protocol.cluster import TARGET_ID
from aisnb.protocol.errors import ErrorBody, error_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: The names of this machine that requests may give.
HOSTS: web.AppKey[Hosts] = web.AppKey("hosts", Hosts)

#: Headers of aiohttp's own errors that say more than their text.
_KEPT_HEADERS = (hdrs.ALLOW, hdrs.CONTENT_RANGE)

_log = logging.getLogger(__name__)


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error with AIStore's error body, in a header for HEAD. Never 500: SDKs would ask again for 90 s."""
    headers: dict[str, str] = {}
    try:
        return await handler(request)
    except AisnbError as exc:
        body = error_body(exc, request.method, request.path, TARGET_ID)
    except web.HTTPException as exc:
        body = _http_error(exc, request)
        headers = {name: exc.headers[name] for name in _KEPT_HEADERS if name in exc.headers}
    except ConnectionError as exc:  # the caller is gone: nobody reads this
        body = error_body(exc, request.method, request.path, TARGET_ID)
    except Exception as exc:  # noqa: BLE001  # the last border: logged whole, and said to the caller
        _log.exception("%s %s failed", request.method, request.rel_url)
        body = error_body(exc, request.method, request.path, TARGET_ID)
        body.message = f"The node failed at {request.method} {request.path}: {exc!r}. Its log, node.log, has the whole."
    response = _error_response(body, request, headers)
    if hdrs.EXPECT in request.headers:
        await _answer_and_hang_up(request, response)
    return response


async def _answer_and_hang_up(request: web.Request, response: web.Response) -> None:
    """Close the connection behind the answer: the body may never come, and no request must be taken for it."""
    response.force_close()
    await response.prepare(request)
    await response.write_eof()
    request.protocol.force_close()


def _http_error(exc: web.HTTPException, request: web.Request) -> ErrorBody:
    text = {
        404: f"'{request.path}' is not a path of AIStore's API that the embedded node has.",
        405: f"{request.method} is not possible at '{request.path}'.",
        413: f"The body of {request.method} '{request.path}' is too long. Split it.",
    }.get(exc.status, exc.reason)
    return ErrorBody(text, exc.status, "", request.method, request.path, node=TARGET_ID)


def _error_response(body: ErrorBody, request: web.Request, headers: dict[str, str]) -> web.Response:
    body.remote_addr = request.remote or ""
    body.message = body.message.encode("utf-8", "replace").decode()  # it may quote a header that is no UTF-8
    if request.method == hdrs.METH_HEAD:
        in_ascii = json.dumps(msgspec.to_builtins(body))  # a header cannot hold anything else
        return web.Response(status=body.status, headers={**headers, ais.ERROR: in_ascii})
    headers = {**headers, hdrs.CONTENT_TYPE: ais.JSON}
    return web.Response(status=body.status, headers=headers, body=msgspec.json.encode(body))


@web.middleware
async def check_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let in who names this machine by its own name and has the token; refuse all once the node ends."""
    node = request.app[NODE]
    await _check_host(request)
    path_parts(request)
    if request.match_info.handler is health:
        return await handler(request)
    _check_token(request)
    if node.stop.is_set():
        raise web.HTTPServiceUnavailable(reason="The node is ending. Ask again, and another one is started.")
    with node.leases.request():
        return await handler(request)


async def _check_host(request: web.Request) -> None:
    hosts = request.app[HOSTS]
    host = request.headers.get(hdrs.HOST, "")
    if hosts.allows(_bytes(host)) or await hosts.allows_after_lookup(_bytes(host)):
        return
    raise web.HTTPForbidden(reason=f"The node does not answer to the host name {host!a}. Use 127.0.0.1 or localhost.")


def _check_token(request: web.Request) -> None:
    node = request.app[NODE]
    authorization = request.headers.get(hdrs.AUTHORIZATION, "")
    if bears(authorization, node.token):
        return
    given = authorization.partition(" ")[2]
    what = "carries a token that is not the node's" if given else "carries no token"
    raise NotAllowed(
        f"{request.method} {request.path} {what}. The token is in '{DataRoot(node.root).token_file}'; send it as "
        "'Authorization: Bearer TOKEN', or set AIS_AUTHN_TOKEN to it."
    )


def bears(authorization: str, token: str) -> bool:
    """Return whether the header ``Authorization`` carries the token."""
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(_bytes(given.strip()), _bytes(token))


class WithoutNoise(logging.Filter):
    """Keeps out of the log what callers send that is no HTTP: it is answered, and nobody's fault here."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is worth its lines."""
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _bytes(text: str) -> bytes:
    """Return a header's text as it came: aiohttp keeps bytes that are no UTF-8 as surrogates."""
    return text.encode("utf-8", "surrogateescape")


@web.middleware
async def finish_changes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let what changes something run to its end when its caller goes away; only what is merely asked for is dropped."""
    if request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
        return await handler(request)
    return await asyncio.shield(asyncio.ensure_future(handler(request)))
