"""How ``https://`` endpoints are trusted."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from aisnb.protocol.relay import Cluster


def tls_context(cluster: Cluster) -> ssl.SSLContext | None:
    """Return how the cluster's certificate is to be trusted, and which one is shown to it; None for plain HTTP.

    Raises:
        UsageError: a certificate's file cannot be used.
    """
    if not cluster.endpoint.lower().startswith("https:"):
        return None
    tried = "AIS_CLIENT_CA", cluster.client_ca
    try:
        context = ssl.create_default_context(cafile=cluster.client_ca or None)
        if cluster.certificate:
            tried = "AIS_CRT", cluster.certificate
            context.load_cert_chain(cluster.certificate, cluster.certificate_key or None)
    except OSError as exc:  # ssl.SSLError is one
        raise UsageError(f"{tried[0]} is '{tried[1]}', which cannot be used: {exc}. Name a PEM file.") from exc
    if cluster.skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
