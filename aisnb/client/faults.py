"""What it means that an endpoint did not do what it was asked: aiohttp's errors and HTTP statuses, translated."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import msgspec

from aisnb.errors import EndpointRefused, EndpointUnreachable
from aisnb.protocol.errors import ErrorBody, error_of

if TYPE_CHECKING:
    from aisnb.errors import AisnbError

_WORDS = 300
_IN_TROUBLE = (429, 500, 502, 503, 504)
_ADVICE = "Check that it runs and that AIS_ENDPOINT is right; without AIS_ENDPOINT the local node is used."
#: OpenSSL's words for a handshake that failed for another reason than the certificate that the endpoint showed.
_PLAIN = "WRONG_VERSION_NUMBER"
_WANTS_OURS = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE", "ACCESS_DENIED")
#: What Go's server says, with a 400, to plain HTTP.
_SECURE = b"HTTP request to an HTTPS server"


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def refusal(status: int, text: bytes, shown: str, url: str, endpoint: str) -> AisnbError:
    """Return what is to be said of an answer that is no success.

    Args:
        status: HTTP status.
        text: the body, or what a HEAD's header says in its place.
        shown: what was tried.
        url: which node answered.
        endpoint: who was asked at first.
    """
    if status == 400 and _SECURE in text:
        return EndpointUnreachable(
            f"The endpoint {endpoint} speaks HTTPS only. Set AIS_ENDPOINT to {endpoint.replace('http:', 'https:', 1)}."
        )
    try:
        body = msgspec.json.decode(text, type=ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        words = text.decode(errors="replace").strip().rstrip(".")
        said = f" and says: {words[:_WORDS]}" if words and not words.startswith("<") else ""
        body = ErrorBody(f"{shown}: the endpoint answered with HTTP status {status}{said}. Check AIS_ENDPOINT.")
    error = error_of(status, body, shown)
    if status in _IN_TROUBLE and isinstance(error, EndpointRefused):
        error = EndpointUnreachable(f"{_who(url, endpoint)} is in trouble. {error} Try again later.")
        error.passing = True
    return error


def translated(exc: Exception, endpoint: str, url: str = "") -> AisnbError:
    """Return what is to be said of an error of aiohttp's, or of those below it.

    Args:
        exc: the error.
        endpoint: who was asked at first.
        url: which node was asked, "" for the endpoint.
    """
    if secure := _of_handshake(exc, endpoint):
        return secure
    if isinstance(exc, (aiohttp.InvalidURL, ValueError)):
        return EndpointRefused(f"The endpoint {endpoint} cannot be asked: {exc}. Check AIS_ENDPOINT.")
    if isinstance(exc, TimeoutError):
        reason = "no answer in time"
    elif isinstance(exc, aiohttp.ClientConnectorError):
        reason = exc.strerror or str(exc.os_error)
    else:
        reason = f"the connection broke: {str(exc) or type(exc).__name__}"
    error = EndpointUnreachable(f"{_who(url or endpoint, endpoint)} does not answer ({reason}). {_ADVICE}")
    error.passing = not isinstance(exc, TimeoutError)
    return error


def _of_handshake(exc: Exception, endpoint: str) -> EndpointUnreachable | None:
    """Return what is wrong with TLS, None if it is something else. Trying again would not help."""
    text = str(exc)
    kinds = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError)
    if not isinstance(exc, kinds) and "[SSL:" not in text:
        return None
    if _PLAIN in text:
        return EndpointUnreachable(
            f"The endpoint {endpoint} does not speak HTTPS. Set AIS_ENDPOINT to "
            f"{endpoint.replace('https:', 'http:', 1)} if it is meant to be plain."
        )
    if any(word in text for word in _WANTS_OURS):
        return EndpointUnreachable(
            f"The endpoint {endpoint} wants a certificate of ours that it trusts ({text}). Set AIS_CRT and AIS_CRT_KEY "
            "to the PEM files of the certificate and its key."
        )
    return EndpointUnreachable(
        f"The endpoint {endpoint} does not show a certificate that this machine trusts ({text}). Set AIS_CLIENT_CA "
        "to the authority's PEM file, or AIS_SKIP_VERIFY_CRT=true to trust it unseen."
    )


def _who(url: str, endpoint: str) -> str:
    if origin(url) == origin(endpoint):
        return f"The endpoint {endpoint}"
    parts = urlsplit(url)
    return f"The node {parts.scheme}://{parts.netloc}, to which {endpoint} sent this call,"
