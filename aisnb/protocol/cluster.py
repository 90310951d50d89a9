"""The cluster map of a cluster that is one node in both roles."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import xxhash

from aisnb.uris import HASH_SEED

PROXY_ID = "pAISNB01"
TARGET_ID = "tAISNB01"


def cluster_map(endpoint: str, cluster_id: str, created: str) -> dict[str, Any]:
    """Return the map (``what=smap``) of the node at `endpoint`, which is its own proxy and its own target.

    Args:
        endpoint: the address that the client uses; `direct_url` repeats it, so that clients reach it.
        cluster_id: 9 or more letters and digits, kept for the life of the data root.
        created: RFC 3339.
    """
    proxy = _member(endpoint, PROXY_ID, "proxy")
    return {
        "uuid": cluster_id,
        "version": "5",
        "creation_time": created,
        "proxy_si": proxy,
        "pmap": {PROXY_ID: proxy},
        "tmap": {TARGET_ID: _member(endpoint, TARGET_ID, "target")},
    }


def _member(endpoint: str, member_id: str, role: str) -> dict[str, Any]:
    address = urlsplit(endpoint)
    port = address.port or (443 if address.scheme == "https" else 80)
    net = {"node_ip_addr": address.hostname, "daemon_port": str(port), "direct_url": endpoint}
    return {
        "daemon_id": member_id,
        "daemon_type": role,
        "flags": 0,
        "id_digest": xxhash.xxh64_intdigest(member_id.encode(), seed=HASH_SEED),
        "public_net": net,
        "intra_control_net": net,
        "intra_data_net": net,
    }
