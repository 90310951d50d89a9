"""One question and its final answer: redirects followed by hand, outages remembered."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from aisnb.errors import NameInvalid, SchemeMissing
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.links import origin, redirected, told
from aisnb.transfer.reach import check_host, is_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.transfer.engine import Engine, Response, Timeouts
    from aisnb.transfer.retry import Outages

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 10
#: What names of pages end in. Without an ending, a name may be anything.
_PAGE_ENDINGS = {"", ".html", ".htm", ".shtml", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".cgi"}
_WORTH_DRAINING = 64 * 1024  # bytes of an unwanted body that cost less than a new connection


class Answer(NamedTuple):
    """A response, and the link that it came from in the end."""

    response: Response
    url: str


class Exchanges:
    """Asks sources through an engine.

    Args:
        engine: speaks HTTP.
        outages: remembers which sources are out of reach.
    """

    def __init__(self, engine: Engine, outages: Outages) -> None:
        self._engine = engine
        self._outages = outages

    async def ask(
        self,
        method: str,
        url: str,
        user: Mapping[str, str],
        ours: Mapping[str, str],
        timeouts: Timeouts,
        begun: Response | None = None,
    ) -> Answer:
        """Send a request and follow its redirects.

        The user's headers may hold secrets: once a redirect leaves the origin, they stay behind.

        Args:
            method: ``GET`` or ``HEAD``.
            url: ready to be sent.
            user: headers that the user gave.
            ours: headers of the transfer itself; they win over the user's.
            timeouts: for each exchange.
            begun: the answer to just this request, if it was sent already.

        Raises:
            AttemptFailed: no answer came, or the redirects lead nowhere.
        """
        seen = {url}
        home = url
        public_only = False
        while True:
            response = begun or await self._open(method, url, {**user, **ours}, timeouts, public_only=public_only)
            begun = None
            location = response.headers.get("Location") if response.status in _REDIRECTS else None
            if location is None:
                return Answer(response, url)
            await drain(response)
            target = _next_hop(url, location)
            if target in seen or len(seen) > _MOST_REDIRECTS:
                how = "in a circle" if target in seen else f"more than {_MOST_REDIRECTS} times"
                raise AttemptFailed(f"it redirects {how}, at last to '{told(target)}'. Check the link", final=True)
            seen.add(target)
            public_only = public_only or is_public(response.peers)
            if user and origin(target) != origin(home):
                user = {}
            url = target

    async def _open(
        self, method: str, url: str, headers: Mapping[str, str], timeouts: Timeouts, *, public_only: bool
    ) -> Response:
        place, since = origin(url), time.monotonic()
        check_host(place, public_only=public_only)
        try:
            response = await self._engine.open(method, url, headers, timeouts, public_only=public_only)
        except AttemptFailed as failure:
            if failure.unreachable and self._outages.exhausted(place, since):
                failure.final = True
            raise
        self._outages.reached(place)
        return response


def refuse_directory(asked: str, answer: Answer) -> None:
    """Take no page for a file: servers lead from a directory's name without its slash to the page of its index.

    Raises:
        AttemptFailed: the link led to itself with a slash, and that to a page.
    """
    if answer.url == f"{asked}/" and is_page(answer.response.headers):
        raise AttemptFailed(
            f"the source has a directory of that name, not a file. Write '{told(answer.url)}', with its slash, for the "
            "files in it",
            final=True,
        )


def is_page(headers: Mapping[str, str]) -> bool:
    """Return whether the body is said to be a web page."""
    return headers.get("Content-Type", "").startswith("text/html")


def is_stray_page(url: str, headers: Mapping[str, str]) -> bool:
    """Return whether a web page came for a link that ends like no page: an error page, perhaps, sent as if all is well.

    Example:
        is_stray_page("http://host/shard-001.tar", {"Content-Type": "text/html"})  # True
    """
    return is_page(headers) and _ending(url) not in _PAGE_ENDINGS


async def drain(response: Response) -> None:
    """Let go of a response whose body nobody wants, in a way that keeps the connection if that is cheap."""
    try:
        if 0 < (content_length(response.headers) or 0) <= _WORTH_DRAINING:
            while await response.move(len, _WORTH_DRAINING):
                pass
    except AttemptFailed:
        return  # the head, all that was wanted, is here
    finally:
        response.close()


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the announced bytes of the body, None if it comes without or in chunks."""
    text = headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and "Transfer-Encoding" not in headers else None


def _ending(url: str) -> str:
    """Return what stands behind the last dot of a link's name, in small letters; "" if there is no dot."""
    return PurePosixPath(urlsplit(url).path).suffix.lower()


def _next_hop(url: str, location: str) -> str:
    try:
        target = redirected(url, location)
    except (SchemeMissing, NameInvalid) as exc:
        raise AttemptFailed(
            f"it redirects to '{told(location)}', which is no web link. Check the link", final=True
        ) from exc
    if url.startswith("https:") and target.startswith("http:"):
        raise AttemptFailed(
            f"it redirects from https to '{told(target)}', which anybody on the way could read and change. "
            "Use that link itself if you trust it",
            final=True,
        )
    return target
