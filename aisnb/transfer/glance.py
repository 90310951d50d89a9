"""What a source says of a file before any of it is fetched: is it there, how large, which version."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aisnb.transfer.answers import Asked, total_length
from aisnb.transfer.exchange import content_length, drain
from aisnb.transfer.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aisnb.transfer.engine import Timeouts
    from aisnb.transfer.exchange import Exchanges

#: Statuses of sources that know no HEAD (RFC 9110 sections 15.5.6 and 15.6.2), or sign links for GET alone.
_NO_HEAD = (403, 405, 501)


class Glance(NamedTuple):
    """What was seen of a file.

    Attributes:
        status: the HTTP status; 200 for a file that is there, however that was found out.
        validator: the marks of its version, with its size.
        headers: of the answer.
    """

    status: int
    validator: Validator
    headers: Mapping[str, str]


async def glance(exchanges: Exchanges, link: str, user: Mapping[str, str], timeouts: Timeouts) -> Glance:
    """Ask once for a file's marks: by HEAD, and where that says too little by a GET of the first byte.

    Args:
        exchanges: asks.
        link: ready to be sent.
        user: headers that the user gave.
        timeouts: for each exchange.

    Raises:
        AttemptFailed: no answer came.
    """
    response = (await exchanges.ask("HEAD", link, user, Asked().headers, timeouts)).response
    response.close()
    found = Glance(response.status, Validator.of(response.headers, content_length(response.headers)), response.headers)
    if found.status not in _NO_HEAD and (found.status != 200 or found.validator.size is not None):
        return found
    return await _first_byte(exchanges, link, user, timeouts)


async def _first_byte(exchanges: Exchanges, link: str, user: Mapping[str, str], timeouts: Timeouts) -> Glance:
    ours = Asked().headers | {"Range": "bytes=0-0"}
    response = (await exchanges.ask("GET", link, user, ours, timeouts)).response
    status, headers = response.status, response.headers
    if status == 206:
        await drain(response)
        return Glance(200, Validator.of(headers, total_length(headers)), headers)
    response.close()
    if status == 416 and total_length(headers) == 0:  # an empty file has no first byte
        return Glance(200, Validator.of(headers, 0), headers)
    return Glance(status, Validator.of(headers, content_length(headers)), headers)
