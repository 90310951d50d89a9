"""Where a link may lead: no redirect from the internet into this network, and never to a cloud's metadata.

What a source says in a Location header is a stranger's word; without this, any web server could have the node read what
only this machine can reach (CWE-918). A link that the user gives is the user's own word. What a name stands for is its
owner's word, and may change at any moment: the addresses that are judged are those that are connected to.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from aisnb.transfer.engine import AttemptFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

_Address: TypeAlias = IPv4Address | IPv6Address

#: Where clouds tell a machine its own credentials: AWS, Azure and Google; AWS's containers; IPv6; Alibaba; Oracle.
_METADATA = {
    ip_address(text) for text in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
}
_METADATA_NAMES = {"metadata", "metadata.google.internal", "instance-data"}
#: IPv6 addresses that stand for IPv4 ones behind a translator (RFC 6052).
_TRANSLATED = ip_network("64:ff9b::/96")


def check_host(place: str, *, public_only: bool) -> None:
    """Refuse a source that must not be asked, as far as its name or literal address tells.

    Args:
        place: its scheme, host and port.
        public_only: a redirect from the internet leads there.

    Raises:
        AttemptFailed: it is a cloud's metadata service, or inside this network.
    """
    host = _host(place)
    if host.rstrip(".") in _METADATA_NAMES:
        raise _metadata(place)
    if (literal := _literal(host)) is not None:
        _check(place, literal, public_only=public_only)


def check_addresses(place: str, addresses: Iterable[str], *, public_only: bool) -> None:
    """Refuse a source by the addresses that are about to be connected to, or talked to.

    Args:
        place: its scheme, host and port.
        addresses: what its name stands for.
        public_only: a redirect from the internet leads there.

    Raises:
        AttemptFailed: one is a cloud's metadata service, or inside this network.
    """
    for address in addresses:
        _check(place, _judged(address), public_only=public_only)


def is_public(addresses: Iterable[str]) -> bool:
    """Return whether one of a source's addresses is on the internet."""
    return any(_judged(address).public for address in addresses)


class _Kind(NamedTuple):
    """Of an address: a cloud's metadata service is there; it is on the internet."""

    metadata: bool
    public: bool


def _check(place: str, kind: _Kind, *, public_only: bool) -> None:
    if kind.metadata:
        raise _metadata(place)
    if public_only and not kind.public:
        raise AttemptFailed(
            f"it redirects from the internet to '{place}', which is inside this network. "
            "Use that link itself if you trust it",
            final=True,
        )


@lru_cache(maxsize=1024)
def _host(place: str) -> str:
    return urlsplit(place).hostname or ""


@lru_cache(maxsize=1024)
def _judged(address: str) -> _Kind:
    return _kind(ip_address(address.partition("%")[0]))


@lru_cache(maxsize=1024)
def _literal(host: str) -> _Kind | None:
    """Judge the address that `host` spells, in any of the ways that the system understands; None for a name."""
    try:
        return _judged(host)
    except ValueError:
        pass
    try:
        return _kind(IPv4Address(socket.inet_aton(host)))  # 0x7f.1 and 2130706433, too
    except (OSError, UnicodeError, ValueError):
        return None


def _kind(address: _Address) -> _Kind:
    plain = _plain(address)
    return _Kind(plain in _METADATA, plain.is_global)


def _plain(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _metadata(place: str) -> AttemptFailed:
    return AttemptFailed(
        f"'{place}' is where a cloud keeps a machine's credentials; nothing is read from there. Check the link",
        final=True,
    )
