"""Files on their way into a cluster: each is a PUT whose body is what its source sends, never whole in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import aiohttp
import msgspec
import xxhash
from yarl import URL

from aisnb.errors import EndpointRefused, EndpointUnreachable
from aisnb.protocol import headers as ais
from aisnb.protocol.errors import ErrorBody, error_of
from aisnb.transfer.limiter import PORTION
from aisnb.transfer.links import origin, redirected
from aisnb.version import __version__

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from aisnb.transfer.limiter import RateLimiter

    #: Gives the words to keep with an object, once the marks of its version are known (see `Validator.encode`).
    WordsFor = Callable[[str], Mapping[str, str]]

_CONNECT_SECONDS = 10.0
_STALL_SECONDS = 60.0
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 307, 308)
#: Bytes of one file that may wait here for a cluster that is slower than the source.
_MOST_WAITING = 4 << 20
_FOREIGN = (aiohttp.ClientError, OSError, ValueError)  # TimeoutError is an OSError


class Uploads:
    """The way into one cluster: one session, its token shown to nodes of its cluster map only.

    Args:
        endpoint: the cluster's address, without a slash at the end.
        token: bearer token, "" for none.
        tls: how an ``https://`` endpoint is trusted; None asks for no context.

    Example:
        async with Uploads("http://cluster:51080") as uploads:
            upload = uploads.upload("/v1/objects/abc/a.tar?provider=ais", lambda marks: {"source": "web"})
            await fetcher.fetch(request, upload, limiter=upload)
            await upload.finish()
    """

    def __init__(self, endpoint: str, token: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.endpoint = endpoint
        self._token = token
        self._origins: set[str] | None = None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls if tls is not None else True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"aisnb/{__version__}"},
        )

    async def close(self) -> None:
        """Close all connections; twice is harmless."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def upload(self, path: str, words_for: WordsFor, limiter: RateLimiter | None = None) -> Upload:
        """Return the sink of one object.

        Args:
            path: percent-encoded path and query of the object.
            words_for: gives the words to keep with it.
            limiter: bytes per second, shared with others.
        """
        return Upload(self, path, words_for, limiter)

    async def words(self, path: str) -> tuple[int, dict[str, str]] | None:
        """Return the size of an object that is there and the words kept with it; None if there is none.

        Raises:
            AisnbError: the cluster does not answer, or refuses.
        """
        response = await self.send("HEAD", path)
        words = dict(_word(line) for value in response.headers.getall(ais.CUSTOM, ()) for line in value.split("\n"))
        response.release()
        if response.status == 404:
            return None
        await _check(response, path)
        return response.content_length or 0, {key: value for key, value in words.items() if key}

    async def create_bucket(self, path: str, body: bytes) -> None:
        """Make a bucket; that it is there already is fine.

        Raises:
            AisnbError: the cluster does not answer, or refuses.
        """
        response = await self.send("POST", path, body=lambda: body)
        if response.status != 409:
            await _check(response, path)
        response.release()

    async def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        body: Callable[[], Any] = lambda: None,
    ) -> aiohttp.ClientResponse:
        """Send a request, follow redirects with method, body and token, and return the answer's head.

        Raises:
            EndpointUnreachable: nobody answers.
        """
        url = self.endpoint + path
        for _ in range(_MAX_REDIRECTS + 1):
            sent = [*headers]
            if self._token and await self._belongs(url):
                sent.append(("Authorization", f"Bearer {self._token}"))
            try:
                response = await self._session.request(
                    method,
                    URL(url, encoded=True),
                    data=body(),
                    headers=sent,
                    allow_redirects=False,
                    expect100=method == "PUT",  # a proxy redirects before it reads a body
                    timeout=aiohttp.ClientTimeout(
                        total=None,
                        sock_connect=_CONNECT_SECONDS,
                        sock_read=None if method == "PUT" else _STALL_SECONDS,
                    ),
                )
            except _FOREIGN as exc:
                raise unreachable(url, exc) from exc
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                return response
            url = redirected(url, response.headers["Location"])
            response.close()
        return response

    async def _belongs(self, url: str) -> bool:
        """Return whether an address is the cluster's, or that of a node of its map."""
        if origin(url) == origin(self.endpoint):
            return True
        if self._origins is None:
            response = await self.send("GET", "/v1/daemon?what=smap")
            await _check(response, "the cluster map")
            smap = msgspec.json.decode(await response.read())
            members = [*(smap.get("pmap") or {}).values(), *(smap.get("tmap") or {}).values()]
            self._origins = {origin(member["public_net"]["direct_url"]) for member in members}
        return origin(url) in self._origins


class Upload:
    """The sink of one object, and the limiter that keeps its source from being faster than the cluster. Single use.

    While the source is asked again for the rest of a file, its PUT stays open; bytes that turned out wrong, or another
    version of the file, break the PUT off, and nothing of it is kept there.
    """

    def __init__(self, uploads: Uploads, path: str, words_for: WordsFor, limiter: RateLimiter | None) -> None:
        self._uploads = uploads
        self._path = path
        self._words_for = words_for
        self._limiter = limiter
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._more, self._moved = asyncio.Event(), asyncio.Event()
        self._digest = xxhash.xxh64()
        self._position, self._marks = 0, ""
        self._whole = False
        self._put: asyncio.Task[None] | None = None

    def resume_point(self) -> tuple[int, str]:
        """Return how much went into the open PUT, as `Sink` wants it."""
        return (self._position, self._marks) if self._put is not None else (0, "")

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        """Begin, or go on in the open PUT."""
        if offset and offset == self._position:
            return
        self.close()
        self._digest, self._position, self._marks = xxhash.xxh64(), 0, validator
        if validator:
            self._put = asyncio.create_task(self._send(size))

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        piece = bytes(chunk)
        self._digest.update(piece)
        self._position += len(piece)
        self._waiting.append(piece)
        self._waiting_bytes += len(piece)
        self._more.set()

    @property
    def portion(self) -> int:
        """Never 0: what waits for the cluster is counted after each piece, on the loop that sends it."""
        return (self._limiter.portion if self._limiter is not None else 0) or PORTION

    async def take(self, count: int) -> None:
        """Return when more may come, as a limiter does.

        Raises:
            AisnbError: the cluster broke the PUT off, or took nothing for a minute.
        """
        if self._limiter is not None:
            await self._limiter.take(count)
        while self._waiting_bytes > _MOST_WAITING:
            self._moved.clear()
            await self._until(self._moved.wait())

    async def finish(self) -> None:
        """Return when the cluster has the object, whole and with the right checksum.

        Raises:
            AisnbError: it has not.
        """
        assert self._put is not None, "nothing was fetched into it"
        self._whole = True
        self._more.set()
        await self._until(asyncio.shield(self._put))

    def digest(self) -> str:
        """Return the XXH64 of what was written."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """Break the PUT off; twice, or after its end, is harmless."""
        put, self._put = self._put, None
        if put is not None and not put.done():
            put.cancel()
        elif put is not None and not put.cancelled():
            put.exception()  # seen
        self._waiting.clear()
        self._waiting_bytes = 0

    def discard(self) -> None:
        """Forget the bytes: the cluster keeps none of a PUT that broke off."""
        self.close()

    async def _until(self, moved: Any) -> None:
        """Wait until something moves, or the PUT ends before it should."""
        assert self._put is not None
        waiting = asyncio.ensure_future(moved)
        try:
            done, _ = await asyncio.wait(
                {waiting, self._put}, timeout=_STALL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await waiting
        if self._put in done:
            self._put.result()
        elif not done:
            self.close()
            raise unreachable(self._uploads.endpoint, TimeoutError())

    async def _send(self, size: int | None) -> None:
        words = self._words_for(self._marks).items()
        headers = [(ais.CUSTOM, f"{key}={value}") for key, value in words if value.isascii() and value.isprintable()]
        headers.append(("Content-Type", "application/octet-stream"))
        if size is not None:
            headers.append(("Content-Length", str(size)))
        response = await self._uploads.send("PUT", self._path, headers, self._body)
        try:
            await _check(response, f"PUT {self._path}")
            told = response.headers.get(ais.CHECKSUM_VALUE, "").lower()
            if told and response.headers.get(ais.CHECKSUM_TYPE) == ais.XXHASH and told != self.digest():
                raise EndpointRefused(
                    f"The cluster stored {self._path} with the checksum {told}, and {self.digest()} was sent. "
                    "Bring the file again."
                )
        finally:
            response.release()

    async def _body(self) -> AsyncIterator[bytes]:
        while True:
            while self._waiting and (self._whole or len(self._waiting) > 1):  # the last piece would make it an object
                piece = self._waiting.popleft()
                yield piece
                self._waiting_bytes -= len(piece)
                self._moved.set()
            if self._whole:
                return
            self._more.clear()
            await self._more.wait()


def unreachable(url: str, exc: Exception) -> EndpointUnreachable:
    """Return what is to be said of a cluster that does not answer."""
    reason = "no answer in time" if isinstance(exc, TimeoutError) else str(exc) or type(exc).__name__
    return EndpointUnreachable(f"The cluster at {origin(url)} does not take files ({reason}). Check that it runs.")


async def _check(response: aiohttp.ClientResponse, shown: str) -> None:
    """Raise what a status that is no success says."""
    if response.status < 300:
        return
    text = response.headers.get(ais.ERROR, "").encode() or await response.read()
    try:
        body = msgspec.json.decode(text, type=ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = ErrorBody()
    response.release()
    error = error_of(response.status, body, shown)
    if response.status >= 500 and isinstance(error, EndpointRefused):
        raise EndpointUnreachable(str(error))
    raise error


def _word(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key, value
