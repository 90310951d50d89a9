"""Web links as they go over the wire. Pure."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit

from aisnb.errors import NameInvalid
from aisnb.uris import check_link

#: What stays as it is in a path or query: RFC 3986's reserved characters but brackets, and percent signs.
_SAFE = "!$&'()*+,;=:@/?~%"
_SENDABLE = re.compile(r"[A-Za-z0-9\-._!$&'()*+,;=:@/?~]*")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LINK = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE | re.ASCII)
#: Where a link's next slash is the one that ends its authority.
_BEHIND_SCHEME = len("https://")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def sendable(link: str) -> str:
    """Return `link` with everything percent-encoded that cannot be sent, and without its fragment.

    Valid ``%XX`` are left alone, and so are ``.`` and ``..``: what the link names is the source's to say.

    Raises:
        SchemeMissing: it is no web link.
        NameInvalid: it has no host, a port that is none, or text that is not UTF-8.

    Example:
        sendable("http://host/a b/{1}?q=%20")  # "http://host/a%20b/%7B1%7D?q=%20"
    """
    match = _LINK.match(link)
    if match is None:
        return check_link(link)  # says what is wrong with it
    path = match[3]
    if not path.startswith("/"):
        path = "/" + path
    if not _SENDABLE.fullmatch(path):
        try:
            path = quote(_STRAY_PERCENT.sub("%25", path), safe=_SAFE, errors="surrogateescape")
        except UnicodeEncodeError as exc:
            raise NameInvalid(f"{link!r} is not valid text (UTF-8). Percent-encode its bytes.") from exc
    return _place(match[1], match[2]) + path


def origin(link: str) -> str:
    """Return scheme, host and port of a link, spelled the same for all links of one source.

    Example:
        origin("http://Host/a")  # "http://host:80"
    """
    return _origin(link[:end] if (end := link.find("/", _BEHIND_SCHEME)) > 0 else link)


def without_secret(link: str) -> str:
    """Return a link without the ``user:password@`` that it may hold, for messages and records."""
    return re.sub(r"(?<=://)[^/?#]*@", "", link, count=1) if "@" in link else link


def told(link: str) -> str:
    """Return what may be said of a link that a source made: without password, and without what signs it (its query)."""
    return without_secret(link).partition("?")[0]


def open_secret(link: str) -> tuple[str, dict[str, str]]:
    """Take the ``user:password@`` out of a link, which is shown and kept, and return it as a header, which is not."""
    bare = without_secret(link)
    if bare == link:
        return link, {}
    user, _, password = urlsplit(link).netloc.rpartition("@")[0].partition(":")
    pair = f"{unquote(user)}:{unquote(password)}".encode()
    return bare, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def redirected(link: str, location: str) -> str:
    """Return the link that a Location header found at `link` leads to, ready to be sent.

    Raises:
        SchemeMissing: it leads to something that is not the web.
        NameInvalid: it makes no sense.
    """
    try:
        target = urljoin(link, location)
    except ValueError as exc:
        raise NameInvalid(f"'{link}' redirects to '{location}', which is no web link: {exc}.") from exc
    return sendable(target)


@lru_cache
def _place(scheme: str, authority: str) -> str:
    """Return a link's part before its path, checked and ready to be sent; the same for all files of a source."""
    link = check_link(f"{scheme.lower()}://{authority}/")
    if authority.isascii():
        return link[:-1]
    try:
        return f"{scheme.lower()}://{authority.encode('idna').decode()}"
    except UnicodeError as exc:
        raise NameInvalid(f"'{link}' has a host name that cannot be: {exc}. Check its spelling.") from exc


@lru_cache
def _origin(link: str) -> str:
    """Return the origin of a link that may be cut off behind its authority; the same for all files of a source."""
    match = _LINK.match(link)
    if match is None:
        return ""
    parts = urlsplit(f"{match[1]}://{match[2]}/")
    return f"{parts.scheme}://{parts.hostname}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"
