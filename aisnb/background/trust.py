"""How the local node is trusted when it speaks TLS: it is known by the certificate that its data root names."""

from __future__ import annotations

import ssl
from functools import lru_cache


@lru_cache
def pinned(certificate: str) -> ssl.SSLContext | None:
    """Return what trusts one certificate and no other, whatever name it is for; None for plain HTTP.

    ``node.json`` says which one, and only the owner of the data root can write that: no authority is asked, and the
    name does not matter, since programs on this machine go to it by an address.

    Args:
        certificate: as PEM; "" for no TLS.
    """
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it need not be an authority's
    return context


def is_its_own_authority(certificate: str) -> bool:
    """Return whether clients that are told to trust this very certificate do: it has signed itself."""
    context = pinned(certificate)
    return context is not None and any(each["subject"] == each["issuer"] for each in context.get_ca_certs())
