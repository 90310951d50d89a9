"""Where the node listens: on this machine only, or for others too, who then get TLS unless told otherwise."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # asked for by the user
_TAKE_BACK = "'%ais node start --bind 127.0.0.1' lets it listen on this machine only."
_FIRST = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)


class Listening(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where and how a node listens. Kept in the data root, so that a node that starts again does so as before.

    Attributes:
        bind: an address or a name of this machine; ``0.0.0.0`` for all.
        hosts: further names by which requests may ask for this machine; the first is the one that others are told.
        certificate: PEM file with the certificate that is shown, and those above it; "" for no TLS.
        key: PEM file of its key; "" if that is in the same file.
        insecure: others may come without TLS.
    """

    bind: str = _LOOPBACK
    hosts: tuple[str, ...] = ()
    certificate: str = ""
    key: str = ""
    insecure: bool = False

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return "https" if self.certificate else "http"

    @property
    def names(self) -> tuple[str, ...]:
        """The names and addresses by which the node may be meant, beside loopback's."""
        return (*self.hosts, socket.gethostname() if self.bind in _EVERYWHERE else self.bind)

    def near(self, port: int) -> str:
        """Return the endpoint for programs on this machine: it works whatever names lead to."""
        address = self._address()
        if address.is_unspecified:
            return f"{self.scheme}://{'[::1]' if address.version == 6 else _LOOPBACK}:{port}"
        return f"{self.scheme}://{_in_a_link(str(address))}:{port}"

    def far(self, port: int) -> str:
        """Return the endpoint that others are told, and that the certificate should be for."""
        if self.hosts:
            return f"{self.scheme}://{_in_a_link(self.hosts[0])}:{port}"
        name = socket.gethostname() if self._address().is_unspecified else self.bind
        return f"{self.scheme}://{_in_a_link(name)}:{port}"

    def is_open(self) -> bool:
        """Return whether other machines may come in.

        Raises:
            UsageError: `bind` is no address of this machine.
        """
        return not self._address().is_loopback

    def check(self) -> None:
        """Refuse what would let others in unprotected, or cannot be.

        Raises:
            UsageError: no TLS, and nobody said that it shall be so; or an address or a file that cannot be used.
        """
        if self.key and not self.certificate:
            raise UsageError(f"The key '{self.key}' is of no use without its certificate. Add --certificate FILE.")
        if self.is_open() and not (self.certificate or self.insecure):
            raise UsageError(
                f"'{self.bind}' lets other machines in, and without TLS anybody on the way could read the token and "
                "the data. Give --certificate FILE and --key FILE, or --insecure if that is what you want."
            )
        self.tls_context()
        self.bound(0).close()

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how the node speaks TLS, None if it speaks plain HTTP.

        Raises:
            UsageError: a file cannot be used.
        """
        if not self.certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.key or None, password=_no_password)
        except (OSError, ValueError) as exc:  # ssl.SSLError is an OSError
            files = f"'{self.certificate}'" + (f" and its key '{self.key}'" if self.key else "")
            raise UsageError(
                f"The certificate {files} cannot be used: {exc}. Name PEM files that this user can read, the key "
                f"without a password. {_TAKE_BACK}"
            ) from exc
        return context

    def shown_certificate(self) -> str:
        """Return the certificate that is shown, as PEM, "" for none; its reader trusts that very one.

        Raises:
            UsageError: the file cannot be read.
        """
        if not self.certificate:
            return ""
        try:
            found = _FIRST.search(Path(self.certificate).read_text("ascii", "replace"))
        except OSError as exc:
            raise UsageError(f"The certificate '{self.certificate}' cannot be read: {exc.strerror}.") from exc
        if found is None:
            raise UsageError(f"The file '{self.certificate}' has no certificate in it. Name a PEM file.")
        return found[0]

    def bound(self, port: int) -> socket.socket:
        """Return a socket that is bound to `port` of the address, 0 for any.

        Raises:
            OSError: the port cannot be had.
            UsageError: the address is none of this machine's.
        """
        family, address = self._resolved()
        listener = socket.socket(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((str(address), port))
        except BaseException as exc:
            listener.close()
            if isinstance(exc, OSError) and exc.errno == errno.EADDRNOTAVAIL:
                raise self._no_address(exc) from exc
            raise
        return listener

    def _address(self) -> IPv4Address | IPv6Address:
        return self._resolved()[1]

    def _resolved(self) -> tuple[int, IPv4Address | IPv6Address]:
        try:
            family, *_, address = socket.getaddrinfo(self.bind, None, type=socket.SOCK_STREAM)[0]
            return family, ip_address(address[0])
        except (OSError, ValueError) as exc:  # a UnicodeError is a ValueError
            raise self._no_address(exc) from exc

    def _no_address(self, exc: Exception) -> UsageError:
        return UsageError(
            f"The node cannot listen at '{self.bind}': {exc}. Name an address of this machine, or 0.0.0.0 for all of "
            f"them. {_TAKE_BACK}"
        )


def _no_password() -> str:
    raise ValueError("its key has a password, and nothing here asks for one")


def _in_a_link(host: str) -> str:
    return f"[{host}]" if ":" in host else host
