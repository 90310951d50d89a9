"""What most files of a job need: one more question over a connection that stands, and an answer that is here at once.

No redirect, no resuming, no marks to compare, no limit: what is not that plain is left to `Download`, with what was
asked already.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from aisnb.protocol import headers as ais
from aisnb.transfer.answers import Asked, without_ours
from aisnb.transfer.download import Receipt
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.exchange import content_length, is_stray_page
from aisnb.transfer.links import sendable, without_secret
from aisnb.transfer.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.transfer.download import OnBytes, OnStart, Request
    from aisnb.transfer.engine import Engine, Response, Timeouts
    from aisnb.transfer.sink import Sink

#: The file is in the sink; or the answer to go on from, or why there is none; None if nothing was asked.
Outcome: TypeAlias = "Receipt | Response | AttemptFailed | None"


async def fetch_again(
    request: Request,
    sink: Sink,
    engine: Engine,
    timeouts: Timeouts,
    *,
    on_bytes: OnBytes | None = None,
    on_start: OnStart | None = None,
) -> Outcome:
    """Bring a whole small file into an empty sink, if that takes no more than a question and its answer.

    Raises:
        NameInvalid: the link cannot be sent (SchemeMissing if it is none).
    """
    try:
        response = await engine.get_again(sendable(request.url), fields_of_whole(request.headers), timeouts)
    except AttemptFailed as failure:
        return failure
    if response is None:
        return None
    size, body = content_length(response.headers), response.whole() if is_plain(request.url, response) else None
    if body is None:
        return response
    try:
        if on_start is not None:
            on_start(size, 0)
        sink.start(offset=0, validator="", size=size)
        sink.write(body)
        if on_bytes is not None:
            on_bytes(len(body))
    finally:
        response.close()
    marks = Validator.of(response.headers, size)
    return Receipt(
        validator=marks, size=len(body), received=len(body), skipped=False, tries=1, url=without_secret(request.url)
    )


def is_plain(url: str, response: Response) -> bool:
    """Return whether the body is the file as it is, of an announced length, with no checksum to compare.

    A page where the link names none is left to those who have words for it.
    """
    headers = response.headers
    return (
        response.status == 200
        and "Content-Length" in headers
        and "Transfer-Encoding" not in headers
        and "Content-Encoding" not in headers
        and ais.CHECKSUM_VALUE not in headers
        and not is_stray_page(url, headers)
    )


def fields_of_whole(user: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header fields that ask for a whole file, with the user's."""
    return _fields(tuple(user.items()))


@lru_cache(maxsize=256)
def _fields(user: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {**without_ours(dict(user)), **Asked().headers}
