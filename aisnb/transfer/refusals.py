"""HTTP statuses that are no file: what each means for the next attempt, and what to tell the user."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.retry import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORTH_ANOTHER_TRY = {408, 425, 429}

_ADVICE = {
    401: "it wants credentials: give them in a header",
    403: "it does not let you read that: check your credentials, or that the file's owner allows it",
    404: "there is no such file: check the name or template against what the source lists",
    407: "a proxy on the way wants credentials",
    410: "the file is gone for good: leave it out",
    429: "it is asked too often: set a lower limit of connections",
}


def refusal(status: int, headers: Mapping[str, str]) -> AttemptFailed:
    """Return how an attempt failed that was answered with a status that is no file."""
    advice = _ADVICE.get(status)
    if advice is None and status >= 500:
        advice = "the source is in trouble: try again later"
    if advice is None:
        advice = "that is no file: check the link"
    return AttemptFailed(
        f"the source answered {_spelled(status)}, {advice}",
        status=status,
        final=status < 500 and status not in _WORTH_ANOTHER_TRY,
        retry_after=parse_retry_after(headers.get("Retry-After", "")),
    )


def _spelled(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
