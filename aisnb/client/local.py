"""The local node, looked at; and the official SDK, set up for the endpoint in use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aisnb import background
from aisnb.client import portal
from aisnb.client.connection import open_connection
from aisnb.client.notes import note
from aisnb.errors import Unsupported
from aisnb.settings import read_settings

if TYPE_CHECKING:
    from aisnb.background import NodeState

#: Where the library below the SDK looks for authorities first, whatever it was told (requests:
#: ``Session.merge_environment_settings``).
_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def node_status() -> NodeState:
    """Return what is known of the embedded node. Never starts one.

    Returns:
        An object with ``running``, ``endpoint``, ``pid``, ``root``, ``token_file`` and ``free_bytes``.

    Example:
        aisnb.node_status().running
    """
    return background.status(read_settings())


def note_other_authorities(authority: str) -> None:
    """Say so if the environment has the official SDK look at other authorities than the one it is told to trust."""
    if others := [name for name in _AUTHORITIES if os.environ.get(name)]:
        note(f"Note: the SDK looks at {others[0]} before '{authority}'. Unset it if the SDK trusts no one.")


def sdk_client() -> Any:
    """Return the official SDK's client (``aistore.sdk.Client``), set up for ``AIS_ENDPOINT`` or the local node.

    Raises:
        Unsupported: the SDK is not installed.

    Example:
        aisnb.sdk_client().bucket("abc").object("shard-001.tar").get_reader().read_all()
    """
    try:
        from aistore.sdk import Client
    except ImportError as exc:
        raise Unsupported("The official SDK is not installed. Say: pip install 'aisnb[sdk]'") from exc
    connection = open_connection()
    endpoint, token = portal.run(connection.address())
    cluster = connection.cluster
    authority = cluster.client_ca or (background.own_authority(read_settings()) if connection.is_local else "")
    if authority and endpoint.startswith("https:"):
        note_other_authorities(authority)
    certificate = (cluster.certificate, cluster.certificate_key) if cluster.certificate_key else cluster.certificate
    return Client(
        endpoint,
        skip_verify=cluster.skip_verify,
        ca_cert=authority or None,
        client_cert=certificate or None,
        token=token or None,
    )
