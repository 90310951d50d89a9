"""How an exchange can fail, in the same words whichever engine it goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.transfer.engine import AttemptFailed

if TYPE_CHECKING:
    from aisnb.transfer.engine import Timeouts


def insecure(exc: Exception) -> AttemptFailed:
    """TLS failed: a certificate that does not fit, most often, or an answer that is no TLS at all."""
    plain = "WRONG_VERSION_NUMBER" in str(exc)
    hint = "The server may speak http: write http://" if plain else "Check the host name"
    return AttemptFailed(f"no secure connection came about ({exc}). {hint}", final=True)


def unknown_host() -> AttemptFailed:
    """The name has no address."""
    return AttemptFailed("the host's name is not known. Check its spelling", unreachable=True)


def nobody_answers(exc: OSError) -> AttemptFailed:
    """The connection was refused, or there is no way there."""
    reason = exc.strerror or str(exc)
    return AttemptFailed(f"nobody answers there ({reason}). Check that the server runs, and its port", unreachable=True)


def no_connection(timeouts: Timeouts) -> AttemptFailed:
    """Connecting took too long."""
    return AttemptFailed(
        f"no connection within {timeouts.connect:g} s. Check that the host can be reached from here", unreachable=True
    )


def stalled(timeouts: Timeouts) -> AttemptFailed:
    """Not a byte came for too long."""
    return AttemptFailed(f"the source stalled, not a byte for {timeouts.stall:g} s. Try again later")


def too_slow(timeouts: Timeouts) -> AttemptFailed:
    """The whole exchange took too long."""
    return AttemptFailed(f"not done within {timeouts.total:g} s. Allow more time")


def closed_early() -> AttemptFailed:
    """The connection ended amid the body."""
    return AttemptFailed("the source closed the connection early, before the end of the file. Try again")


def not_http(found: object) -> AttemptFailed:
    """What came cannot be understood."""
    return AttemptFailed(f"the answer is not HTTP ({found}). Check the port")


def lost(exc: object) -> AttemptFailed:
    """The connection broke."""
    return AttemptFailed(f"the connection was lost ({exc}). Try again")


def unsendable(exc: object) -> AttemptFailed:
    """The request cannot be written down."""
    return AttemptFailed(f"that cannot be sent ({exc}). Check the link and the headers", final=True)
