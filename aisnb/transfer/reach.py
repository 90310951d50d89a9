"""Where a link may lead: no redirect from the internet into this network, and never to a cloud's metadata.

What a source says in a Location header is a stranger's word; without this, any web server could have the node read what
only this machine can reach (CWE-918). A link that the user gives is the user's own word.
"""

from __future__ import annotations

import asyncio
import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from aisnb.transfer.engine import AttemptFailed

_Address: TypeAlias = IPv4Address | IPv6Address

#: Where clouds tell a machine its own credentials: AWS, Azure and Google; AWS's containers; IPv6; Alibaba; Oracle.
_METADATA = {
    ip_address(text) for text in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
}
_METADATA_NAMES = {"metadata", "metadata.google.internal", "instance-data"}


def refuse_metadata(place: str) -> None:
    """Refuse a source that is a cloud's metadata service.

    Args:
        place: its scheme, host and port.

    Raises:
        AttemptFailed: it is one.
    """
    if _is_metadata(urlsplit(place).hostname or ""):
        raise _metadata(place)


async def refuse_inward(url: str, target: str) -> None:
    """Refuse a redirect that leads from a public host to one that only this machine or its network can reach.

    Args:
        url: where the redirect was found.
        target: where it leads.

    Raises:
        AttemptFailed: it leads inward, or to a cloud's metadata.
    """
    inner = await _addresses(target)
    if not _METADATA.isdisjoint(inner):
        raise _metadata(target)
    if all(address.is_global for address in inner):
        return
    if any(address.is_global for address in await _addresses(url)):
        raise AttemptFailed(
            f"it redirects from the internet to '{target}', which is inside this network. "
            "Use that link itself if you trust it",
            final=True,
        )


@lru_cache
def _is_metadata(host: str) -> bool:
    return host.rstrip(".") in _METADATA_NAMES or _literal(host) in _METADATA


def _literal(host: str) -> _Address | None:
    """Return the address that `host` spells, in any of the ways that the system understands; None for a name."""
    try:
        return _plain(ip_address(host))
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 0x7f.1 and 2130706433, too
    except (OSError, UnicodeError):
        return None


def _plain(address: _Address) -> _Address:
    return getattr(address, "ipv4_mapped", None) or address


async def _addresses(link: str) -> set[_Address]:
    """Return the addresses of a link's host; none, if it has none: whoever connects will say so."""
    host = urlsplit(link).hostname or ""
    if (literal := _literal(host)) is not None:
        return {literal}
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {_plain(ip_address(str(address[0]).partition("%")[0])) for *_, address in found}


def _metadata(place: str) -> AttemptFailed:
    return AttemptFailed(
        f"'{place}' is where a cloud keeps a machine's credentials; nothing is read from there. Check the link",
        final=True,
    )
